//! The numbers under which the engine knows limits, tenants and names of tasks, and what changes them.

use std::collections::{BTreeSet, HashMap, HashSet};

use duly_core::bounds::{LIMIT_WEIGHT_MAX, TASK_LIMITS_MAX};
use duly_core::dispatch::{GateId, LimitId, Target, TenantId};
use duly_core::engine::{KindId, QueueId, Terms};
use duly_core::{Limit, Name, Timestamp};

use super::Shared;
use super::state::State;
use crate::bounds::{LIMITS_MAX, NAMES_MAX, TENANT_WEIGHT_MAX, TENANTS_MAX};
use crate::error::Reason;
use crate::limits::{LimitError, LimitRecord, Subject};
use crate::sync::{Wakes, lock};
use crate::task::Options;

/// The kind of all tasks whose name has no limits of its own.
const COMMON: KindId = KindId(0);

/// Who is known by which number. Most schedulers know nobody.
#[derive(Debug)]
pub(super) struct Book {
    limits: HashMap<Name, LimitId>,
    tenants: HashMap<Name, TenantId>,
    /// The names of limits and tenants, by their number among both.
    gates: Vec<Name>,
    /// Names of tasks that have limits of their own.
    names: HashMap<Name, KindId>,
    /// The common kind, and those of these names.
    kinds: Vec<KindId>,
    /// Numbers that names had which have no limits any more.
    free: Vec<KindId>,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            limits: HashMap::new(),
            tenants: HashMap::new(),
            gates: Vec::new(),
            names: HashMap::new(),
            kinds: vec![COMMON],
            free: Vec::new(),
        }
    }
}

impl Book {
    /// Whether there is anything that could close a task.
    pub(super) const fn has_gates(&self) -> bool {
        !self.gates.is_empty()
    }

    /// All kinds that tasks may be of.
    pub(super) fn kinds(&self) -> &[KindId] {
        &self.kinds
    }

    /// The kind of tasks of a name.
    pub(super) fn kind(&self, name: &str) -> KindId {
        if self.names.is_empty() {
            return COMMON;
        }
        self.names.get(name).copied().unwrap_or(COMMON)
    }

    /// The name of a limit or tenant.
    pub(super) fn name(&self, gate: GateId) -> Name {
        self.gates.get(gate.index()).cloned().unwrap_or_default()
    }

    fn set_name(&mut self, gate: GateId, name: &Name) {
        let at = gate.index();
        if self.gates.len() <= at {
            self.gates.resize(at + 1, Name::default());
        }
        self.gates[at] = name.clone();
    }

    fn subject(&self, subject: &Subject, queue: QueueId) -> Option<Target> {
        match subject {
            Subject::All => Some(Target::Queue(queue)),
            Subject::Name(name) => self.names.get(name).copied().map(Target::Kind),
            Subject::Tenant(name) => self.tenants.get(name).copied().map(Target::Tenant),
        }
    }

    /// Everything that something may be attached to, by name.
    fn subjects(&self, queue: QueueId) -> Vec<(Subject, Target)> {
        let names = self.names.iter();
        let names = names.map(|(name, kind)| (Subject::Name(name.clone()), Target::Kind(*kind)));
        let tenants = self.tenants.iter();
        let tenants =
            tenants.map(|(name, id)| (Subject::Tenant(name.clone()), Target::Tenant(*id)));
        let mut all = vec![(Subject::All, Target::Queue(queue))];
        all.extend(names.chain(tenants));
        all.sort_unstable();
        all
    }
}

impl State {
    /// Whose work a task is, and the limits that it names.
    pub(super) fn terms(&mut self, options: &Options) -> Result<Terms, Reason> {
        if options.limits.is_empty() && options.tenant.is_none() {
            return Ok(Terms::NONE);
        }
        if options.limits.len() > TASK_LIMITS_MAX {
            return Err(Reason::TaskLimits {
                most: TASK_LIMITS_MAX,
            });
        }
        self.forget_idle();
        let names = options.limits.iter().map(|(name, _)| name);
        if self.lacks_room_for(names) {
            return Err(Reason::LimitNames { most: LIMITS_MAX });
        }
        let tenant = options.tenant.as_ref();
        let tenant = tenant.map(|name| self.tenant_id(name)).transpose();
        let tenant = tenant.map_err(|most| Reason::Tenants { most })?;
        let mut limits = Vec::with_capacity(options.limits.len());
        for (name, weight) in &options.limits {
            limits.push((self.limit_id(name), *weight));
        }
        Ok(self.engine.dispatch_mut().terms(tenant, &limits))
    }

