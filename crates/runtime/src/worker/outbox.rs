//! Ends of attempts on their way to the store: none gets lost while the worker lives.

use std::collections::VecDeque;

use duly_core::{AttemptRef, Decision, Timestamp};
use duly_store::{SettleError, Settled, Settlement};
use tracing::{error, info};

use crate::backoff::Retries;
use crate::bounds::{BACKLOG_BYTES_MAX, BACKLOG_MAX, SETTLE_BYTES_MAX, SETTLE_MAX};
use crate::dice::Dice;

/// Settlements that the store has not acknowledged. One write is under way at a time; what ends
/// meanwhile goes with the next: the busier the store, the larger the batches.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Settlement>,
    sent: Vec<Settlement>,
    bytes: usize,
    retries: Retries,
}

/// What the store acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Acknowledged {
    pub(super) ended: usize,
    pub(super) handed_back: usize,
}

impl Outbox {
    pub(super) fn push(&mut self, settlement: Settlement) {
        self.bytes += size(&settlement);
        self.waiting.push_back(settlement);
    }

    /// How many the store has not acknowledged.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.sent.len()
    }

    /// So much waits for the store that the worker should not take on more.
    pub(super) fn is_full(&self) -> bool {
        self.len() > BACKLOG_MAX || self.bytes > BACKLOG_BYTES_MAX
    }

    pub(super) fn holds(&self, attempt: AttemptRef) -> bool {
        let mut all = self.waiting.iter().chain(&self.sent);
        all.any(|settlement| settlement.attempt == attempt)
    }

    /// The next write, if there is one to make now.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Vec<Settlement>> {
        if !self.sent.is_empty() || self.waiting.is_empty() || !self.retries.allows(now) {
            return None;
        }
        let mut bytes = 0;
        while let Some(settlement) = self.waiting.front() {
            bytes += size(settlement);
            let is_enough = self.sent.len() == SETTLE_MAX || bytes > SETTLE_BYTES_MAX;
            if is_enough && !self.sent.is_empty() {
                break;
            }
            self.sent.extend(self.waiting.pop_front());
        }
        Some(self.sent.clone())
    }

    /// When the next write may be tried, if the last one failed.
    pub(super) fn wake(&self) -> Option<Timestamp> {
        if self.waiting.is_empty() {
            return None;
        }
        self.retries.at()
    }

    /// The store did not take the write: all of it is tried again.
    pub(super) fn failed(&mut self, now: Timestamp, dice: &mut Dice) {
        self.retries.failed(now, dice);
        for settlement in self.sent.drain(..).rev() {
            self.waiting.push_front(settlement);
        }
    }

    /// The store answered each settlement.
    pub(super) fn answered(&mut self, settled: Settled) -> Acknowledged {
        self.retries.succeeded();
        let mut acknowledged = Acknowledged::default();
        let sent = std::mem::take(&mut self.sent);
        for (settlement, answer) in sent.into_iter().zip(settled.attempts) {
            self.bytes -= size(&settlement);
            match answer {
                Ok(_) if settlement.decision == Decision::HandBack => acknowledged.handed_back += 1,
                Ok(_) => acknowledged.ended += 1,
                Err(refusal) => self.refused(&settlement, &refusal),
            }
        }
        acknowledged
    }

    /// Everything in it is of no account any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// A settlement that is refused although its attempt is current must not leave the task running
    /// for ever: it fails with the reason or, if even that is refused, is handed back.
    fn refused(&mut self, settlement: &Settlement, refusal: &SettleError) {
        let AttemptRef { task, attempt } = settlement.attempt;
        let decision = match refusal {
            SettleError::InvalidInput(_) | SettleError::InvalidTransition(_) => {
                error!(%task, attempt, %refusal, "a settlement was refused");
                next_best(settlement.decision)
            }
            _ => {
                info!(%task, attempt, %refusal, "a settlement came too late");
                None
            }
        };
        if let Some(decision) = decision {
            self.push(Settlement {
                error: Some(format!("its end was refused: {refusal}")),
                ..Settlement::new(settlement.attempt, decision)
            });
        }
    }
}

const fn next_best(refused: Decision) -> Option<Decision> {
    match refused {
        Decision::HandBack => None,
        Decision::Fail => Some(Decision::HandBack),
        _ => Some(Decision::Fail),
    }
}

fn size(settlement: &Settlement) -> usize {
    settlement.result.as_ref().map_or(0, |r| r.bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use duly_core::{State, TaskId};
    use duly_store::{InvalidInput, Payload};

    const NOW: Timestamp = Timestamp::from_micros(0);

    fn settlement(attempt: u32, decision: Decision) -> Settlement {
        let task = TaskId::from_bytes([1; 16]);
        Settlement::new(AttemptRef { task, attempt }, decision)
    }

    fn done(attempt: u32) -> Settlement {
        settlement(attempt, Decision::Complete)
    }

    fn settled(attempts: Vec<Result<State, SettleError>>) -> Settled {
        Settled { attempts, at: NOW }
    }

    #[test]
    fn one_write_is_under_way_and_the_rest_gathers() {
        let mut outbox = Outbox::default();
        outbox.push(done(1));
        assert_eq!(outbox.next(NOW), Some(vec![done(1)]));
        outbox.push(done(2));
        outbox.push(settlement(3, Decision::HandBack));
        assert_eq!(outbox.next(NOW), None);
        outbox.answered(settled(vec![Ok(State::Completed)]));
        assert_eq!(outbox.next(NOW).map(|batch| batch.len()), Some(2));
        let answers = vec![Ok(State::Completed), Ok(State::Pending)];
        let acknowledged = outbox.answered(settled(answers));
        assert_eq!((acknowledged.ended, acknowledged.handed_back), (1, 1));
        assert_eq!(outbox.len(), 0);
    }

    #[test]
    fn a_write_that_failed_is_made_again_in_order() {
        let mut outbox = Outbox::default();
        outbox.push(done(1));
        outbox.push(done(2));
        assert!(outbox.next(NOW).is_some());
        outbox.push(done(3));
        outbox.failed(NOW, &mut Dice::new(1));
        assert_eq!(outbox.next(NOW), None, "not before the pause is over");
        let again = outbox.next(outbox.wake().unwrap());
        assert_eq!(again, Some(vec![done(1), done(2), done(3)]));
    }

    #[test]
    fn a_write_is_bounded_in_number_and_in_bytes() {
        let mut outbox = Outbox::default();
        for attempt in 0..=u32::try_from(SETTLE_MAX).unwrap() {
            outbox.push(done(attempt));
        }
        assert_eq!(outbox.next(NOW).map(|batch| batch.len()), Some(SETTLE_MAX));

        let mut outbox = Outbox::default();
        for attempt in 0..70 {
            let result = Some(Payload::bytes(vec![0; 1 << 20]));
            outbox.push(Settlement {
                result,
                ..done(attempt)
            });
        }
        assert!(outbox.is_full());
        let batch = outbox.next(NOW).unwrap();
        assert_eq!(batch.iter().map(size).sum::<usize>(), SETTLE_BYTES_MAX);
    }

    #[test]
    fn a_refusal_of_a_current_attempt_ends_it_another_way() {
        let refusal = InvalidInput {
            field: "result",
            value: String::new(),
            expected: String::new(),
        };
        let mut outbox = Outbox::default();
        outbox.push(done(1));
        for decision in [Decision::Complete, Decision::Fail, Decision::HandBack] {
            assert_eq!(outbox.next(NOW).unwrap()[0].decision, decision);
            outbox.answered(settled(vec![Err(refusal.clone().into())]));
        }
        assert_eq!(outbox.len(), 0);
    }
}
