//! Why nothing of a lane starts.

use alloc::vec::Vec;

use super::gate::{Bar, Closed};
use super::{Dispatch, LaneId, LimitId, QueueId, TenantId};
use crate::Timestamp;

/// A reason for which nothing of a lane starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Its queue is paused.
    QueuePaused(QueueId),
    /// Its tenant is paused.
    TenantPaused(TenantId),
    /// A limit lets nobody of its weight through.
    Limit {
        /// Which limit.
        limit: LimitId,
        /// What a task of the lane weighs there.
        weight: u32,
        /// Why.
        closed: Closed,
    },
}

impl Dispatch {
    /// All reasons for which nothing of a lane may start at `now`, the very ones that a claim goes by.
    #[must_use]
    pub fn closings(&self, lane: LaneId, now: Timestamp) -> Vec<Closing> {
        let lane = &self.lanes[lane.index()];
        let queue = lane.key.queue;
        let paused = self.is_paused(queue).then_some(Closing::QueuePaused(queue));
        let gates = lane.gates.iter().filter_map(|(id, weight)| {
            let gate = &self.gates[id.index()];
            let closed = gate.closed(*weight, now)?;
            Some(match gate.bar {
                Bar::Tenant { .. } => Closing::TenantPaused(TenantId(*id)),
                Bar::Limit(_) => Closing::Limit {
                    limit: LimitId(*id),
                    weight: *weight,
                    closed,
                },
            })
        });
        paused.into_iter().chain(gates).collect()
    }

    /// The limits that bound a lane, with what its tasks weigh there: those that they name, and those that
    /// are attached to their queue, kind and tenant.
    pub fn limits_on(&self, lane: LaneId) -> impl Iterator<Item = (LimitId, u32)> {
        let gates = self.lanes[lane.index()].gates.iter();
        gates.filter_map(|(id, weight)| match self.gates[id.index()].bar {
            Bar::Limit(_) => Some((LimitId(*id), *weight)),
            Bar::Tenant { .. } => None,
        })
    }
}
