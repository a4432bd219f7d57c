//! Changes that people make to a task.

use duly_core::engine::{Effect, Refused, Slot};
use duly_core::{Priority, State, TaskId, Timestamp};

use super::body::Body;
use super::event::Detail;
use super::world::{Place, World};
use crate::{ChangeError, Name, TaskRecord, When};

impl World {
    pub(super) fn cancel(&mut self, id: TaskId, now: Timestamp) -> Result<TaskRecord, ChangeError> {
        let slot = self.unfinished(id, State::Cancelled)?;
        let holder = self
            .engine
            .entry(slot)
            .and_then(|entry| entry.holder.filter(|_| entry.vitals.state.is_leased()));
        let worker = self.holder_name(holder);
        let effect = self.engine.cancel(slot);
        self.changed(id, effect, now, Detail::default(), worker)
    }

    pub(super) fn reprioritise(
        &mut self,
        id: TaskId,
        priority: Priority,
        now: Timestamp,
    ) -> Result<TaskRecord, ChangeError> {
        let slot = self.unfinished(id, State::Pending)?;
        let effect = self.engine.reprioritise(slot, priority);
        let detail = Detail {
            priority: Some(priority),
            ..Detail::default()
        };
        self.changed(id, effect, now, detail, None)
    }

    pub(super) fn reschedule(
        &mut self,
        id: TaskId,
        due: When,
        now: Timestamp,
    ) -> Result<TaskRecord, ChangeError> {
        let due_at = due.resolve(now);
        let to = if due_at > now {
            State::Scheduled
        } else {
            State::Pending
        };
        let slot = self.unfinished(id, to)?;
        let effect = self.engine.reschedule(slot, due_at, now);
        let detail = Detail {
            due_at: Some(due_at),
            ..Detail::default()
        };
        self.changed(id, effect, now, detail, None)
    }

    pub(super) fn retry(&mut self, id: TaskId, now: Timestamp) -> Result<TaskRecord, ChangeError> {
        let Some(sequence) = self.finished.get(&id).copied() else {
            return Err(self.no_retry(id));
        };
        let Some(Place::Finished(finished)) = self.tasks.get(sequence) else {
            return Err(ChangeError::TaskNotFound(id));
        };
        let mut vitals = finished.entry.vitals;
        let event = vitals.retry(now)?;
        if let Some(existing) = self.engine.unique_holder(&finished.entry) {
            let key = finished
                .entry
                .unique_key
                .as_deref()
                .map(Name::from)
                .unwrap_or_default();
            return Err(ChangeError::TaskExists { existing, key });
        }
        let mut entry = self
            .unfinish(sequence)
            .ok_or(ChangeError::TaskNotFound(id))?
            .entry;
        entry.vitals = vitals;
        let slot = self
            .engine
            .readmit(entry)
            .map_err(|(existing, _)| ChangeError::TaskExists {
                existing,
                key: Name::default(),
            })?;
        self.tasks.insert(sequence, Place::Unfinished(slot));
        self.write(slot, event, now, Detail::default());
        self.task(id, now).ok_or(ChangeError::TaskNotFound(id))
    }

    fn no_retry(&self, id: TaskId) -> ChangeError {
        let state = self
            .engine
            .find(id)
            .and_then(|slot| Some(self.engine.entry(slot)?.vitals.state));
        match state {
            Some(from) => duly_core::InvalidTransition {
                from,
                to: State::Pending,
            }
            .into(),
            None => ChangeError::TaskNotFound(id),
        }
    }

    /// Where an unfinished task lies; a finished one cannot become `to`.
    fn unfinished(&self, id: TaskId, to: State) -> Result<Slot, ChangeError> {
        if let Some(slot) = self.engine.find(id) {
            return Ok(slot);
        }
        match self
            .finished
            .get(&id)
            .and_then(|sequence| self.tasks.get(*sequence))
        {
            Some(Place::Finished(finished)) => {
                let from = finished.entry.vitals.state;
                Err(duly_core::InvalidTransition { from, to }.into())
            }
            _ => Err(ChangeError::TaskNotFound(id)),
        }
    }

    fn changed(
        &mut self,
        id: TaskId,
        effect: Result<Effect<Body>, Refused>,
        now: Timestamp,
        detail: Detail,
        worker: Option<Name>,
    ) -> Result<TaskRecord, ChangeError> {
        match effect {
            Ok(effect) => self.record(effect, now, detail, worker, None),
            Err(Refused::Transition(error)) => return Err(error.into()),
            Err(Refused::Missing | Refused::Stale) => return Err(ChangeError::TaskNotFound(id)),
        }
        self.task(id, now).ok_or(ChangeError::TaskNotFound(id))
    }
}