    /// Forgets the limits that are not defined, not attached and named by no task, if there are many: as long
    /// as no number of one is in hand.
    fn forget_idle(&mut self) {
        if !self.engine.dispatch().is_crowded() {
            return;
        }
        for limit in self.engine.dispatch_mut().forget_idle() {
            let name = std::mem::take(&mut self.book.gates[limit.gate().index()]);
            self.book.limits.remove(&name);
        }
    }

    /// Whether there may not be these limits.
    fn lacks_room_for<'a>(&self, names: impl Iterator<Item = &'a Name>) -> bool {
        let dispatch = self.engine.dispatch();
        let is_used = |limit: &LimitId| dispatch.is_in_use(*limit);
        let new = names.filter(|name| !self.book.limits.get(*name).is_some_and(is_used));
        dispatch.limits_in_use() + new.count() > LIMITS_MAX
    }

    /// The limit of a name, made if there is none, and if there is room for it.
    fn make_limit(&mut self, name: &Name) -> Result<LimitId, LimitError> {
        self.forget_idle();
        if self.lacks_room_for(std::iter::once(name)) {
            return Err(LimitError::Names { most: LIMITS_MAX });
        }
        Ok(self.limit_id(name))
    }

    fn limit_id(&mut self, name: &Name) -> LimitId {
        if let Some(limit) = self.book.limits.get(name) {
            return *limit;
        }
        let limit = self.engine.dispatch_mut().add_limit();
        self.book.limits.insert(name.clone(), limit);
        self.book.set_name(limit.gate(), name);
        limit
    }

    fn tenant_id(&mut self, name: &Name) -> Result<TenantId, usize> {
        if let Some(tenant) = self.book.tenants.get(name) {
            return Ok(*tenant);
        }
        if self.book.tenants.len() >= TENANTS_MAX {
            return Err(TENANTS_MAX);
        }
        let tenant = self.engine.dispatch_mut().add_tenant();
        self.book.tenants.insert(name.clone(), tenant);
        self.book.set_name(tenant.gate(), name);
        Ok(tenant)
    }

    pub(crate) fn change_tenant(
        &mut self,
        name: &Name,
        change: impl FnOnce(u32, bool) -> (u32, bool),
        now: Timestamp,
    ) -> Result<(), LimitError> {
        let tenant = self.tenant_id(name);
        let tenant = tenant.map_err(|most| LimitError::Subjects { most })?;
        let dispatch = self.engine.dispatch_mut();
        let (weight, paused) = dispatch.tenant(tenant);
        let (weight, paused) = change(weight, paused);
        dispatch.set_tenant(tenant, weight.clamp(1, TENANT_WEIGHT_MAX), paused, now);
        Ok(())
    }

    pub(crate) fn define_limit(
        &mut self,
        name: Name,
        limit: Limit,
        now: Timestamp,
    ) -> Result<(), LimitError> {
        match limit.concurrency {
            Some(0) => return Err(LimitError::Zero),
            None if limit.rate.is_none() => return Err(LimitError::Nothing),
            _ => {}
        }
        let id = self.make_limit(&name)?;
        self.engine.dispatch_mut().set_limit(id, Some(limit), now);
        Ok(())
    }

    pub(crate) fn remove_limit(&mut self, name: &str, now: Timestamp) {
        let Some(id) = self.book.limits.get(name).copied() else {
            return;
        };
        let mut all = self.book.subjects(self.queue);
        all.retain(|(_, target)| self.weight_in(*target, id).is_some());
        self.detach_from(&all, id, now);
        self.engine.dispatch_mut().set_limit(id, None, now);
    }

    pub(crate) fn attach_limit(
        &mut self,
        subject: &Subject,
        name: Name,
        weight: u32,
        now: Timestamp,
    ) -> Result<(), LimitError> {
        let weight = weight.clamp(1, LIMIT_WEIGHT_MAX);
        let id = self.make_limit(&name)?;
        let known = self.book.subject(subject, self.queue);
        let mut uses = known.map_or_else(Vec::new, |target| self.attached(target));
        uses.retain(|(other, _)| *other != id);
        if uses.len() >= TASK_LIMITS_MAX {
            return Err(LimitError::Attached {
                most: TASK_LIMITS_MAX,
            });
        }
        uses.push((id, weight));
        let target = match known {
            Some(target) => target,
            None => self.make_subject(subject, now)?,
        };
        self.engine.dispatch_mut().attach(target, &uses, now);
        Ok(())
    }

    pub(crate) fn detach_limit(&mut self, subject: &Subject, name: &str, now: Timestamp) {
        let target = self.book.subject(subject, self.queue);
        let id = self.book.limits.get(name).copied();
        let (Some(target), Some(id)) = (target, id) else {
            return;
        };
        self.detach_from(&[(subject.clone(), target)], id, now);
    }

    /// Detaches a limit from all of these. However many they are, every lane is looked at once; and so is
    /// every task, if there are names among them that have no limits any more.
    fn detach_from(&mut self, all: &[(Subject, Target)], id: LimitId, now: Timestamp) {
        let mut rest = Vec::with_capacity(all.len());
        let mut bare = HashSet::new();
        for (subject, target) in all {
            let mut uses = self.attached(*target);
            uses.retain(|(other, _)| *other != id);
            if let (Subject::Name(name), true) = (subject, uses.is_empty()) {
                bare.insert(name.clone());
            }
            rest.push((*target, uses));
        }
        self.engine.dispatch_mut().attach_all(rest, now);
        self.unbind(&bare, now);
    }

    fn attached(&self, target: Target) -> Vec<(LimitId, u32)> {
        self.engine.dispatch().attached(target).to_vec()
    }

    fn make_subject(&mut self, subject: &Subject, now: Timestamp) -> Result<Target, LimitError> {
        let subjects = |most| LimitError::Subjects { most };
        match subject {
            Subject::All => Ok(Target::Queue(self.queue)),
            Subject::Tenant(name) => {
                let tenant = self.tenant_id(name).map_err(subjects)?;
                Ok(Target::Tenant(tenant))
            }
            Subject::Name(name) => {
                let kind = self.bind(name, now).map_err(subjects)?;
                Ok(Target::Kind(kind))
            }
        }
    }

    /// Makes the tasks of a name a kind of their own: those that are there, and those that come.
    fn bind(&mut self, name: &Name, now: Timestamp) -> Result<KindId, usize> {
        let Book {
            names, kinds, free, ..
        } = &mut self.book;
        if names.len() >= NAMES_MAX {
            return Err(NAMES_MAX);
        }
        // All numbers up to that of the common kind and the names are in use, or free.
        let kind = free.pop().unwrap_or_else(|| {
            KindId(u32::try_from(kinds.len()).expect("names with limits are bounded"))
        });
        names.insert(name.clone(), kind);
        kinds.push(kind);
        self.move_kinds(|other| (other == &**name).then_some(kind), now);
        Ok(kind)
    }

    /// The tasks of these names have no limits of their own any more.
    fn unbind(&mut self, bare: &HashSet<Name>, now: Timestamp) {
        let Book {
            names, kinds, free, ..
        } = &mut self.book;
        let gone: BTreeSet<KindId> = bare.iter().filter_map(|name| names.remove(name)).collect();
        if gone.is_empty() {
            return;
        }
        kinds.retain(|kind| !gone.contains(kind));
        free.extend(gone);
        self.move_kinds(|name| bare.contains(name).then_some(COMMON), now);
    }

    /// Moves the tasks whose name has another kind now.
    fn move_kinds(&mut self, kind_of: impl Fn(&str) -> Option<KindId>, now: Timestamp) {
        let all = self.engine.iter();
        let moved =
            all.filter_map(|(slot, entry)| Some((slot, kind_of(&entry.carry.head().name)?)));
        let moved: Vec<_> = moved.collect();
        for (slot, kind) in moved {
            let moved = self.engine.set_kind(slot, kind, now);
            debug_assert!(moved.is_ok(), "keys hold the name, and kinds are bounded");
        }
    }

    /// What a limit is attached to, and what each task there weighs.
    fn attached_to(&self, id: LimitId) -> Vec<(Subject, u32)> {
        let subjects = self.book.subjects(self.queue).into_iter();
        let uses = subjects.filter_map(|(subject, target)| {
            let weight = self.weight_in(target, id)?;
            Some((subject, weight))
        });
        uses.collect()
    }

    /// What each task there weighs in a limit that is attached.
    fn weight_in(&self, target: Target, id: LimitId) -> Option<u32> {
        let mut uses = self.engine.dispatch().attached(target).iter();
        let (_, weight) = uses.find(|(limit, _)| *limit == id)?;
        Some(*weight)
    }

    /// A limit as it stands, if it is defined; but not what it is attached to.
    fn limit_record(&self, name: &Name, id: LimitId, now: Timestamp) -> Option<LimitRecord> {
        let dispatch = self.engine.dispatch();
        let limit = dispatch.limit(id)?;
        let state = dispatch.rate_state(id);
        let ready = limit.rate.map(|rate| state.ready_at(&rate, now));
        Some(LimitRecord {
            name: name.clone(),
            limit,
            in_use: dispatch.in_use(id),
            next_permit_at: ready.filter(|at| *at > now),
            attached: Vec::new(),
        })
    }
}

