//! Taking everything out, and putting it into another store.

use std::collections::HashSet;
use std::sync::Arc;

use duly_core::engine::{Displaced, Entry};
use duly_core::{EventKind, HeldKey, Timestamp};

use super::body::{Body, Finished};
use super::event::{self, Detail};
use super::submit::{Named, refused};
use super::world::{Place, World};
use crate::bounds::{EVENTS_SAVED_MAX, SAVE_BYTES_MAX};
use crate::validate::{self, Returned};
use crate::{
    Event, RequestError, Restore, Restored, Save, SaveCursor, SavedPage, SavedTask, SubmitError,
    TaskRecord,
};

/// A restored task that has its place, but not its events yet.
struct Admitted {
    /// Which of the batch.
    index: usize,
    /// What happened to it as it was restored.
    event: Option<EventKind>,
    /// A key that it took, and that nobody held any more.
    displaced: Option<Displaced>,
    place: Place,
}

/// The key of a saved task, held as it said.
fn restored_key(task: &TaskRecord) -> Option<Arc<HeldKey>> {
    let key = task.unique_key.as_ref()?;
    Some(Arc::new(HeldKey {
        key: key.as_str().into(),
        hold: task.unique_scope.hold(task.submitted_at),
    }))
}

impl World {
    pub(super) fn save(&self, request: &Save, now: Timestamp) -> Result<SavedPage, RequestError> {
        validate::page(request.limit)?;
        let after = request.after.map_or(0, SaveCursor::sequence);
        let mut page = SavedPage {
            tasks: Vec::new(),
            next: None,
            at: now,
        };
        let mut bytes = 0;
        for (sequence, place) in self.tasks.above(after) {
            let Some(saved) = self.saved(place, now) else {
                continue;
            };
            bytes += saved.bytes();
            page.tasks.push(saved);
            if page.tasks.len() == request.limit as usize || bytes >= SAVE_BYTES_MAX {
                page.next = Some(SaveCursor::after(sequence));
                break;
            }
        }
        Ok(page)
    }

    /// A task with its history.
    pub(super) fn saved(&self, place: &Place, now: Timestamp) -> Option<SavedTask> {
        let entry = self.entry_at(place)?;
        let last = entry.carry.last_event;
        let most = EVENTS_SAVED_MAX as usize;
        Some(SavedTask {
            task: self.show(place, now)?,
            events: self.log.newest(&self.subject_of(entry), last, most),
        })
    }

    pub(super) fn restore(
        &mut self,
        request: &Restore,
        now: Timestamp,
    ) -> Result<Restored, SubmitError> {
        let returned = validate::restore(request, now)?;
        self.forget_unmade();
        self.forget_idle();
        let sequence = self.engine.sequence();
        let mut admitted = Vec::new();
        let mut seen = HashSet::new();
        for (index, (saved, returned)) in request.tasks.iter().zip(returned).enumerate() {
            let task = &saved.task;
            if !seen.insert(task.id) || self.entry_of(task.id).is_some() {
                continue;
            }
            match self.readmit(task, returned, index, now) {
                Ok(task) => admitted.push(task),
                Err(error) => {
                    self.undo(admitted);
                    self.engine.set_sequence(sequence);
                    return Err(error);
                }
            }
        }
        let restored = admitted.len();
        for task in admitted {
            let saved = &request.tasks[task.index];
            self.enter(task, saved, now);
        }
        let count = |n| u32::try_from(n).expect("a batch is bounded");
        Ok(Restored {
            restored: count(restored),
            existed: count(request.tasks.len() - restored),
        })
    }

