//! Limits that tasks have through their queue, kind or tenant.

use alloc::boxed::Box;
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
    /// Attaches exactly these limits to a target, and no others; what is leased counts at once.
    pub fn attach(&mut self, target: Target, limits: &[(LimitId, u32)], now: Timestamp) {
        let limits = heaviest(limits.to_vec()).into_vec();
        let before = self.attached.get(&target);
        if before.map_or(&[][..], Vec::as_slice) == limits {
            return;
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
        let ids: Vec<LaneId> = self.lanes().filter(|id| self.is_of(*id, target)).collect();
        for id in ids {
            self.resettle(id, now);
        }
    }

    fn is_of(&self, id: LaneId, target: Target) -> bool {
        let key = self.spec(id);
        match target {
            Target::Queue(queue) => key.queue == queue,
            Target::Kind(kind) => key.kind == kind,
            Target::Tenant(tenant) => self.tenant_of(key.terms) == Some(tenant),
        }
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
        let targets = [
            Some(Target::Queue(key.queue)),
            Some(Target::Kind(key.kind)),
            tenant.map(Target::Tenant),
        ];
        let attached = targets.into_iter().flatten();
        let attached = attached.flat_map(|target| self.attached(target));
        let limits = self.limits_of(key.terms).iter().chain(attached);
        let limits = heaviest(limits.copied().collect());
        let tenant = tenant.map(|tenant| (tenant.gate(), 1));
        let limits = limits.iter().map(|(limit, weight)| (limit.gate(), *weight));
        tenant.into_iter().chain(limits).collect()
    }
}
