//! Telling, by events, of tasks that are late.

use duly_core::Timestamp;
use duly_core::engine::{Entry, Slot};

use super::body::Body;
use super::event::Detail;
use super::world::{Place, World};

impl World {
    /// Notes when somebody may have to be told of an unfinished task.
    pub(super) fn await_alert(&mut self, slot: Slot) {
        let Some(entry) = self.engine.entry(slot) else {
            return;
        };
        let Some(rare) = &entry.carry.rare else {
            return;
        };
        let at = rare.alerts.next_at(entry.carry.submitted_at);
        let sequence = entry.sequence;
        self.set_alert(slot, sequence, at);
    }

    /// Nobody has to be told of a task that is removed.
    pub(super) fn forget_alert(&mut self, entry: &Entry<Body>) {
        let rare = entry.carry.rare.as_ref();
        if let Some(at) = rare.and_then(|rare| rare.alert_at) {
            self.alerts.remove(&(at, entry.sequence));
        }
    }

    /// Of a task that is put back in line, what was due while it lay there is not told any more.
    pub(super) fn forget_missed(&mut self, entry: &mut Entry<Body>, now: Timestamp) {
        self.forget_alert(entry);
        let submitted_at = entry.carry.submitted_at;
        if let Some(rare) = &mut entry.carry.rare {
            rare.alerts.forget_missed(submitted_at, now);
        }
    }

    fn set_alert(&mut self, slot: Slot, sequence: i64, at: Option<Timestamp>) {
        let body = self.engine.carry_mut(slot);
        let Some(rare) = body.and_then(|body| body.rare.as_mut()) else {
            return;
        };
        rare.alert_at = at;
        self.alerts.extend(at.map(|at| (at, sequence)));
    }

    /// Tells of up to `limit` tasks; answers how many were looked at, and whether there are more.
    pub(super) fn alert(&mut self, now: Timestamp, limit: usize) -> (usize, bool) {
        for count in 0..limit {
            let Some((at, sequence)) = self.first_alert(now) else {
                return (count, false);
            };
            self.alerts.remove(&(at, sequence));
            // Of a task that has ended there is nothing to tell.
            if let Some(Place::Unfinished(slot)) = self.tasks.get(sequence) {
                let slot = *slot;
                self.tell(slot, sequence, now);
            }
        }
        (limit, self.first_alert(now).is_some())
    }

    fn first_alert(&self, now: Timestamp) -> Option<(Timestamp, i64)> {
        self.alerts.first().filter(|(at, _)| *at <= now).copied()
    }

    fn tell(&mut self, slot: Slot, sequence: i64, now: Timestamp) {
        let Some(body) = self.engine.carry_mut(slot) else {
            return;
        };
        let submitted_at = body.submitted_at;
        let has_begun = body.started_at.is_some();
        let rare = body.rare_mut();
        let told = rare.alerts.tell(submitted_at, now, has_begun);
        let next = rare.alerts.next_after(submitted_at, now);
        self.set_alert(slot, sequence, next);
        for event in told.into_iter().flatten() {
            self.write(slot, event, now, Detail::default());
        }
    }
}
