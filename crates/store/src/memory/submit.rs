//! Submitting tasks.

use duly_core::engine::{Entry, Rejected, Slot};
use duly_core::{EventKind, State, Timestamp, Vitals};

use super::body::Body;
use super::event::Detail;
use super::world::{Place, World};
use crate::{InvalidInput, NewTask, Submit, SubmitError, SubmitReply, Submitted, validate};

impl World {
    pub(super) fn submit(
        &mut self,
        request: &Submit,
        now: Timestamp,
    ) -> Result<SubmitReply, SubmitError> {
        validate::submit(request)?;
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
        if let Some(slot) = self.engine.find(id) {
            let state = self
                .engine
                .entry(slot)
                .map(|entry| entry.vitals.state_at(now));
            let state = state.unwrap_or(State::Pending);
            return Ok((
                Submitted {
                    id,
                    state,
                    existed: true,
                },
                None,
            ));
        }
        if let Some(Place::Finished(finished)) = self
            .finished
            .get(&id)
            .and_then(|sequence| self.tasks.get(*sequence))
        {
            let state = finished.entry.vitals.state;
            return Ok((
                Submitted {
                    id,
                    state,
                    existed: true,
                },
                None,
            ));
        }
        let entry = self.entry(new, now);
        let (state, bound) = (
            entry.vitals.state,
            self.queue_mut(&new.queue).settings.bound,
        );
        let slot = self
            .engine
            .submit(entry)
            .map_err(|(rejected, _)| refused(rejected, new, index, bound))?;
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
        let deadline = new.deadline.map(|deadline| deadline.resolve(now));
        let due_at = new.due.resolve(now);
        Entry {
            id: new.id,
            sequence: self.engine.next_sequence(),
            vitals: Vitals::submitted(new.priority, due_at, deadline, new.lost_max, now),
            queue,
            kind,
            unique_key: new.unique_key.as_deref().map(Into::into),
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
        let queue = entry.queue;
        self.tasks.insert(entry.sequence, Place::Unfinished(slot));
        self.queue_of(queue).made = true;
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

fn refused(rejected: Rejected, new: &NewTask, index: usize, bound: u64) -> SubmitError {
    match rejected {
        Rejected::Exists(existing) => SubmitError::TaskExists {
            index,
            existing,
            key: new.unique_key.clone().unwrap_or_default(),
        },
        Rejected::Full => SubmitError::QueueFull {
            index,
            queue: new.queue.clone(),
            bound,
        },
        Rejected::Lines => SubmitError::InvalidInput {
            index,
            source: too_many_kinds(&new.kind),
        },
    }
}

/// A queue would hold lines for more kinds than it may.
pub(super) fn too_many_kinds(kind: &str) -> InvalidInput {
    InvalidInput {
        field: "kind",
        value: format!("{kind:?}, one kind more than its queue can hold"),
        expected: format!(
            "at most {} kinds in one queue",
            duly_core::bounds::LINES_MAX
        ),
    }
}
