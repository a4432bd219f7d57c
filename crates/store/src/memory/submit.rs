//! Submitting tasks.

use duly_core::engine::{Entry, Rejected, Slot, Terms};
use duly_core::{EventKind, State, Timestamp, Unique};

use super::body::Body;
use super::event::Detail;
use super::world::{Place, World};
use crate::{InvalidInput, Name, NewTask, Submit, SubmitError, SubmitReply, Submitted, validate};

impl World {
    pub(super) fn submit(
        &mut self,
        request: &Submit,
        now: Timestamp,
    ) -> Result<SubmitReply, SubmitError> {
        validate::submit(request, now)?;
        let sequence = self.engine.sequence();
        let mut admitted = Vec::with_capacity(request.tasks.len());
        let mut tasks = Vec::with_capacity(request.tasks.len());
        for (index, new) in request.tasks.iter().enumerate() {
            match self.admit(new, index, now) {
                Ok((submitted, slot)) => {
                    tasks.push(submitted);
                    admitted.extend(slot);
                }
                Err(error) => {
                    for slot in admitted {
                        self.engine.undo(slot);
                    }
                    self.engine.set_sequence(sequence);
                    return Err(error);
                }
            }
        }
        for slot in admitted {
            self.note_submitted(slot, now);
        }
        Ok(SubmitReply { tasks, at: now })
    }

    fn admit(
        &mut self,
        new: &NewTask,
        index: usize,
        now: Timestamp,
    ) -> Result<(Submitted, Option<Slot>), SubmitError> {
        let id = new.id;
        if let Some(entry) = self.entry_of(id) {
            let existing = Submitted {
                id,
                state: entry.vitals.state_at(now),
                existed: true,
            };
            return Ok((existing, None));
        }
        let entry = self.entry(new, now);
        let (state, bound) = (
            entry.vitals.state,
            self.queue_mut(&new.queue).settings.bound,
        );
        let slot = self.engine.submit(entry, now).map_err(|(rejected, _)| {
            let named = Named {
                kind: &new.kind,
                queue: &new.queue,
                unique_key: new.unique_key.as_ref(),
            };
            refused(rejected, &named, index, bound)
        })?;
        Ok((
            Submitted {
                id,
                state,
                existed: false,
            },
            Some(slot),
        ))
    }

    fn entry(&mut self, new: &NewTask, now: Timestamp) -> Entry<Body> {
        let queue = self.queue_mut(&new.queue).id;
        let kind = self.kind(&new.kind);
        Entry {
            id: new.id,
            sequence: self.engine.next_sequence(),
            vitals: new.vitals(now),
            queue,
            kind,
            terms: Terms::NONE,
            unique: new
                .unique_key
                .as_deref()
                .map(|key| Unique::unfinished(key).into()),
            holder: None,
            carry: Body::new(new, now),
        }
    }

    fn note_submitted(&mut self, slot: Slot, now: Timestamp) {
        let Some(entry) = self.engine.entry(slot) else {
            return;
        };
        let scheduled = entry.vitals.state == State::Scheduled;
        let due_at = scheduled.then_some(entry.vitals.due_at);
        let (sequence, queue) = (entry.sequence, entry.queue);
        self.tasks.insert(sequence, Place::Unfinished(slot));
        self.queue_of(queue).made = true;
        self.await_alert(slot);
        self.write(
            slot,
            EventKind::Submitted,
            now,
            Detail {
                due_at,
                ..Detail::default()
            },
        );
    }
}

/// What a task that was refused has named.
pub(super) struct Named<'a> {
    pub(super) kind: &'a Name,
    pub(super) queue: &'a Name,
    pub(super) unique_key: Option<&'a Name>,
}

/// Why there is no place for a task.
pub(super) fn refused(
    rejected: Rejected,
    named: &Named<'_>,
    index: usize,
    bound: u64,
) -> SubmitError {
    match rejected {
        Rejected::Exists(existing) => SubmitError::TaskExists {
            index,
            existing,
            key: named.unique_key.cloned().unwrap_or_default(),
        },
        Rejected::Full => SubmitError::QueueFull {
            index,
            queue: named.queue.clone(),
            bound,
        },
        Rejected::Lines => SubmitError::InvalidInput {
            index,
            source: too_many_kinds(named.kind),
        },
    }
}

/// A queue would hold lines for more kinds than it may.
fn too_many_kinds(kind: &str) -> InvalidInput {
    InvalidInput {
        field: "kind",
        value: format!("{kind:?}, one kind more than its queue can hold"),
        expected: format!(
            "at most {} kinds in one queue",
            duly_core::bounds::LINES_MAX
        ),
    }
}
