//! Changes that people make to tasks.

use std::collections::{BTreeSet, HashSet};

use duly_core::engine::{Effect, KindId, Refused, Slot};
use duly_core::{EventKind, Priority, State, TaskId, Timestamp, Vitals};

use super::body::{self, Body, Finished};
use super::event::Detail;
use super::world::{Place, World};
use crate::{
    Change, ChangeError, ChangeMatching, ChangedMatching, ListCursor, Name, Payload, RequestError,
    TaskRecord, When, validate,
};

/// What a step did, and to which queues.
pub(super) struct Matching {
    pub(super) changed: ChangedMatching,
    pub(super) queues: BTreeSet<Name>,
}

impl World {
    pub(super) fn change(
        &mut self,
        id: TaskId,
        change: Change,
        now: Timestamp,
    ) -> Result<TaskRecord, ChangeError> {
        validate::change(&change, now)?;
        match change {
            Change::Cancel => self.cancel(id, now),
            Change::Retry { payload } => self.retry(id, payload, now),
            Change::Reprioritise(priority) => self.reprioritise(id, priority, now),
            Change::Reschedule(due) => self.reschedule(id, due, now),
            Change::Discard => self.discard(id, now),
        }
    }

    pub(super) fn change_matching(
        &mut self,
        request: &ChangeMatching,
        now: Timestamp,
    ) -> Result<Matching, RequestError> {
        validate::page(request.limit)?;
        validate::change(&request.change, now)?;
        let before = request.after.map_or(i64::MAX, ListCursor::sequence);
        let (tasks, next) = self.find(&request.filter, before, request.most(), now);
        let mut keys = HashSet::new();
        let mut queues = BTreeSet::new();
        let mut changed = 0;
        for task in &tasks {
            let allowed = if request.dry_run {
                self.would_change(task.id, &request.change, now, &mut keys)
            } else {
                self.change(task.id, request.change.clone(), now).is_ok()
            };
            if allowed {
                changed += 1;
                queues.insert(task.queue.clone());
            }
        }
        let changed = ChangedMatching {
            matched: u32::try_from(tasks.len()).unwrap_or(request.limit),
            changed,
            next,
            at: now,
        };
        Ok(Matching { changed, queues })
    }

    /// Whether a change would be made. `keys` are the unique keys that earlier ones would have taken.
    fn would_change(
        &self,
        id: TaskId,
        change: &Change,
        now: Timestamp,
        keys: &mut HashSet<(KindId, Box<str>)>,
    ) -> bool {
        let Some(entry) = self.entry_of(id) else {
            return false;
        };
        let mut vitals = entry.vitals;
        match change {
            Change::Cancel => vitals.cancel().is_ok(),
            Change::Retry { .. } => {
                let retried = self.ended(id).map(|finished| self.retried(finished, now));
                let Some(Ok((vitals, _))) = retried else {
                    return false;
                };
                let unique = entry.unique.as_ref();
                let held = unique.filter(|unique| unique.hold.holds(&vitals, now));
                held.is_none_or(|unique| keys.insert((entry.kind, unique.key.clone())))
            }
            Change::Reprioritise(priority) => vitals.reprioritise(*priority).is_ok(),
            Change::Reschedule(due) => vitals.reschedule(due.resolve(now), now).is_ok(),
            Change::Discard => vitals.discard().is_ok(),
        }
    }

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

    fn reprioritise(
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

    fn reschedule(
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

    fn retry(
        &mut self,
        id: TaskId,
        payload: Option<Payload>,
        now: Timestamp,
    ) -> Result<TaskRecord, ChangeError> {
        let finished = self.ended(id).ok_or_else(|| self.no_retry(id))?;
        let (vitals, event) = self.retried(finished, now)?;
        let sequence = finished.entry.sequence;
        let mut entry = self
            .unfinish(sequence)
            .ok_or(ChangeError::TaskNotFound(id))?
            .entry;
        entry.vitals = vitals;
        if let Some(payload) = payload {
            entry.carry.payload = payload;
        }
        self.forget_missed(&mut entry, now);
        let (kind, tenant) = (entry.kind, entry.carry.tenant);
        let slot =
            self.engine
                .readmit(entry, now)
                .map_err(|(existing, _)| ChangeError::TaskExists {
                    existing,
                    key: Name::default(),
                })?;
        self.tasks.insert(sequence, Place::Unfinished(slot));
        self.await_alert(slot);
        self.enters(kind, tenant);
        self.write(slot, event, now, Detail::default());
        self.task(id, now).ok_or(ChangeError::TaskNotFound(id))
    }

    /// What a finished task would be, put back in line.
    fn retried(
        &self,
        finished: &Finished,
        now: Timestamp,
    ) -> Result<(Vitals, EventKind), ChangeError> {
        let entry = &finished.entry;
        let mut vitals = entry.vitals;
        let event = vitals.retry(now)?;
        match self.engine.rival(entry, &vitals, now) {
            Some(existing) => Err(ChangeError::TaskExists {
                existing,
                key: body::unique_key(entry).unwrap_or_default(),
            }),
            None => Ok((vitals, event)),
        }
    }

    fn discard(&mut self, id: TaskId, now: Timestamp) -> Result<TaskRecord, ChangeError> {
        let task = self.task(id, now).ok_or(ChangeError::TaskNotFound(id))?;
        if let Some(entry) = self.entry_of(id) {
            entry.vitals.discard()?;
        }
        if let Some(finished) = self.remove(task.sequence) {
            self.engine.release(&finished.entry);
        }
        Ok(task)
    }

    /// A task that has ended.
    fn ended(&self, id: TaskId) -> Option<&Finished> {
        match self.place(id)? {
            Place::Finished(finished) => Some(finished),
            Place::Unfinished(_) => None,
        }
    }

    fn no_retry(&self, id: TaskId) -> ChangeError {
        let state = self
            .slot(id)
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
        if let Some(slot) = self.slot(id) {
            return Ok(slot);
        }
        match self.ended(id) {
            Some(finished) => {
                let from = finished.entry.vitals.state;
                Err(duly_core::InvalidTransition { from, to }.into())
            }
            None => Err(ChangeError::TaskNotFound(id)),
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
