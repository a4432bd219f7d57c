//! Moving tasks: every change goes through [`Engine::change`], so that no index can drift from what
//! the tasks are.

use alloc::vec::Vec;

use super::index::Places;
use super::{Engine, Entry, Slot};
use crate::{
    AttemptRef, Decision, EventKind, Incarnation, InvalidTransition, Loss, Priority, Replacement,
    State, Timestamp, Vitals,
};

/// What an operation did to a task.
#[derive(Debug)]
pub enum Effect<P> {
    /// It is still unfinished.
    Moved {
        /// Where it lies.
        slot: Slot,
        /// What to record, if anything.
        event: Option<EventKind>,
    },
    /// It is final, and no longer the engine's.
    Finished {
        /// The task.
        entry: Entry<P>,
        /// What to record.
        event: EventKind,
    },
}

/// Why a write about an attempt was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No unfinished task lies there.
    Missing,
    /// The attempt is not the task's current one, or not this worker's.
    Stale,
    /// The attempt is current, but cannot go there.
    Transition(InvalidTransition),
}

impl From<InvalidTransition> for Refused {
    fn from(error: InvalidTransition) -> Self {
        Self::Transition(error)
    }
}

impl<P> Engine<P> {
    /// Leases a pending task; only a claim does, which took it from a lane.
    pub(super) fn lease(&mut self, slot: Slot, holder: Incarnation, start: bool) {
        let rule = |entry: &mut Entry<P>| {
            entry.holder = Some(holder);
            entry.vitals.lease(start)?;
            Ok(entry.unique.is_some())
        };
        let has_key = self
            .change(slot, rule)
            .expect("what stands in a lane is pending")
            .expect("what stands in a lane is there");
        if has_key {
            self.key_of_claimed(slot);
        }
    }

    /// Moves up to `limit` due tasks into line, and appends them to `moved`. Answers whether more are due.
    pub fn promote_due(&mut self, now: Timestamp, limit: usize, moved: &mut Vec<Slot>) -> bool {
        for _ in 0..limit {
            let Some(slot) = self.first_due(now) else {
                return false;
            };
            self.change(slot, |entry| entry.vitals.promote_due())
                .expect("what waits for an instant may become pending")
                .expect("what stands in the index is there");
            moved.push(slot);
        }
        self.first_due(now).is_some()
    }

    fn first_due(&self, now: Timestamp) -> Option<Slot> {
        self.index
            .due
            .first()
            .filter(|(at, _, _)| *at <= now)
            .map(|(_, _, slot)| *slot)
    }

