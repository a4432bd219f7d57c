//! Limits that tasks have through their queue, kind or tenant.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::lane::LaneKey;
use super::names::heaviest;
use super::{Dispatch, GateId, KindId, LaneId, LimitId, QueueId, TenantId};
use crate::Timestamp;

/// What a limit is attached to: all of its tasks share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// All tasks of a queue.
    Queue(QueueId),
    /// All tasks of a kind.
    Kind(KindId),
    /// All tasks of a tenant.
    Tenant(TenantId),
}

/// The limits of each target, with what its tasks weigh there.
pub(super) type Attached = HashMap<Target, Vec<(LimitId, u32)>>;

impl Dispatch {
    /// Attaches exactly these limits to a target, and no others; what is leased counts at once. Looks at
    /// every lane once: see [`attach_all`](Self::attach_all).
    pub fn attach(&mut self, target: Target, limits: &[(LimitId, u32)], now: Timestamp) {
        self.attach_all([(target, limits.to_vec())], now);
    }

    /// Attaches to each of these targets exactly these limits, and no others; what is leased counts at
    /// once. Looks at every lane once, however many targets there are, or at none if nothing changes.
    pub fn attach_all(
        &mut self,
        all: impl IntoIterator<Item = (Target, Vec<(LimitId, u32)>)>,
        now: Timestamp,
    ) {
        let mut changed = BTreeSet::new();
        for (target, limits) in all {
            if self.set_attached(target, limits) {
                changed.insert(target);
            }
        }
        if changed.is_empty() {
            return;
        }
        let ids: Vec<LaneId> = self.lanes().collect();
        for id in &ids {
            let mut targets = self.targets_of(&self.spec(*id));
            if targets.any(|target| changed.contains(&target)) {
                self.resettle(*id, now);
            }
        }
        self.attach_looks += ids.len();
    }

    /// At how many lanes was looked so far because something was attached.
    #[must_use]
    pub const fn attach_looks(&self) -> usize {
        self.attach_looks
    }

    /// Answers whether they are others than before; the lanes do not know of it yet.
    fn set_attached(&mut self, target: Target, limits: Vec<(LimitId, u32)>) -> bool {
        let limits = heaviest(limits).into_vec();
        if self.attached(target) == limits {
            return false;
        }
        for (limit, _) in &limits {
            self.use_limit(*limit);
        }
        let before = if limits.is_empty() {
            self.attached.remove(&target)
        } else {
            self.attached.insert(target, limits)
        };
        for (limit, _) in before.into_iter().flatten() {
            self.give_up_limit(limit);
        }
        true
    }

    /// What limits may be attached to that then bind a lane.
    fn targets_of(&self, key: &LaneKey) -> impl Iterator<Item = Target> + use<> {
        let tenant = self.tenant_of(key.terms);
        let targets = [
            Some(Target::Queue(key.queue)),
            Some(Target::Kind(key.kind)),
            tenant.map(Target::Tenant),
        ];
        targets.into_iter().flatten()
    }

    /// The limits that are attached to a target, with what its tasks weigh there.
    #[must_use]
    pub fn attached(&self, target: Target) -> &[(LimitId, u32)] {
        self.attached.get(&target).map_or(&[], Vec::as_slice)
    }

    /// Every gate that can close a lane: its tenant, the limits that its tasks name, and those attached to
    /// its queue, kind and tenant.
    pub(super) fn gates_of(&self, key: &LaneKey) -> Box<[(GateId, u32)]> {
        let tenant = self.tenant_of(key.terms);
        let attached = self.targets_of(key);
        let attached = attached.flat_map(|target| self.attached(target));
        let limits = self.limits_of(key.terms).iter().chain(attached);
        let limits = heaviest(limits.copied().collect());
        let tenant = tenant.map(|tenant| (tenant.gate(), 1));
        let limits = limits.iter().map(|(limit, weight)| (limit.gate(), *weight));
        tenant.into_iter().chain(limits).collect()
    }
}
