//! Limits, and the conditions under which tasks may start, by name.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

#[cfg(feature = "archive")]
use duly_core::RateState;
use duly_core::dispatch::{GateId, LimitId, Target, TenantId};
use duly_core::engine::Terms;
use duly_core::{Limit, Timestamp};

use super::world::World;
use crate::bounds::{KINDS_MAX, LIMITS_MAX, TENANTS_MAX};
use crate::{
    AttachmentChange, AttachmentPage, Attachments, InvalidInput, LimitPage, LimitRecord, LimitUse,
    ListAttachments, ListNames, Name, RequestError, Subject, validate,
};

/// The limits that are defined or attached, or that tasks name, and some that were.
#[derive(Debug, Default)]
pub(super) struct Limits {
    ids: HashMap<Name, LimitId>,
    defined: BTreeMap<Name, LimitId>,
    /// Of limits and tenants.
    names: HashMap<GateId, Name>,
    attached: Attachments,
    /// The tenants that dispatch knows, by their place in the roll.
    tenants: Vec<Option<TenantId>>,
    /// Those whose names were forgotten: they are given to others.
    free_tenants: Vec<TenantId>,
}

#[cfg(feature = "archive")]
impl Limits {
    /// What is attached to what.
    pub(super) fn attached(&self) -> impl Iterator<Item = (Subject, Vec<LimitUse>)> {
        let all = self.attached.iter();
        all.map(|(subject, uses)| (subject.clone(), uses.to_vec()))
    }
}

#[cfg(feature = "archive")]
impl World {
    /// The limits that were defined, with what their rates have given out.
    pub(super) fn defined_limits(&self) -> impl Iterator<Item = (Name, Limit, RateState)> {
        let dispatch = self.engine.dispatch();
        self.limits.defined.iter().filter_map(|(name, id)| {
            let limit = dispatch.limit(*id)?;
            Some((name.clone(), limit, dispatch.rate_state(*id)))
        })
    }

    /// Defines a limit whose rate has given out so much.
    pub(super) fn put_limit(
        &mut self,
        name: &Name,
        limit: Limit,
        given: RateState,
        now: Timestamp,
    ) -> Result<(), RequestError> {
        self.configure_limit(name, Some(limit), now)?;
        let id = self.limit_id(name);
        let dispatch = self.engine.dispatch_mut();
        dispatch.set_rate_state(id, given, now);
        Ok(())
    }
}

impl World {
    pub(super) fn configure_limit(
        &mut self,
        name: &Name,
        bounds: Option<Limit>,
        now: Timestamp,
    ) -> Result<(), RequestError> {
        validate::name("limit", name)?;
        bounds.as_ref().map_or(Ok(()), validate::limit)?;
        if bounds.is_none() && !self.is_defined(name) {
            return Ok(());
        }
        self.forget_idle();
        self.has_room_for_limits(std::iter::once(name))?;
        let id = self.limit_id(name);
        self.engine.dispatch_mut().set_limit(id, bounds, now);
        match bounds {
            Some(_) => self.limits.defined.insert(name.clone(), id),
            None => self.limits.defined.remove(name),
        };
        self.watch.note();
        Ok(())
    }

    pub(super) fn attach(
        &mut self,
        subject: &Subject,
        change: &AttachmentChange,
        now: Timestamp,
    ) -> Result<(), RequestError> {
        validate::name(subject.what(), subject.name())?;
        validate::attachment_change(change)?;
        let Some(uses) = change.apply(self.limits.attached.of(subject)) else {
            return Ok(());
        };
        validate::limit_uses(&uses)?;
        self.forget_unmade();
        self.forget_idle();
        self.has_room_for_limits(uses.iter().map(|one| &one.name))?;
        let target = self.target(subject)?;
        let limits: Vec<_> = uses.iter().map(|one| self.limit_use(one)).collect();
        self.engine.dispatch_mut().attach(target, &limits, now);
        self.limits.attached.set(subject.clone(), uses);
        self.watch.note();
        Ok(())
    }

    /// What a subject is to dispatch; its record is made if there is none.
    fn target(&mut self, subject: &Subject) -> Result<Target, InvalidInput> {
        Ok(match subject {
            Subject::Queue(name) => {
                let queue = self.queue_mut(name);
                queue.made = true;
                Target::Queue(queue.id)
            }
            Subject::Kind(name) => {
                if self.kinds.lacks_room(name, KINDS_MAX) {
                    return Err(validate::too_many_kinds(name));
                }
                let place = self.kinds.place(name);
                self.kinds.make(place);
                Target::Kind(self.kind(name))
            }
            Subject::Tenant(name) => {
                if self.tenants.lacks_room(name, TENANTS_MAX) {
                    return Err(validate::too_many_tenants(name));
                }
                let place = self.tenants.place(name);
                self.tenants.make(place);
                Target::Tenant(self.tenant_id(place))
            }
        })
    }

    pub(super) fn attachment_page(
        &self,
        request: &ListAttachments,
    ) -> Result<AttachmentPage, RequestError> {
        validate::page(request.limit)?;
        Ok(self.limits.attached.page(request))
    }

