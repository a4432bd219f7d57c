//! Moving tasks from all their places at once: to those of another kind, or of another order.

use super::index::Places;
use super::{Engine, KindId, Rejected, Slot};
use crate::{State, Timestamp};

impl<P> Engine<P> {
    /// Makes a task one of another kind, whatever its state: its place in line, what is leased of it and
    /// its unique key go with it.
    ///
    /// # Errors
    /// [`Rejected::Lines`], or [`Rejected::Exists`] if its unique key is taken there; nothing is changed.
    pub fn set_kind(&mut self, slot: Slot, kind: KindId, now: Timestamp) -> Result<(), Rejected> {
        let Some(entry) = self.entries.get(slot) else {
            return Ok(());
        };
        let (queue, before) = (entry.queue, entry.kind);
        if before == kind {
            return Ok(());
        }
        if let Some(unique) = &entry.unique
            && unique.hold.holds(&entry.vitals, now)
            && let Some(holder) = self.unique_holder(kind, unique, now)
        {
            return Err(Rejected::Exists(holder.id));
        }
        self.queues[queue.index()].enter(kind)?;
        self.leave_line(queue, before);
        self.leave_places(slot);
        self.drop_key(slot);
        if let Some(entry) = self.entries.get_mut(slot) {
            entry.kind = kind;
        }
        self.take_places(slot);
        self.take_key(slot, now);
        Ok(())
    }

    /// Moves a task to where the order of its queue has it, if it stands in line.
    pub fn rekey(&mut self, slot: Slot) {
        if self
            .entry(slot)
            .is_some_and(|entry| entry.vitals.state == State::Pending)
        {
            self.leave_places(slot);
            self.take_places(slot);
        }
    }

    fn leave_places(&mut self, slot: Slot) {
        if let Some(entry) = self.entries.get(slot) {
            let former = &self.queues[entry.queue.index()].former;
            let places = Places::of(entry);
            self.index
                .update(slot, Some(&places), None, &mut self.dispatch, former);
        }
    }

    fn take_places(&mut self, slot: Slot) {
        if let Some(entry) = self.entries.get(slot) {
            let former = &self.queues[entry.queue.index()].former;
            let places = Places::of(entry);
            self.index
                .update(slot, None, Some(&places), &mut self.dispatch, former);
        }
    }
}
