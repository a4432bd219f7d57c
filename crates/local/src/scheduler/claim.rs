//! What a worker does next, and who else is to look for work.

use std::task::Waker;

use duly_core::engine::{ClaimSpec, Slot};
use duly_core::{AttemptRef, Timestamp};

use super::stage::Stage;
use super::state::{Current, Next, State};
use crate::sync::Wakes;

impl State {
    /// What a worker does next. If it is to wait, `waker` is woken when it should ask again.
    pub(super) fn next(
        &mut self,
        worker: usize,
        now: Timestamp,
        waker: &Waker,
        wakes: &mut Wakes,
    ) -> Next {
        if !self.stage.begins() {
            return Next::Exit;
        }
        if let Some(current) = self.begin_next(worker, now, wakes) {
            return Next::Run(current);
        }
        if self.stage == Stage::Draining && self.is_done() {
            self.wake_all(wakes);
            return Next::Exit;
        }
        self.leave_idle(worker);
        self.idle.push((worker, waker.clone()));
        self.is_idle[worker] = true;
        Next::Wait
    }

    /// Begins the next attempt, if there is one for the worker.
    pub(super) fn begin_next(
        &mut self,
        worker: usize,
        now: Timestamp,
        wakes: &mut Wakes,
    ) -> Option<Current> {
        if !self.stage.begins() {
            return None;
        }
        if !self.pass_time(now, wakes) {
            return None;
        }
        self.claim(worker, now, wakes)
    }

    /// A worker that somebody else than this scheduler woke is still among the idle.
    fn leave_idle(&mut self, worker: usize) {
        if std::mem::take(&mut self.is_idle[worker]) {
            self.idle.retain(|(other, _)| *other != worker);
        }
    }

    fn claim(&mut self, worker: usize, now: Timestamp, wakes: &mut Wakes) -> Option<Current> {
        let spec = ClaimSpec {
            queues: &[self.queue],
            kinds: self.book.kinds(),
            run: 1,
            ..ClaimSpec::default()
        };
        self.leased.clear();
        let gave_up = self.engine.claim(self.holder, &spec, now, &mut self.leased);
        let claimed = self.leased.pop();
        let current = claimed.map(|slot| self.begin(slot, now));
        if let Some(current) = &current {
            self.running += 1;
            self.leave_idle(worker);
            self.current[worker] = Some(current.clone());
            if !self.room.is_empty() {
                self.room.tell(wakes);
            }
        }
        if gave_up && current.is_none() {
            self.ring_at(now, wakes);
        }
        self.go_on(now, wakes);
        current
    }

    fn begin(&mut self, slot: Slot, now: Timestamp) -> Current {
        let entry = self.engine.entry(slot).expect("it was leased just now");
        let vitals = entry.vitals;
        let attempt = AttemptRef {
            task: entry.id,
            attempt: vitals.attempt,
        };
        let job = entry.carry.clone();
        let waited = now.since(vitals.due_at);
        self.meters.started(vitals.priority, waited);
        Current {
            job,
            attempt,
            slot,
            spent: vitals.spent,
            started: now,
            finish_by: vitals.deadlines.finish().unwrap_or(Timestamp::MAX),
            waited,
        }
    }

    /// Where there are limits, one change may let several go: whoever looks for work, or makes the change,
    /// sees to the next.
    pub(super) fn go_on(&mut self, now: Timestamp, wakes: &mut Wakes) {
        if !self.book.has_gates() || self.pending() == 0 {
            return;
        }
        let spec = ClaimSpec {
            queues: &[self.queue],
            kinds: self.book.kinds(),
            run: 1,
            ..ClaimSpec::default()
        };
        if !self.idle.is_empty() && self.engine.is_open(&spec, now) {
            self.wake_worker(wakes);
        }
        // A permit that has come is found by the next claim.
        let opens = self.engine.dispatch().next_open();
        if let Some(at) = opens.filter(|at| *at > now) {
            self.ring_at(at, wakes);
        }
    }
}
