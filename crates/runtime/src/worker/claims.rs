//! When to ask for work.

use std::time::Duration;

use duly_core::bounds::CLAIM_MAX;
use duly_core::{Jitter, Timestamp};
use duly_store::Claimed;

use crate::backoff::Retries;
use crate::dice::Dice;

/// How much is asked for: at once, and into store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) run: u32,
    pub(super) prefetch: u32,
}

impl Ask {
    /// As much as one claim hands out.
    pub(super) fn bounded(run: u32, prefetch: u32) -> Self {
        let most = u32::try_from(CLAIM_MAX).unwrap_or(u32::MAX);
        let run = run.min(most);
        Self {
            run,
            prefetch: prefetch.min(most - run),
        }
    }

    const fn tasks(self) -> usize {
        (self.run + self.prefetch) as usize
    }
}

/// Decides when a claim is worth making: there was a hint, a task becomes due, the last claim got all
/// it asked for, or it is a while since.
#[derive(Debug)]
pub(super) struct Claims {
    wanted: bool,
    /// The last claim asked for no slot, so it says nothing of what may begin at once: of suspects,
    /// which are never prefetched.
    slots_unasked: bool,
    next_at: Timestamp,
    asked: Option<Ask>,
    turn: u32,
    poll: Duration,
    pub(super) retries: Retries,
}

impl Claims {
    pub(super) fn new(poll: Duration, now: Timestamp) -> Self {
        Self {
            wanted: true,
            slots_unasked: false,
            next_at: now,
            asked: None,
            turn: 0,
            poll,
            retries: Retries::default(),
        }
    }

    /// There may be work.
    pub(super) const fn want(&mut self) {
        self.wanted = true;
    }

    /// A slot is free again.
    pub(super) const fn slot_freed(&mut self, by_suspect: bool) {
        self.wanted |= by_suspect || self.slots_unasked;
    }

    /// Slots that a claim under way may fill.
    pub(super) fn reserved(&self) -> u32 {
        self.asked.map_or(0, |ask| ask.run)
    }

    pub(super) const fn is_under_way(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether to ask now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.asked.is_none() && (self.wanted || self.next_at <= now) && self.retries.allows(now)
    }

    /// When to look again, if nothing happens before.
    pub(super) fn wake(&self) -> Option<Timestamp> {
        if self.asked.is_some() {
            return None;
        }
        match self.retries.at() {
            Some(retry_at) if self.wanted => Some(retry_at),
            Some(retry_at) => Some(retry_at.max(self.next_at)),
            None => Some(self.next_at),
        }
    }

    /// A claim is made. Answers where its turns among queues begin.
    pub(super) const fn asked(&mut self, ask: Ask) -> u32 {
        self.asked = Some(ask);
        self.wanted = false;
        self.slots_unasked = ask.run == 0;
        self.turn
    }

    /// It was answered.
    pub(super) fn answered(&mut self, claimed: &Claimed, now: Timestamp, dice: &mut Dice) {
        let asked = self.asked.take();
        let got = claimed.leases.len();
        self.turn = self.turn.wrapping_add(u32::try_from(got).unwrap_or(0));
        self.retries.succeeded();
        let is_full = asked.is_some_and(|ask| got >= ask.tasks());
        let is_behind = claimed.next_at.is_some_and(|at| at <= claimed.at);
        self.wanted |= is_full || is_behind;
        let poll_at = now + Jitter::Proportional { permille: 250 }.spread(self.poll, dice.roll());
        let due_at = claimed.next_at.map(|at| now + at.since(claimed.at));
        self.next_at = due_at.map_or(poll_at, |due_at| due_at.min(poll_at));
    }

    /// It failed.
    pub(super) fn failed(&mut self, now: Timestamp, dice: &mut Dice) {
        self.asked = None;
        self.wanted = true;
        self.retries.failed(now, dice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);
    const ASK: Ask = Ask {
        run: 1,
        prefetch: 0,
    };

    fn nothing(next_at: Option<Timestamp>) -> Claimed {
        Claimed {
            leases: Vec::new(),
            next_at,
            at: NOW,
        }
    }

    fn idle() -> Claims {
        let mut claims = Claims::new(Duration::from_secs(4), NOW);
        claims.asked(ASK);
        claims.answered(&nothing(None), NOW, &mut Dice::new(1));
        claims
    }

    #[test]
    fn an_idle_worker_asks_once_in_a_while() {
        let claims = idle();
        assert!(!claims.is_due(NOW + Duration::from_millis(2_900)));
        assert!(claims.is_due(NOW + Duration::from_millis(5_100)));
    }

    #[test]
    fn a_hint_that_comes_during_a_claim_leads_to_another() {
        let mut claims = idle();
        claims.want();
        assert!(claims.is_due(NOW));
        claims.asked(ASK);
        claims.want();
        assert!(!claims.is_due(NOW), "one is under way");
        claims.answered(&nothing(None), NOW, &mut Dice::new(1));
        assert!(claims.is_due(NOW));
    }

    #[test]
    fn the_instant_that_a_task_becomes_due_is_waited_for() {
        let mut claims = idle();
        let due_at = NOW + Duration::from_secs(1);
        claims.asked(ASK);
        claims.answered(&nothing(Some(due_at)), NOW, &mut Dice::new(1));
        assert_eq!(claims.wake(), Some(due_at));
        claims.asked(ASK);
        claims.answered(&nothing(Some(NOW)), NOW, &mut Dice::new(1));
        assert!(claims.is_due(NOW), "the store is behind with due tasks");
    }

    #[test]
    fn after_a_failure_there_is_a_pause() {
        let mut claims = idle();
        claims.asked(ASK);
        claims.failed(NOW, &mut Dice::new(1));
        assert!(!claims.is_due(NOW));
        assert!(claims.is_due(claims.wake().unwrap()));
    }

    #[test]
    fn one_claim_asks_for_a_bounded_number() {
        let ask = Ask::bounded(600, 600);
        assert_eq!(ask.tasks(), CLAIM_MAX);
        assert_eq!(ask.run, 600);
    }
}
