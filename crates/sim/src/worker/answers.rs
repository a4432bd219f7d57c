//! The store's answers are taken in.

use duly_core::{AttemptRef, Jitter, State, Timestamp};
use duly_store::{
    ClaimError, Claimed, Promoted, Renewed, RequestError, SettleError, Settled, TakenBack,
};

use super::handlers::Stop;
use super::standing::State as Standing;
use super::{Audit, Held, Retiring, Worker};
use crate::bounds::{AUDIT, HEARTBEAT, POLL};
use crate::mutant::Mutant;
use crate::wire::{Answer, Heard, Op};

impl Worker {
    pub(super) fn heard(&mut self, real: Timestamp, now: Timestamp, tag: u32, heard: Heard) {
        match heard {
            Heard::Answer(answer) => self.answered(real, now, answer),
            Heard::Lost => self.failed(now, tag, true),
            Heard::Away => self.failed(now, tag, false),
        }
    }

    fn answered(&mut self, real: Timestamp, now: Timestamp, answer: Answer) {
        match answer {
            Answer::Register(answer) => self.registered(now, answer),
            Answer::Heartbeat(Ok(renewed)) => self.renewed(real, now, &renewed),
            Answer::Claim(answer) => self.claimed(real, now, answer),
            Answer::Promote(Ok(promoted)) => self.promoted(real, now, promoted),
            Answer::Settle(Ok(settled)) => self.settled(settled),
            Answer::CancelRequests(Ok(cancels)) => {
                self.looked();
                self.stop_cancelled(&cancels, real, now);
            }
            Answer::Held(Ok(held)) => self.compared(now, held),
            Answer::TakeBack(Ok(taken)) => self.retired(taken),
            other => unreachable!("a worker does not ask for this, or the store failed: {other:?}"),
        }
    }

    fn failed(&mut self, now: Timestamp, tag: u32, unknown: bool) {
        if Self::is(tag, Op::Register) && unknown && !self.switch.is(Mutant::RegistersAgain) {
            // It may be registered, and even forgotten again: the next try is another life.
            self.live_anew(now);
        }
        let dice = &mut self.dice;
        if Self::is(tag, Op::Register) {
            self.standing.state = Standing::Unknown;
            self.standing.retries.failed(now, dice);
        } else if Self::is(tag, Op::Heartbeat) {
            self.standing.beating = None;
            self.standing.beat_at = now;
            self.standing.retries.failed(now, dice);
        } else if Self::is(tag, Op::Claim) {
            if unknown && !self.switch.is(Mutant::NeverCompares) {
                self.audit.urgent = true;
                self.audit.due_at = Some(now);
            }
            self.claims.failed(now, dice);
        } else if Self::is(tag, Op::Promote) {
            self.promotes.failed(now, dice);
            for lease in self.promoting.drain(..).rev() {
                self.stock.push_front(lease);
            }
            if self.leaving.is_some() {
                for held in std::mem::take(&mut self.stock) {
                    self.give_back(held.lease.attempt);
                }
            }
        } else if Self::is(tag, Op::Settle) {
            self.settles.failed(now, dice);
            if self.switch.is(Mutant::ForgetsEnds) {
                self.sent.clear();
            }
            for settlement in self.sent.drain(..).rev() {
                self.outbox.push_front(settlement);
            }
        } else if Self::is(tag, Op::CancelRequests) {
            // The next heartbeat brings them.
            self.looked();
        } else if Self::is(tag, Op::Held) {
            self.audit.under_way = false;
            self.audit.retries.failed(now, dice);
        } else if let Some(leaving) = &mut self.leaving {
            leaving.retiring = Retiring::NotYet;
            leaving.retries.failed(now, dice);
        }
    }

    fn registered(&mut self, now: Timestamp, answer: Result<(), RequestError>) {
        if answer.is_err() {
            // This life has lapsed already: the next try is another.
            return self.live_anew(now);
        }
        let sent = self.standing.registering_at;
        self.standing.state = Standing::Registered;
        self.renewed_at(sent);
    }

    fn renewed_at(&mut self, sent: Timestamp) {
        self.standing.tenure.renewed(sent);
        self.standing.beating = None;
        self.standing.beat_at = sent + HEARTBEAT;
        self.standing.retries.succeeded();
    }

