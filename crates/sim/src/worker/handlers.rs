//! The handlers that run in a worker: their stops, their timers, their ends.

use duly_core::{Attempt, AttemptRef, Decision, Outcome, Timestamp};
use duly_store::{Lease, Settlement};

use super::{Held, Worker};
use crate::bounds::CANCEL_GRACE;
use crate::mutant::Mutant;
use crate::process::Act;
use crate::temper::{Script, script};

#[derive(Debug)]
pub(super) struct Running {
    pub(super) lease: Lease,
    script: Script,
    /// When it ends by itself, in real time.
    ends_at: Timestamp,
    stop: Option<Stop>,
    /// When it is out of time, or out of grace, in the worker's own time.
    timer: Option<Timestamp>,
    /// When the task must have ended, in the worker's own time.
    finish_by: Option<Timestamp>,
}

/// Why a handler was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Cancelled,
    TimedOut,
    GivenBack,
}

/// A handler that looks at its token is over this soon after it was tripped.
const HEEDS_AFTER: std::time::Duration = std::time::Duration::from_millis(20);

impl Worker {
    /// A lease that is durably running: its handler begins.
    pub(super) fn begin(&mut self, real: Timestamp, now: Timestamp, held: Held) {
        let Held { lease, finish_by } = held;
        let script = script(self.seed, lease.attempt, &lease.payload);
        self.acts.push(Act::Began(lease.attempt));
        let running = Running {
            ends_at: real + script.runs,
            timer: [lease.timeout.map(|timeout| now + timeout), finish_by]
                .into_iter()
                .flatten()
                .min(),
            finish_by,
            script,
            stop: None,
            lease,
        };
        self.running.insert(running.lease.attempt, running);
    }

    /// What has ended by itself, run out of time or run out of grace is over.
    pub(super) fn fire(&mut self, real: Timestamp, now: Timestamp) {
        let attempts: Vec<_> = self.running.keys().copied().collect();
        for attempt in attempts {
            let running = &self.running[&attempt];
            if running.ends_at <= real {
                self.ended(attempt, now);
            } else if running.timer.is_some_and(|at| at <= now) {
                match running.stop {
                    Some(_) => self.abort(attempt, now),
                    None => self.trip(attempt, Stop::TimedOut, real, now),
                }
            }
        }
    }

    fn ended(&mut self, attempt: AttemptRef, now: Timestamp) {
        let Some(running) = self.running.remove(&attempt) else {
            return;
        };
        self.acts.push(Act::Over(attempt));
        if running.script.kills {
            self.acts.push(Act::Died);
            return;
        }
        let heeded = running.stop.filter(|_| !running.script.stubborn);
        let says = heeded.map_or(running.script.says, |_| Outcome::Cancelled);
        let is_open = matches!(says, Outcome::Retry | Outcome::Cancelled);
        let outcome = match running.stop {
            Some(stop) if is_open => stop.outcome(),
            _ => says,
        };
        self.conclude(&running, outcome, now);
    }

    /// A handler that does not end by itself is dropped.
    fn abort(&mut self, attempt: AttemptRef, now: Timestamp) {
        let Some(running) = self.running.remove(&attempt) else {
            return;
        };
        self.acts.push(Act::Over(attempt));
        let stop = running.stop.unwrap_or(Stop::GivenBack);
        self.conclude(&running, stop.outcome(), now);
    }

    fn conclude(&mut self, running: &Running, outcome: Outcome, now: Timestamp) {
        let lease = &running.lease;
        self.claims.wanted |= lease.lost > 0 || self.claims.slots_unasked;
        let attempt = Attempt::running(lease.attempt, lease.spent, lease.retry);
        let left = running.finish_by.map(|at| at.since(now));
        let mut end = attempt.settle(outcome, left, self.dice.roll());
        if self.switch.is(Mutant::RetriesForEver) && outcome == Outcome::Retry {
            end.decision = Decision::Retry(std::time::Duration::ZERO);
        }
        let settlement = Settlement::new(end.attempt, end.decision);
        self.outbox.push_back(settlement);
    }

    /// Trips the token of a handler, unless it is stopping already.
    pub(super) fn trip(
        &mut self,
        attempt: AttemptRef,
        stop: Stop,
        real: Timestamp,
        now: Timestamp,
    ) {
        let Some(running) = self.running.get_mut(&attempt) else {
            return;
        };
        if running.stop.is_some() {
            return;
        }
        running.stop = Some(stop);
        running.timer = Some(now + CANCEL_GRACE);
        if !running.script.stubborn {
            running.ends_at = running.ends_at.min(real + HEEDS_AFTER);
        }
    }

    pub(super) fn trip_all(&mut self, stop: Stop, real: Timestamp, now: Timestamp) {
        let attempts: Vec<_> = self.running.keys().copied().collect();
        for attempt in attempts {
            self.trip(attempt, stop, real, now);
        }
    }

    /// Drops all handlers, and gives their work back.
    pub(super) fn abort_all(&mut self, now: Timestamp) {
        let attempts: Vec<_> = self.running.keys().copied().collect();
        for attempt in attempts {
            self.abort(attempt, now);
        }
    }

    /// Drops all handlers, and says nothing of them: their leases are not this worker's any more.
    pub(super) fn forsake_all(&mut self) {
        for attempt in std::mem::take(&mut self.running).into_keys() {
            self.acts.push(Act::Over(attempt));
        }
    }

    pub(super) fn give_back(&mut self, attempt: AttemptRef) {
        let back = Settlement::new(attempt, Decision::HandBack);
        self.outbox.push_back(back);
    }

    /// How long no handler needs anything, in real time and in the worker's own.
    pub(super) fn next_end(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let ends = self.running.values().map(|running| running.ends_at);
        let timers = self.running.values().filter_map(|running| running.timer);
        (ends.min(), timers.min())
    }
}

impl Stop {
    const fn outcome(self) -> Outcome {
        match self {
            Self::Cancelled => Outcome::Cancelled,
            Self::TimedOut => Outcome::TimedOut,
            Self::GivenBack => Outcome::HandedBack,
        }
    }
}
