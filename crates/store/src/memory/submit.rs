//! Submitting tasks.

use std::collections::BTreeSet;
use std::sync::Arc;

use duly_core::engine::{Displaced, Entry, KindId, Rejected, Slot};
use duly_core::{EventKind, HeldKey, State, Timestamp};

use super::body::Body;
use super::event::Detail;
use super::unique::{Before, held_key};
use super::world::World;
use crate::bounds::{KINDS_MAX, TENANTS_MAX};
use crate::{
    Admission, InvalidInput, Name, NewTask, Subject, Submit, SubmitError, SubmitReply, Submitted,
    validate,
};

/// What a batch has done so far. Events are written once nothing can be refused any more.
#[derive(Debug)]
enum Step {
    /// A key that nobody holds any more was taken away.
    Displaced(Displaced),
    /// A task was taken in; it is due later.
    Admitted {
        slot: Slot,
        due_at: Option<Timestamp>,
    },
    /// A submission has replaced what a task was to do.
    Replaced(Box<Before>),
}

/// What a submit did, and to which queues.
pub(super) struct Taken {
    pub(super) reply: SubmitReply,
    pub(super) queues: BTreeSet<Name>,
}

impl World {
    pub(super) fn submit(
        &mut self,
        request: &Submit,
        now: Timestamp,
    ) -> Result<Taken, SubmitError> {
        validate::submit(request, now)?;
        self.forget_unmade();
        self.forget_idle();
        let sequence = self.engine.sequence();
        let mut steps = Vec::with_capacity(request.tasks.len());
        let mut tasks = Vec::with_capacity(request.tasks.len());
        for (index, new) in request.tasks.iter().enumerate() {
            match self.admit(new, index, now, &mut steps) {
                Ok(submitted) => tasks.push(submitted),
                Err(error) => {
                    steps
                        .into_iter()
                        .rev()
                        .for_each(|step| self.undo_step(step));
                    self.engine.set_sequence(sequence);
                    return Err(error);
                }
            }
        }
        let mut queues = BTreeSet::new();
        for step in steps {
            self.note(step, now, &mut queues);
        }
        let reply = SubmitReply { tasks, at: now };
        Ok(Taken { reply, queues })
    }

    fn admit(
        &mut self,
        new: &NewTask,
        index: usize,
        now: Timestamp,
        steps: &mut Vec<Step>,
    ) -> Result<Submitted, SubmitError> {
        if let Some(existing) = self.existing(new, now) {
            return Ok(existing);
        }
        let tenant = new.tenant.as_ref();
        let tenant = tenant.and_then(|name| self.known_tenant(name));
        self.admits(new, tenant, index)?;
        let kind = self.kind(&new.kind);
        let key = new.unique.as_ref().map(|unique| held_key(unique, now));
        if let Some((unique, key)) = new.unique.as_ref().zip(key.as_ref())
            && let Some(holder) = self.engine.unique_holder(kind, key, now)
        {
            let met = self.meet(new, unique, &holder, now);
            let (submitted, before) = met.ok_or_else(|| SubmitError::TaskExists {
                index,
                existing: holder.id,
                key: unique.key.clone(),
            })?;
            steps.extend(before.map(Box::new).map(Step::Replaced));
            return Ok(submitted);
        }
        let entry = self.entry(new, kind, tenant, key, now);
        let displaced = self.engine.make_way(&entry, now);
        steps.extend(displaced.map(Step::Displaced));
        let (vitals, sequence) = (entry.vitals, entry.sequence);
        let bound = self.queue_mut(&new.queue).settings.bound;
        let slot = self.engine.submit(entry, now).map_err(|(rejected, _)| {
            let named = Named {
                kind: &new.kind,
                queue: &new.queue,
                unique_key: new.unique.as_ref().map(|unique| &unique.key),
            };
            refused(rejected, &named, index, bound)
        })?;
        self.add(new.id, sequence, slot);
        let scheduled = vitals.state == State::Scheduled;
        let due_at = scheduled.then_some(vitals.due_at);
        steps.push(Step::Admitted { slot, due_at });
        Ok(Submitted {
            id: new.id,
            state: vitals.state,
            admission: Admission::New,
        })
    }

    /// The answer for a submission that was taken before.
    fn existing(&self, new: &NewTask, now: Timestamp) -> Option<Submitted> {
        let entry = self.entry_of(new.id).or_else(|| {
            new.unique.as_ref()?;
            self.entry_of(self.replaced.task(new.id)?)
        })?;
        Some(Submitted {
            id: entry.id,
            state: entry.vitals.state_at(now),
            admission: Admission::Existed,
        })
    }

    /// Whether a new task may come, as far as its queue, its kind and its tenant have a say in it.
    fn admits(&self, new: &NewTask, tenant: Option<u32>, index: usize) -> Result<(), SubmitError> {
        let queue = self.queues.get(&new.queue);
        let draining = if queue.is_some_and(|at| self.queue_list[*at].settings.draining) {
            Some(Subject::Queue(new.queue.clone()))
        } else if self.kinds.settings(&new.kind).draining {
            Some(Subject::Kind(new.kind.clone()))
        } else {
            let tenant = tenant.map(|place| self.tenants.at(place as usize));
            let draining = tenant.filter(|tenant| tenant.settings.draining);
            draining.map(|tenant| Subject::Tenant(tenant.name.clone()))
        };
        if let Some(subject) = draining {
            return Err(SubmitError::Draining { index, subject });
        }
        let limits = new.limits.iter().map(|one| &one.name);
        self.has_room(&new.kind, new.tenant.as_ref())
            .and_then(|()| self.has_room_for_limits(limits))
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

    fn entry(
        &mut self,
        new: &NewTask,
        kind: KindId,
        tenant: Option<u32>,
        unique: Option<Arc<HeldKey>>,
        now: Timestamp,
    ) -> Entry<Body> {
        let queue = self.queue_mut(&new.queue).id;
        let tenant = tenant.or_else(|| Some(self.tenant(new.tenant.as_ref()?)));
        let terms = self.terms(tenant, &new.limits);
        Entry {
            id: new.id,
            sequence: self.engine.next_sequence(),
            vitals: new.vitals(now),
            queue,
            kind,
            terms,
            unique,
            holder: None,
            carry: Body::new(new, tenant, now),
        }
    }

    fn undo_step(&mut self, step: Step) {
        match step {
            Step::Displaced(displaced) => self.engine.put_back(displaced),
            Step::Admitted { slot, .. } => self.undo_add(slot),
            Step::Replaced(before) => self.undo_replace(*before),
        }
    }

    fn note(&mut self, step: Step, now: Timestamp, queues: &mut BTreeSet<Name>) {
        let (slot, event, detail) = match step {
            Step::Displaced(_) => return,
            Step::Admitted { slot, due_at } => {
                let detail = Detail {
                    due_at,
                    ..Detail::default()
                };
                (slot, EventKind::Submitted, detail)
            }
            Step::Replaced(before) => (before.slot, EventKind::Replaced, before.detail),
        };
        let Some(entry) = self.engine.entry(slot) else {
            return;
        };
        let (queue, kind) = (entry.queue, entry.kind);
        if event == EventKind::Submitted {
            let tenant = entry.carry.tenant;
            self.queue_of(queue).made = true;
            self.enters(kind, tenant);
            self.await_alert(slot);
        }
        let name = self.queue_name(queue);
        if !queues.contains(name) {
            queues.insert(name.clone());
        }
        self.write(slot, event, now, detail);
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
