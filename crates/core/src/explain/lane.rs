//! What closes a lane, by name.

use alloc::vec::Vec;

use super::Reason;
use crate::dispatch::{Closed, Closing, Dispatch, GateId, LaneId};
use crate::{Name, Timestamp};

/// All reasons for which nothing of a lane starts at `now`, in order. `gate` gives the name of a limit or a
/// tenant.
pub fn closings(
    dispatch: &Dispatch,
    lane: LaneId,
    now: Timestamp,
    queue: &Name,
    gate: impl Fn(GateId) -> Name,
) -> Vec<Reason> {
    let closings = dispatch.closings(lane, now).into_iter();
    let mut reasons: Vec<Reason> = closings
        .filter_map(|closing| reason(closing, queue, &gate))
        .collect();
    reasons.sort_unstable();
    reasons
}

/// The limits that bound a lane by name only: nobody has defined them. In order.
pub fn undefined(dispatch: &Dispatch, lane: LaneId, gate: impl Fn(GateId) -> Name) -> Vec<Reason> {
    let limits = dispatch.limits_on(lane).map(|(limit, _)| limit);
    let undefined = limits.filter(|limit| dispatch.limit(*limit).is_none());
    let mut reasons: Vec<Reason> = undefined
        .map(|limit| Reason::LimitUndefined {
            limit: gate(limit.gate()),
        })
        .collect();
    reasons.sort_unstable();
    reasons
}

fn reason(closing: Closing, queue: &Name, gate: &impl Fn(GateId) -> Name) -> Option<Reason> {
    Some(match closing {
        Closing::QueuePaused(_) => Reason::QueuePaused {
            queue: queue.clone(),
        },
        Closing::TenantPaused(tenant) => Reason::TenantPaused {
            tenant: gate(tenant.gate()),
        },
        Closing::Limit {
            limit,
            weight,
            closed,
        } => {
            let limit = gate(limit.gate());
            match closed {
                Closed::Paused => return None,
                Closed::Full { in_use, at_most } => Reason::LimitFull {
                    limit,
                    in_use,
                    at_most,
                    weight,
                },
                Closed::Rate { ready_at } => Reason::RateSpent {
                    limit,
                    until: ready_at,
                    weight,
                },
                Closed::TooHeavy { at_most } => Reason::TooHeavy {
                    limit,
                    weight,
                    at_most,
                },
            }
        }
    })
}