    fn renewed(&mut self, real: Timestamp, now: Timestamp, renewed: &Renewed) {
        if !renewed.known {
            return self.live_anew(now);
        }
        let sent = self.standing.beating.unwrap_or(now);
        self.renewed_at(sent);
        self.stop_cancelled(&renewed.cancel, real, now);
    }

    fn stop_cancelled(&mut self, cancels: &[AttemptRef], real: Timestamp, now: Timestamp) {
        if self.switch.is(Mutant::DeafToCancels) {
            return;
        }
        for attempt in cancels {
            self.trip(*attempt, Stop::Cancelled, real, now);
        }
    }

    fn claimed(&mut self, real: Timestamp, now: Timestamp, answer: Result<Claimed, ClaimError>) {
        let claimed = match answer {
            Ok(claimed) => claimed,
            Err(ClaimError::WorkerNotFound) => return self.live_anew(now),
            Err(error) => unreachable!("the claim was as it should be: {error}"),
        };
        let asked = self.claims.asked.take().unwrap_or_default();
        let got = u32::try_from(claimed.leases.len()).unwrap_or(u32::MAX);
        self.claims.turn = self.claims.turn.wrapping_add(got);
        self.claims.retries.succeeded();
        let is_full = got >= asked.0 + asked.1;
        let is_behind = claimed.next_at.is_some_and(|at| at <= claimed.at);
        self.claims.wanted |= is_full || is_behind;
        let spread = Jitter::Proportional { permille: 250 }.spread(POLL, self.dice.roll());
        let due_at = claimed.next_at.map(|at| now + at.since(claimed.at));
        self.claims.next_at = due_at.map_or(now + spread, |at| at.min(now + spread));
        let is_late = self.is_late(now);
        for lease in claimed.leases {
            if self.leaving.is_some() || is_late {
                self.give_back(lease.attempt);
                continue;
            }
            let left = lease.finish_by.map(|at| at.since(claimed.at));
            let held = Held {
                finish_by: left.map(|left| now + left),
                lease,
            };
            if held.lease.started {
                self.begin(real, now, held);
            } else {
                self.stock.push_back(held);
            }
        }
    }

    fn promoted(&mut self, real: Timestamp, now: Timestamp, promoted: Promoted) {
        self.promotes.succeeded();
        let batch = std::mem::take(&mut self.promoting);
        let is_late = self.is_late(now);
        for (held, answer) in batch.into_iter().zip(promoted.attempts) {
            // It is running already: the answer to an earlier try got lost.
            let is_running = matches!(&answer,
                Err(SettleError::InvalidTransition(refusal)) if refusal.from == State::Running);
            if answer.is_err() && !is_running {
                continue;
            }
            if self.leaving.is_some() || is_late {
                self.give_back(held.lease.attempt);
            } else {
                self.begin(real, now, held);
            }
        }
    }

    /// What is answered so late that its lease may be gone does not begin.
    fn is_late(&self, now: Timestamp) -> bool {
        self.standing.tenure.stop_at() <= now && !self.switch.is(Mutant::BeginsLate)
    }

    fn settled(&mut self, settled: Settled) {
        self.settles.succeeded();
        self.sent.clear();
        let gone_back = |state: &Result<State, _>| matches!(state, Ok(State::Pending));
        self.claims.wanted |= settled.attempts.iter().any(gone_back);
    }

    fn compared(&mut self, now: Timestamp, held: Vec<AttemptRef>) {
        self.audit = Audit {
            due_at: Some(now + AUDIT),
            ..Audit::default()
        };
        for attempt in held {
            if !self.knows(attempt) {
                self.give_back(attempt);
            }
        }
    }

    fn knows(&self, attempt: AttemptRef) -> bool {
        let mut kept = self.stock.iter().chain(&self.promoting);
        let mut ends = self.outbox.iter().chain(&self.sent);
        self.running.contains_key(&attempt)
            || kept.any(|held| held.lease.attempt == attempt)
            || ends.any(|end| end.attempt == attempt)
    }

    fn retired(&mut self, taken: TakenBack) {
        if !taken.gone {
            return self.say_goodbye();
        }
        if let Some(leaving) = &mut self.leaving {
            leaving.retiring = Retiring::Done;
        }
    }
}
