//! A task's place in line.

use std::ops::Range;

use duly_core::dispatch::{Closing, Dispatch, GateId, LaneId, TenantId};
use duly_core::{OrderKey, State, Timestamp};

use super::task::Crew;
use super::{Position, QueueView, View};
use crate::bounds::{EXPLAIN_LANES_MAX, POSITION_MAX};

/// Before every key.
pub(super) const FIRST: OrderKey = OrderKey {
    class: 0,
    rank: i64::MIN,
    sequence: i64::MIN,
};
/// Behind every key.
pub(super) const LAST: OrderKey = OrderKey {
    class: u8::MAX,
    rank: i64::MAX,
    sequence: i64::MAX,
};

/// Counts what stands in lanes, to [`POSITION_MAX`] and one.
struct Counter<'v, V> {
    view: &'v mut V,
    counted: u64,
}

impl<V: View> Counter<'_, V> {
    fn count(&mut self, lane: LaneId, keys: &Range<OrderKey>, most: u64) -> Result<u64, V::Error> {
        let most = most.min((POSITION_MAX + 1).saturating_sub(self.counted));
        let count = match most {
            0 => 0,
            _ => self.view.count(lane, keys, most)?,
        };
        self.counted += count;
        Ok(count)
    }
}

/// The place in line of a task with this key in this lane.
pub(super) fn position<V: View>(
    view: &mut V,
    crew: &mut Crew,
    queue: &QueueView,
    (lane, key): (LaneId, OrderKey),
) -> Result<Position, V::Error> {
    let (lanes, all) = before(view, crew, queue, lane)?;
    let turns = view.dispatch().is_fair(queue.id);
    let mut counter = Counter { view, counted: 0 };
    let others = match turns {
        true => count_turns(&mut counter, &lanes, lane, key)?,
        false => {
            for lane in &lanes {
                counter.count(*lane, &(FIRST..key), u64::MAX)?;
            }
            0
        }
    };
    let counted = counter.counted;
    let pending = queue.counts.of(State::Pending).saturating_sub(1);
    let ahead = if counted > POSITION_MAX {
        u64::midpoint(POSITION_MAX, pending.max(POSITION_MAX))
    } else {
        counted * all as u64 / lanes.len().max(1) as u64
    };
    let whole = all == lanes.len() && counted <= POSITION_MAX;
    Ok(Position {
        ahead,
        exact: whole && others == 0 && !queue.mixed,
        turns,
    })
}

/// The lanes whose tasks may come before those of a lane, itself among them: nothing closes them but what
/// closes it, too. At most [`EXPLAIN_LANES_MAX`], and how many there are, in proportion.
fn before<V: View>(
    view: &mut V,
    crew: &mut Crew,
    queue: &QueueView,
    own: LaneId,
) -> Result<(Vec<LaneId>, usize), V::Error> {
    let now = view.now();
    let standing = view.dispatch().standing(queue.id);
    let others = view.dispatch().lanes_of(queue.id);
    let others = others.filter(|lane| *lane != own);
    let others: Vec<LaneId> = others.take(EXPLAIN_LANES_MAX).collect();
    let (looked, bars) = (others.len(), bars(view.dispatch(), own, now));
    let kind = view.dispatch().spec(own).kind;
    let mut lanes = vec![own];
    for lane in others {
        let other = view.dispatch().spec(lane).kind;
        let open = self::bars(view.dispatch(), lane, now);
        if open.iter().all(|bar| bars.contains(bar))
            && (other == kind || crew.of_kind(view, other)?.is_empty())
        {
            lanes.push(lane);
        }
    }
    let all = if looked < EXPLAIN_LANES_MAX {
        lanes.len()
    } else {
        (lanes.len() * standing / EXPLAIN_LANES_MAX).max(lanes.len())
    };
    Ok((lanes, all))
}

/// What closes a lane beside its queue.
fn bars(dispatch: &Dispatch, lane: LaneId, now: Timestamp) -> Vec<GateId> {
    let closings = dispatch.closings(lane, now).into_iter();
    let gates = closings.filter_map(|closing| match closing {
        Closing::QueuePaused(_) => None,
        Closing::TenantPaused(tenant) => Some(tenant.gate()),
        Closing::Limit { limit, .. } => Some(limit.gate()),
    });
    gates.collect()
}

/// Counts as tenants take turns: all of more urgent classes, those of its tenant before it, and of every
/// other tenant's as many as have their turn meanwhile. Answers how many are other tenants' of its class.
fn count_turns<V: View>(
    counter: &mut Counter<'_, V>,
    lanes: &[LaneId],
    own: LaneId,
    key: OrderKey,
) -> Result<u64, V::Error> {
    let class = |class: u8| OrderKey { class, ..FIRST };
    let tenant = |counter: &Counter<'_, V>, lane| {
        let dispatch = counter.view.dispatch();
        dispatch.tenant_of(dispatch.spec(lane).terms)
    };
    let whose = tenant(counter, own);
    let mut mine = 0;
    for lane in lanes {
        counter.count(*lane, &(FIRST..class(key.class)), u64::MAX)?;
        if tenant(counter, *lane) == whose {
            mine += counter.count(*lane, &(class(key.class)..key), u64::MAX)?;
        }
    }
    let weight = |counter: &Counter<'_, V>, tenant: Option<TenantId>| {
        let weight = tenant.map_or(1, |tenant| counter.view.dispatch().tenant(tenant).0);
        u64::from(weight.max(1))
    };
    let per_turn = weight(counter, whose);
    let mut had: Vec<(Option<TenantId>, u64)> = Vec::new();
    for lane in lanes {
        let other = tenant(counter, *lane);
        if other == whose {
            continue;
        }
        let turns = ((mine + 1) * weight(counter, other)).div_ceil(per_turn);
        let before = had.iter().position(|(tenant, _)| *tenant == other);
        let at = before.unwrap_or_else(|| {
            had.push((other, 0));
            had.len() - 1
        });
        let range = class(key.class)..class(key.class.saturating_add(1));
        had[at].1 += counter.count(*lane, &range, turns.saturating_sub(had[at].1))?;
    }
    Ok(had.iter().map(|(_, count)| count).sum())
}
