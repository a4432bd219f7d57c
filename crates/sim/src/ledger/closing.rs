//! What keeps a task from starting.

use std::collections::BTreeSet;

use duly_core::Timestamp;
use duly_store::Reason;

use super::{Ledger, Task, Usage};

impl Ledger {
    /// All reasons for which a waiting task cannot start, as an explanation must name them (but for near
    /// misses of workers).
    pub(crate) fn closings(&self, usage: &Usage, task: &Task, at: Timestamp) -> BTreeSet<Reason> {
        let new = &task.new;
        let mut all = BTreeSet::new();
        if !task.is_due(at) {
            all.insert(Reason::NotDue { until: task.due_at });
        }
        let (queue, kind) = (new.queue.clone(), new.kind.clone());
        if self.queues.get(&queue).is_some_and(|queue| queue.paused) {
            all.insert(Reason::QueuePaused {
                queue: queue.clone(),
            });
        }
        if self.kinds.get(&kind).is_some_and(|kind| kind.paused) {
            all.insert(Reason::KindPaused { kind: kind.clone() });
        }
        if let Some(tenant) = &new.tenant
            && self.tenants.get(tenant).is_some_and(|tenant| tenant.paused)
        {
            let tenant = tenant.clone();
            all.insert(Reason::TenantPaused { tenant });
        }
        all.extend(self.closed_limits(usage, new, at));
        let serves = |worker: &super::Worker| {
            !worker.lapsed && worker.queues.contains(&queue) && worker.kinds.contains(&kind)
        };
        if !self.workers.values().any(serves) {
            all.insert(Reason::NoWorker {
                queue,
                kind,
                misses: Vec::new(),
            });
        }
        all
    }
}