    pub(super) fn limit_page(
        &self,
        request: &ListNames,
        now: Timestamp,
    ) -> Result<LimitPage, RequestError> {
        validate::page(request.limit)?;
        let (only, after) = (request.only.as_ref(), request.after.as_ref());
        let from = match (only, after) {
            (Some(name), _) => Bound::Included(name),
            (None, Some(name)) => Bound::Excluded(name),
            (None, None) => Bound::Unbounded,
        };
        let limit = request.limit as usize;
        let defined = &self.limits.defined;
        let mut limits: Vec<LimitRecord> = defined
            .range::<Name, _>((from, Bound::Unbounded))
            .take_while(|(name, _)| only.is_none_or(|only| *name == only))
            .filter(|(name, _)| after.is_none_or(|after| *name > after))
            .filter_map(|(name, id)| self.limit_record(name, *id, now))
            .take(limit + 1)
            .collect();
        let more = limits.len() > limit;
        limits.truncate(limit);
        let next = limits.last().filter(|_| more).map(|last| last.name.clone());
        Ok(LimitPage { limits, next })
    }

    /// A limit that somebody has defined.
    fn limit_record(&self, name: &Name, id: LimitId, now: Timestamp) -> Option<LimitRecord> {
        let dispatch = self.engine.dispatch();
        let limit = dispatch.limit(id)?;
        let ready = limit
            .rate
            .map(|rate| dispatch.rate_state(id).ready_at(&rate, now));
        let (attached, attached_count) = self.limits.attached.shown(name);
        Some(LimitRecord {
            name: name.clone(),
            limit,
            in_use: dispatch.in_use(id),
            next_permit_at: ready.filter(|at| *at > now),
            attached,
            attached_count,
        })
    }

    fn is_defined(&self, name: &Name) -> bool {
        self.limits.defined.contains_key(name)
    }

    /// Forgets the limits that nobody has defined or attached and that no task names, if there are many:
    /// before an operation, as long as no terms are in hand that no task has.
    #[inline]
    pub(super) fn forget_idle(&mut self) {
        if !self.engine.dispatch().is_crowded() {
            return;
        }
        for limit in self.engine.dispatch_mut().forget_idle() {
            if let Some(name) = self.limits.names.remove(&limit.gate()) {
                self.limits.ids.remove(&name);
            }
        }
    }

    /// Whether there may be these limits.
    pub(super) fn has_room_for_limits<'a>(
        &self,
        names: impl Iterator<Item = &'a Name>,
    ) -> Result<(), InvalidInput> {
        let dispatch = self.engine.dispatch();
        let is_used = |id: &LimitId| dispatch.is_in_use(*id);
        let mut news = names.filter(|name| !self.limits.ids.get(*name).is_some_and(is_used));
        match news.nth(LIMITS_MAX.saturating_sub(dispatch.limits_in_use())) {
            Some(name) => Err(validate::too_many_limits(name)),
            None => Ok(()),
        }
    }

    /// The terms of a task.
    pub(super) fn terms(&mut self, tenant: Option<u32>, uses: &[LimitUse]) -> Terms {
        if tenant.is_none() && uses.is_empty() {
            return Terms::NONE;
        }
        let tenant = tenant.map(|place| self.tenant_id(place as usize));
        let limits: Vec<_> = uses.iter().map(|one| self.limit_use(one)).collect();
        self.engine.dispatch_mut().terms(tenant, &limits)
    }

    /// The limits that tasks of these terms name, by name.
    pub(super) fn limit_uses(&self, terms: Terms) -> Vec<LimitUse> {
        let limits = self.engine.dispatch().limits_of(terms).iter();
        let named = limits.map(|(limit, weight)| {
            LimitUse::heavy(self.limits.names[&limit.gate()].clone(), *weight)
        });
        sorted(named.collect())
    }

    /// The name of a limit or a tenant.
    pub(super) fn gate_name(&self, gate: GateId) -> Name {
        self.limits.names[&gate].clone()
    }

    pub(super) fn tenant_id(&mut self, place: usize) -> TenantId {
        if let Some(Some(id)) = self.limits.tenants.get(place) {
            return *id;
        }
        let tenant = self.tenants.at(place);
        let (name, settings) = (tenant.name.clone(), tenant.settings);
        let free = self.limits.free_tenants.pop();
        let id = free.unwrap_or_else(|| self.engine.dispatch_mut().add_tenant());
        self.limits.names.insert(id.gate(), name);
        let tenants = &mut self.limits.tenants;
        if tenants.len() <= place {
            tenants.resize(place + 1, None);
        }
        tenants[place] = Some(id);
        let dispatch = self.engine.dispatch_mut();
        dispatch.set_tenant(id, settings.weight, settings.paused, Timestamp::MIN);
        id
    }

    /// Forgets the tenants at these places, whom nothing has made: no task is theirs, and no turn was.
    pub(super) fn forget_tenants(&mut self, places: &[usize]) {
        for place in places {
            let id = self.limits.tenants.get_mut(*place).and_then(Option::take);
            if let Some(id) = id {
                self.limits.names.remove(&id.gate());
                self.limits.free_tenants.push(id);
            }
        }
    }

    fn limit_use(&mut self, one: &LimitUse) -> (LimitId, u32) {
        (self.limit_id(&one.name), one.weight)
    }

    fn limit_id(&mut self, name: &Name) -> LimitId {
        if let Some(id) = self.limits.ids.get(name) {
            return *id;
        }
        let id = self.engine.dispatch_mut().add_limit();
        self.limits.ids.insert(name.clone(), id);
        self.limits.names.insert(id.gate(), name.clone());
        id
    }
}

