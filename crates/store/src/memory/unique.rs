//! Submissions that meet the holder of their unique key.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use duly_core::engine::{Holder, Slot, Standing};
use duly_core::{HeldKey, Replacement, TaskId, Timestamp, Vitals};

use super::event::Detail;
use super::world::World;
use crate::bounds::REPLACED_MAX;
use crate::{Admission, NewTask, OnConflict, Payload, Replace, Submitted, Unique};

/// The key of a task, held as it asks to.
pub(super) fn held_key(unique: &Unique, submitted_at: Timestamp) -> Arc<HeldKey> {
    Arc::new(HeldKey {
        key: unique.key.as_str().into(),
        hold: unique.scope.hold(submitted_at),
    })
}

/// A task before a submission replaced what it was to do.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) slot: Slot,
    /// What to tell of it.
    pub(super) detail: Detail,
    id: TaskId,
    vitals: Vitals,
    payload: Option<Payload>,
    /// A submission that was forgotten for this one.
    forgotten: Option<TaskId>,
}

impl World {
    /// What becomes of a submission whose key another task holds, and what it has replaced; `None`: it
    /// is refused.
    pub(super) fn meet(
        &mut self,
        new: &NewTask,
        unique: &Unique,
        holder: &Holder,
        now: Timestamp,
    ) -> Option<(Submitted, Option<Before>)> {
        let (admission, before) = match unique.on_conflict {
            OnConflict::Reject => return None,
            OnConflict::Keep => (Admission::Kept, None),
            OnConflict::Replace(what) => {
                let Standing::Unfinished(slot) = holder.standing else {
                    return None;
                };
                let before = self.replace(slot, new, what, now)?;
                (Admission::Replaced, Some(before))
            }
        };
        let state = match holder.standing {
            Standing::Unfinished(slot) => self.engine.entry(slot)?.vitals.state_at(now),
            Standing::Ended(state) => state,
        };
        let id = holder.id;
        let submitted = Submitted {
            id,
            state,
            admission,
        };
        Some((submitted, before))
    }

    /// Lets a task go on with what a submission brings, if it has not begun.
    fn replace(
        &mut self,
        slot: Slot,
        new: &NewTask,
        what: Replace,
        now: Timestamp,
    ) -> Option<Before> {
        let by = Replacement {
            priority: what.priority.then_some(new.priority),
            due_at: what.due.then(|| new.due.resolve(now)),
        };
        let entry = self.engine.entry(slot)?;
        let (id, vitals) = (entry.id, entry.vitals);
        self.engine.replace(slot, by, now).ok()?;
        let body = self.engine.carry_mut(slot)?;
        let payload = what
            .payload
            .then(|| std::mem::replace(&mut body.payload, new.payload.clone()));
        Some(Before {
            slot,
            detail: Detail {
                due_at: by.due_at,
                priority: by.priority,
                ..Detail::default()
            },
            id,
            vitals,
            payload,
            forgotten: self.replaced.add(id, new.id),
        })
    }

    /// Makes a task what it was to do before.
    pub(super) fn undo_replace(&mut self, before: Before) {
        self.engine.reset(before.slot, before.vitals);
        self.replaced.undo(before.id, before.forgotten);
        let body = self.engine.carry_mut(before.slot);
        if let Some((body, payload)) = body.zip(before.payload) {
            body.payload = payload;
        }
    }
}

/// Which submissions have replaced what a task was to do, so that one which comes twice does so once.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    /// The task, by the id of the submission.
    tasks: HashMap<TaskId, TaskId>,
    /// The ids of the submissions by their task, the newest last.
    ids: HashMap<TaskId, VecDeque<TaskId>>,
}

impl Replaced {
    /// The task that a submission has replaced.
    pub(super) fn task(&self, id: TaskId) -> Option<TaskId> {
        self.tasks.get(&id).copied()
    }

    /// Notes a submission; answers the one that is forgotten for it.
    fn add(&mut self, task: TaskId, id: TaskId) -> Option<TaskId> {
        let ids = self.ids.entry(task).or_default();
        ids.push_back(id);
        self.tasks.insert(id, task);
        if ids.len() <= REPLACED_MAX {
            return None;
        }
        let oldest = ids.pop_front()?;
        self.tasks.remove(&oldest);
        Some(oldest)
    }

    /// As if the newest submission of a task had not been noted.
    fn undo(&mut self, task: TaskId, forgotten: Option<TaskId>) {
        let Some(ids) = self.ids.get_mut(&task) else {
            return;
        };
        if let Some(newest) = ids.pop_back() {
            self.tasks.remove(&newest);
        }
        if let Some(oldest) = forgotten {
            ids.push_front(oldest);
            self.tasks.insert(oldest, task);
        }
        if ids.is_empty() {
            self.ids.remove(&task);
        }
    }

    /// The task is gone.
    pub(super) fn forget(&mut self, task: TaskId) {
        for id in self.ids.remove(&task).into_iter().flatten() {
            self.tasks.remove(&id);
        }
    }
}
