//! What time does: tasks become due, deadlines pass, permits come back.

use duly_core::Timestamp;
use duly_core::bounds::{EXPIRE_MAX, PROMOTE_MAX};
use duly_core::engine::Effect;

use super::state::State;
use crate::sync::Wakes;
use crate::task::life::Phase;

impl State {
    /// Does what time has done: what has become due stands in line, and what waited beyond a deadline has
    /// expired. Answers whether nothing is left that should have expired: it is done in bounded steps.
    pub(super) fn pass_time(&mut self, now: Timestamp, wakes: &mut Wakes) -> bool {
        self.promote(now, wakes);
        self.engine.next_deadline().is_none_or(|at| at > now) || self.expire(now, wakes)
    }

    /// Ends what waited beyond a deadline: some of it, at least.
    fn expire(&mut self, now: Timestamp, wakes: &mut Wakes) -> bool {
        let mut effects = Vec::new();
        let more = self.engine.expire(now, EXPIRE_MAX, &mut effects);
        for effect in effects {
            if let Effect::Finished { entry, .. } = effect {
                self.meters.expired(entry.vitals.priority);
                entry.carry.head().go(Phase::Expired, None, wakes);
                self.over.push(entry.carry);
            }
        }
        self.room.tell(wakes);
        // The keeper lets go of them, and goes on if there are more.
        self.ring_at(now, wakes);
        self.notice_quiet(wakes);
        if !more {
            // Who found that there were more has begun nothing.
            for _ in 0..self.idle.len().min(self.pending()) {
                self.wake_worker(wakes);
            }
        }
        !more
    }

    /// Moves what has become due into line.
    fn promote(&mut self, now: Timestamp, wakes: &mut Wakes) {
        if self.engine.next_due().is_none_or(|due| due > now) {
            return;
        }
        let mut moved = std::mem::take(&mut self.leased);
        moved.clear();
        let more = self.engine.promote_due(now, PROMOTE_MAX, &mut moved);
        for _ in 0..moved.len().min(self.idle.len()) {
            self.wake_worker(wakes);
        }
        self.leased = moved;
        let next = if more {
            Some(now)
        } else {
            self.engine.next_due()
        };
        if let Some(at) = next {
            self.ring_at(at, wakes);
        }
    }

    /// The keeper looks again at this instant, at the latest.
    pub(super) fn ring_at(&mut self, at: Timestamp, wakes: &mut Wakes) {
        if at < self.alarm {
            self.alarm = at;
            wakes.extend(self.keeper.take());
        }
    }

    /// The instant at which there is something to see to.
    pub(super) fn next_alarm(&self, now: Timestamp) -> Timestamp {
        let opens = self.engine.dispatch().next_open();
        let opens = opens.filter(|at| *at > now && self.pending() > 0);
        let recurs = self.recurring.iter().map(|recurrence| recurrence.next);
        self.engine
            .next_due()
            .into_iter()
            .chain(self.engine.next_deadline())
            .chain(opens)
            .chain(recurs)
            .min()
            .unwrap_or(Timestamp::MAX)
    }
}