    /// The earliest instant that a task waits for.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.index.due.first().map(|(at, _, _)| *at)
    }

    /// Tasks that wait for an instant that has come, not yet moved into line.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = Slot> {
        self.index
            .due
            .iter()
            .take_while(move |(at, _, _)| *at <= now)
            .map(|(_, _, slot)| *slot)
    }

    /// Ends up to `limit` tasks that wait although a deadline of theirs has passed. Answers whether there
    /// are more.
    pub fn expire(&mut self, now: Timestamp, limit: usize, out: &mut Vec<Effect<P>>) -> bool {
        for _ in 0..limit {
            let Some(slot) = self.first_overdue(now) else {
                return false;
            };
            let effect = self
                .apply(slot, |vitals| vitals.expire().map(Some))
                .expect("what waits may expire")
                .expect("what stands in the index is there");
            out.push(effect);
        }
        self.first_overdue(now).is_some()
    }

    fn first_overdue(&self, now: Timestamp) -> Option<Slot> {
        self.index
            .deadlines
            .first()
            .filter(|(at, _, _)| *at <= now)
            .map(|(_, _, slot)| *slot)
    }

    /// The earliest deadline of a task that waits.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.index.deadlines.first().map(|(at, _, _)| *at)
    }

    /// Begins an attempt that was assigned to `holder`.
    ///
    /// # Errors
    /// [`Refused`], and nothing is changed.
    pub fn start(&mut self, attempt: AttemptRef, holder: Incarnation) -> Result<Slot, Refused> {
        let slot = self.fence(attempt, holder)?;
        self.change(slot, |entry| entry.vitals.start())?
            .ok_or(Refused::Missing)?;
        Ok(slot)
    }

    /// Ends an attempt that `holder` holds.
    ///
    /// # Errors
    /// [`Refused`], and nothing is changed.
    pub fn settle(
        &mut self,
        attempt: AttemptRef,
        holder: Incarnation,
        decision: Decision,
        now: Timestamp,
    ) -> Result<Effect<P>, Refused> {
        let slot = self.find(attempt.task).ok_or(Refused::Missing)?;
        self.settle_at(slot, attempt, holder, decision, now)
    }

    /// As [`settle`](Self::settle), for a driver that remembers where the task lies.
    ///
    /// # Errors
    /// [`Refused`], and nothing is changed.
    #[inline]
    pub fn settle_at(
        &mut self,
        slot: Slot,
        attempt: AttemptRef,
        holder: Incarnation,
        decision: Decision,
        now: Timestamp,
    ) -> Result<Effect<P>, Refused> {
        self.fence_at(slot, attempt, holder)?;
        self.apply(slot, |vitals| vitals.settle(decision, now).map(Some))?
            .ok_or(Refused::Missing)
    }

    /// Checks that an attempt is the task's current one, and this worker's.
    ///
    /// # Errors
    /// [`Refused::Missing`] or [`Refused::Stale`].
    pub fn fence(&self, attempt: AttemptRef, holder: Incarnation) -> Result<Slot, Refused> {
        let slot = self.find(attempt.task).ok_or(Refused::Missing)?;
        self.fence_at(slot, attempt, holder)?;
        Ok(slot)
    }

    fn fence_at(
        &self,
        slot: Slot,
        attempt: AttemptRef,
        holder: Incarnation,
    ) -> Result<(), Refused> {
        let entry = self.entry(slot).ok_or(Refused::Missing)?;
        let current = entry.id == attempt.task
            && entry.vitals.state.is_leased()
            && entry.vitals.attempt == attempt.attempt
            && entry.holder == Some(holder);
        if current { Ok(()) } else { Err(Refused::Stale) }
    }

    /// The worker that held an attempt vanished.
    ///
    /// # Errors
    /// If it is not leased.
    pub fn lose(&mut self, slot: Slot) -> Result<(Effect<P>, Loss), Refused> {
        let mut loss = None;
        let effect = self.apply(slot, |vitals| {
            let what = vitals.lose()?;
            loss = Some(what);
            Ok(Some(what.event))
        })?;
        effect.zip(loss).ok_or(Refused::Missing)
    }

    /// Calls a task off.
    ///
    /// # Errors
    /// As [`Vitals::cancel`].
    pub fn cancel(&mut self, slot: Slot) -> Result<Effect<P>, Refused> {
        self.apply(slot, Vitals::cancel)?.ok_or(Refused::Missing)
    }

    /// Changes the priority of a task.
    ///
    /// # Errors
    /// As [`Vitals::reprioritise`].
    pub fn reprioritise(&mut self, slot: Slot, priority: Priority) -> Result<Effect<P>, Refused> {
        self.apply(slot, |vitals| vitals.reprioritise(priority))?
            .ok_or(Refused::Missing)
    }

    /// Changes when a task is due.
    ///
    /// # Errors
    /// As [`Vitals::reschedule`].
    pub fn reschedule(
        &mut self,
        slot: Slot,
        due_at: Timestamp,
        now: Timestamp,
    ) -> Result<Effect<P>, Refused> {
        self.apply(slot, |vitals| vitals.reschedule(due_at, now).map(Some))?
            .ok_or(Refused::Missing)
    }

    /// Lets another submission take the place of a task that has not begun.
    ///
    /// # Errors
    /// As [`Vitals::replace`].
    pub fn replace(
        &mut self,
        slot: Slot,
        by: Replacement,
        now: Timestamp,
    ) -> Result<Effect<P>, Refused> {
        self.apply(slot, |vitals| vitals.replace(by, now).map(Some))?
            .ok_or(Refused::Missing)
    }

    /// Makes an unfinished task what it was before: to undo a batch.
    pub fn reset(&mut self, slot: Slot, vitals: Vitals) {
        let done = self.change(slot, |entry| {
            entry.vitals = vitals;
            Ok(())
        });
        debug_assert!(matches!(done, Ok(Some(()))), "what was changed is there");
    }

    /// Applies a rule, and takes the task out if that made it final.
    #[inline]
    fn apply(
        &mut self,
        slot: Slot,
        rule: impl FnOnce(&mut Vitals) -> Result<Option<EventKind>, InvalidTransition>,
    ) -> Result<Option<Effect<P>>, InvalidTransition> {
        let Some(event) = self.change(slot, |entry| rule(&mut entry.vitals))? else {
            return Ok(None);
        };
        if self
            .entry(slot)
            .is_some_and(|entry| entry.vitals.state.is_final())
            && let Some(event) = event
        {
            return Ok(self
                .withdraw(slot)
                .map(|entry| Effect::Finished { entry, event }));
        }
        Ok(Some(Effect::Moved { slot, event }))
    }

    /// Changes a task and, if the rule allows it, its places and counts with it.
    fn change<R>(
        &mut self,
        slot: Slot,
        rule: impl FnOnce(&mut Entry<P>) -> Result<R, InvalidTransition>,
    ) -> Result<Option<R>, InvalidTransition> {
        let Some(entry) = self.entries.get_mut(slot) else {
            return Ok(None);
        };
        let (vitals, holder) = (entry.vitals, entry.holder);
        let result = rule(entry).inspect_err(|_| {
            entry.vitals = vitals;
            entry.holder = holder;
        })?;
        let (old, new) = (Places::at(entry, &vitals, holder), Places::of(entry));
        let (from, to) = (vitals.state, entry.vitals.state);
        let queue = entry.queue;
        let former = &self.queues[queue.index()].former;
        self.index
            .update(slot, Some(&old), Some(&new), &mut self.dispatch, former);
        self.count(queue, from, to);
        Ok(Some(result))
    }

    fn count(&mut self, queue: super::QueueId, from: State, to: State) {
        let counts = &mut self.queues[queue.index()].counts;
        counts[usize::from(from.code())] -= 1;
        counts[usize::from(to.code())] += 1;
    }
}