impl Shared {
    pub(crate) fn change_limits<T>(&self, change: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let mut wakes = Wakes::default();
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let changed = change(&mut state, now);
        state.go_on(now, &mut wakes);
        drop(state);
        wakes.wake();
        changed
    }

    pub(crate) fn look_at_limit(&self, name: &str) -> Option<LimitRecord> {
        let now = self.clock.now();
        let state = lock(&self.state);
        let (name, id) = state.book.limits.get_key_value(name)?;
        let mut record = state.limit_record(name, *id, now)?;
        record.attached = state.attached_to(*id);
        Some(record)
    }

    pub(crate) fn look_at_limits(&self) -> Vec<LimitRecord> {
        let now = self.clock.now();
        let state = lock(&self.state);
        let limits = state.book.limits.iter();
        let records = limits.filter_map(|(name, id)| {
            let record = state.limit_record(name, *id, now)?;
            Some((*id, record))
        });
        let mut records: HashMap<LimitId, LimitRecord> = records.collect();
        for (subject, target) in state.book.subjects(state.queue) {
            for (id, weight) in state.engine.dispatch().attached(target) {
                if let Some(record) = records.get_mut(id) {
                    record.attached.push((subject.clone(), *weight));
                }
            }
        }
        drop(state);
        let mut records: Vec<_> = records.into_values().collect();
        records.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        records
    }
}

#[cfg(test)]
#[cfg(feature = "threads")]
mod tests {
    use duly_core::Limit;

    use crate::sync::lock;
    use crate::{Scheduler, Subject, Task};

    #[test]
    fn to_remove_a_limit_looks_at_every_lane_once() {
        let scheduler = Scheduler::builder().workers(1).threads().build();
        let limits = scheduler.limits();
        limits.define("one", Limit::concurrency(1)).unwrap();
        for n in 0..100 {
            let name = format!("{n}");
            let subject = Subject::Name(name.as_str().into());
            limits.attach(subject, "one", 1).unwrap();
            scheduler.try_submit(Task::new(name, async {})).unwrap();
        }
        let looks = || {
            let state = lock(&scheduler.shared().state);
            let dispatch = state.engine.dispatch();
            (dispatch.attach_looks(), dispatch.lane_count())
        };
        let (before, lanes) = looks();
        limits.remove("one");
        assert_eq!(looks().0 - before, lanes);
    }
}
