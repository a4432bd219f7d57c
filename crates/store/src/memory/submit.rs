//! Submitting tasks.

use duly_core::engine::{Entry, Rejected, Slot, Terms};
use duly_core::{EventKind, State, Timestamp, Unique};

use super::body::Body;
use super::event::Detail;
use super::world::{Place, World};
use crate::bounds::{KINDS_MAX, TENANTS_MAX};
use crate::{
    InvalidInput, Name, NewTask, Subject, Submit, SubmitError, SubmitReply, Submitted, validate,
};

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
        self.admits(new, index)?;
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

    /// Whether a new task may come, as far as its queue, its kind and its tenant have a say in it.
    fn admits(&self, new: &NewTask, index: usize) -> Result<(), SubmitError> {
        let tenant = new.tenant.as_ref();
        let drains = |draining: bool, subject: Subject| match draining {
            true => Err(SubmitError::Draining { index, subject }),
            false => Ok(()),
        };
        let queue = self.queues.get(&new.queue);
        let queue = queue.is_some_and(|at| self.queue_list[*at].settings.draining);
        drains(queue, Subject::Queue(new.queue.clone()))?;
        drains(
            self.kinds.settings(&new.kind).draining,
            Subject::Kind(new.kind.clone()),
        )?;
        if let Some(tenant) = tenant {
            let draining = self.tenants.settings(tenant).draining;
            drains(draining, Subject::Tenant(tenant.clone()))?;
        }
        self.has_room(&new.kind, tenant)
            .map_err(|source| SubmitError::InvalidInput { index, source })
    }

    /// Whether there may be records of a kind and a tenant.
    pub(super) fn has_room(&self, kind: &Name, tenant: Option<&Name>) -> Result<(), InvalidInput> {
        if self.kinds.lacks_room(kind, KINDS_MAX) {
            return Err(validate::too_many_kinds(kind));
        }
        match tenant.filter(|tenant| self.tenants.lacks_room(tenant, TENANTS_MAX)) {
            Some(tenant) => Err(validate::too_many_tenants(tenant)),
            None => Ok(()),
        }
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
        let (sequence, queue, kind) = (entry.sequence, entry.queue, entry.kind);
        let tenant = entry.carry.tenant().cloned();
        self.tasks.insert(sequence, Place::Unfinished(slot));
        self.queue_of(queue).made = true;
        self.enters(kind, tenant.as_ref());
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
            source: validate::too_many_lines(named.kind),
        },
    }
}