fn sorted(mut uses: Vec<LimitUse>) -> Vec<LimitUse> {
    uses.sort_unstable();
    uses
}

#[cfg(test)]
mod tests {
    use duly_core::TaskId;
    use duly_core::bounds::NAMES_IDLE_MAX;

    use super::*;
    use crate::{Change, NewTask, Payload, QueueChange, Submit};

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);

    fn named(n: u32) -> NewTask {
        let mut id = [1; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        let mut task = NewTask::new(TaskId::from_bytes(id), "work", Payload::default());
        task.limits = vec![LimitUse::one(format!("user:{n}"))];
        task
    }

    fn submit(world: &mut World, tasks: Vec<NewTask>) -> bool {
        world.submit(&Submit { tasks }, NOW).is_ok()
    }

    #[test]
    fn names_that_nobody_uses_are_forgotten() {
        let mut world = World::new();
        let bound = QueueChange {
            bound: Some(0),
            ..QueueChange::default()
        };
        world.configure(&"full".into(), bound).unwrap();
        assert!(submit(&mut world, vec![named(0)]), "it stays");
        for n in 1..=25_000 {
            let (task, again) = (named(n), named(n));
            let refused = NewTask {
                queue: "full".into(),
                ..named(100_000 + n)
            };
            assert!(!submit(&mut world, vec![refused]));
            assert!(submit(&mut world, vec![task]));
            if n % 2 == 0 || n > 100 {
                world.cancel(again.id, NOW).unwrap();
                world.change(again.id, Change::Discard, NOW).unwrap();
            }
        }
        let known = world.limits.ids.len();
        assert!(known <= 3 * NAMES_IDLE_MAX, "{known} of 50,000");
        assert_eq!(world.limits.names.len(), known);
        assert_eq!(world.engine.dispatch().limits_in_use(), 51);
        for n in [0, 1, 99] {
            let task = world.task(named(n).id, NOW).unwrap();
            assert_eq!(task.limits, named(n).limits);
        }
    }

    #[test]
    fn what_only_refused_batches_named_is_forgotten() {
        let mut world = World::new();
        let bound = QueueChange {
            bound: Some(0),
            ..QueueChange::default()
        };
        world.configure(&"full".into(), bound).unwrap();
        let of = |n: u32, name: String| NewTask {
            kind: name.as_str().into(),
            queue: name.as_str().into(),
            tenant: Some(name.into()),
            ..named(n)
        };
        for n in 0..5_000 {
            let refused = NewTask {
                queue: "full".into(),
                ..named(100_000)
            };
            let batch = vec![of(1, format!("{n}")), of(2, format!("{n}+")), refused];
            assert!(!submit(&mut world, batch));
        }
        let kept = (
            world.kinds.len(),
            world.tenants.len(),
            world.queue_list.len(),
        );
        assert_eq!(kept, (3, 2, 3), "those of the last batch, at most");
        assert!(world.engine.dispatch().terms_count() <= 3 * NAMES_IDLE_MAX);
        let (one, other) = (of(3, "one".into()), of(4, "other".into()));
        assert!(submit(&mut world, vec![one.clone(), other.clone()]));
        for new in [one, other] {
            let task = world.task(new.id, NOW).unwrap();
            assert_eq!(
                (task.kind, task.queue, task.tenant),
                (new.kind, new.queue, new.tenant)
            );
        }
        let kept = (world.kinds.len(), world.tenants.len());
        assert_eq!(kept, (3, 2), "their places were used again");
        let mut known: Vec<_> = world.limits.names.values().collect();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), world.limits.names.len(), "each name once");
    }

    #[test]
    fn what_finished_tasks_named_is_known_while_they_are_kept() {
        let mut world = World::new();
        for n in 0..10_000 {
            assert!(submit(&mut world, vec![named(n)]));
            world.cancel(named(n).id, NOW).unwrap();
        }
        assert_eq!(world.engine.dispatch().limits_in_use(), 0);
        for n in 0..10_000 {
            let task = world.task(named(n).id, NOW).unwrap();
            assert_eq!(task.limits, named(n).limits);
            world.change(task.id, Change::Discard, NOW).unwrap();
        }
        assert_eq!(world.limits.ids.len(), 10_000);
        let forgotten = world.engine.dispatch_mut().forget_idle();
        assert_eq!(forgotten.len(), 10_000);
    }
}