    /// Gives a saved task its place, if there is room for it.
    fn readmit(
        &mut self,
        task: &TaskRecord,
        returned: Returned,
        index: usize,
        now: Timestamp,
    ) -> Result<Admitted, SubmitError> {
        self.has_room(&task.kind, task.tenant.as_ref())
            .and_then(|()| match returned.finished_at {
                None => self.has_room_for_limits(task.limits.iter().map(|one| &one.name)),
                Some(_) => Ok(()),
            })
            .map_err(|source| SubmitError::InvalidInput { index, source })?;
        let queue = self.queue_mut(&task.queue);
        let (queue, bound) = (queue.id, queue.settings.bound);
        let kind = self.kind(&task.kind);
        let tenant = task.tenant.as_ref().map(|name| self.tenant(name));
        let entry = Entry {
            id: task.id,
            sequence: self.engine.next_sequence(),
            vitals: returned.vitals,
            queue,
            kind,
            terms: self.terms(tenant, &task.limits),
            unique: restored_key(task),
            holder: None,
            carry: Body::restored(task, tenant),
        };
        let displaced = self.engine.make_way(&entry, now);
        let place = match returned.finished_at {
            None => {
                let slot = self.engine.submit(entry, now);
                slot.map(Place::Unfinished)
                    .map_err(|(rejected, _)| rejected)
            }
            Some(finished_at) => self.engine.enter_line(queue, kind).map(|()| {
                self.engine.hold_ended(&entry, now);
                Place::Finished(Box::new(Finished {
                    entry,
                    finished_at,
                    worker: task.worker.clone(),
                    result: task.result.clone(),
                }))
            }),
        };
        match place {
            Ok(place) => Ok(Admitted {
                index,
                event: returned.event,
                displaced,
                place,
            }),
            Err(rejected) => {
                if let Some(displaced) = displaced {
                    self.engine.put_back(displaced);
                }
                let named = Named {
                    kind: &task.kind,
                    queue: &task.queue,
                    unique_key: task.unique_key.as_ref(),
                };
                Err(refused(rejected, &named, index, bound))
            }
        }
    }

    /// Takes out again what has its place only.
    fn undo(&mut self, admitted: Vec<Admitted>) {
        for task in admitted.into_iter().rev() {
            match task.place {
                Place::Unfinished(slot) => self.engine.undo(slot),
                Place::Finished(finished) => {
                    let entry = &finished.entry;
                    self.engine.release(entry);
                    self.engine.leave_line(entry.queue, entry.kind);
                }
            }
            if let Some(displaced) = task.displaced {
                self.engine.put_back(displaced);
            }
        }
    }

    /// Writes the events of a task that has its place, and makes it known.
    fn enter(&mut self, admitted: Admitted, saved: &SavedTask, now: Timestamp) {
        let place = admitted.place;
        let entry = match &place {
            Place::Unfinished(slot) => self.engine.entry(*slot),
            Place::Finished(finished) => Some(&finished.entry),
        };
        let entry = entry.expect("what was admitted is there");
        let (id, sequence) = (entry.id, entry.sequence);
        let (queue, kind) = (entry.queue, entry.kind);
        let tenant = entry.carry.tenant;
        let mut last = 0;
        for event in &saved.events {
            last = self.write_again(event, sequence, last);
        }
        self.queue_of(queue).made = true;
        self.kinds.make(kind.0 as usize);
        if let Some(tenant) = tenant {
            self.tenants.make(tenant as usize);
        }
        let detail = Detail::worker(saved.task.worker.clone());
        match place {
            Place::Unfinished(slot) => {
                if let Some(body) = self.engine.carry_mut(slot) {
                    body.last_event = last;
                }
                self.add(id, sequence, slot);
                self.await_alert(slot);
                self.enters(kind, tenant);
                self.watch.mark(sequence);
                if let Some(event) = admitted.event {
                    self.write(slot, event, now, detail);
                }
            }
            Place::Finished(mut finished) => {
                finished.entry.carry.last_event = last;
                self.ids.insert(id, sequence);
                match admitted.event {
                    Some(event) => self.finish(*finished, event, detail),
                    None => self.keep(*finished),
                }
            }
        }
    }

    /// Writes an event that was saved, behind the one at `last`.
    fn write_again(&mut self, event: &Event, task: i64, last: i64) -> i64 {
        let row = event::Entry {
            task,
            kind: event.kind,
            at: event.at,
            attempt: event.attempt,
        };
        let detail = Detail {
            worker: event.worker.clone(),
            due_at: event.due_at,
            priority: event.priority,
            error: event.error.clone(),
        };
        self.log.write(&row, last, detail)
    }
}
