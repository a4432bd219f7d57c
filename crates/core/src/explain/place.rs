//! A task's place in line.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use crate::bounds::{EXPLAIN_LANES_MAX, POSITION_MAX};
use crate::dispatch::{Closing, Dispatch, GateId, KindId, LaneId, QueueId, TenantId};
use crate::{OrderKey, Timestamp};

/// How many tasks of its queue come before a task: those with a lesser key that nothing closes but what
/// closes the task, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// How many.
    pub ahead: u64,
    /// It was counted, to [`POSITION_MAX`]. Otherwise it is estimated: halfway between that and all that
    /// stand in line, if there are more; in proportion, if the queue has more than [`EXPLAIN_LANES_MAX`]
    /// lanes.
    pub exact: bool,
    /// The tenants of its queue take turns, and of another tenant's tasks of the same class as many were
    /// counted as have their turn before it, by weight.
    pub turns: bool,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.exact { "" } else { "about " };
        match self.ahead {
            0 if self.exact => f.write_str("it is next in its queue")?,
            1 => write!(f, "behind {about}1 task of its queue")?,
            ahead => write!(f, "behind {about}{ahead} tasks of its queue")?,
        }
        match self.turns {
            true => f.write_str(", where tenants take turns"),
            false => Ok(()),
        }
    }
}

/// What stands in lanes, shown to be counted.
pub trait Lanes {
    /// What can go wrong.
    type Error;

    /// What claims go by.
    fn dispatch(&self) -> &Dispatch;

    /// How many tasks stand in a lane with keys in a range, counted to `most`.
    ///
    /// # Errors
    /// Whatever keeps them from being counted.
    fn count(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        most: u64,
    ) -> Result<u64, Self::Error>;

    /// Whether something beside gates and the queue closes a kind: nobody takes tasks of it.
    ///
    /// # Errors
    /// Whatever keeps it from being known.
    fn is_closed(&mut self, kind: KindId) -> Result<bool, Self::Error>;
}

/// Whose place is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Its queue.
    pub queue: QueueId,
    /// How many stand in line there, itself among them.
    pub pending: u64,
    /// The order of the queue was changed, and not all tasks stand where it has them.
    pub mixed: bool,
    /// Its lane.
    pub lane: LaneId,
    /// Its key.
    pub key: OrderKey,
    /// The instant.
    pub at: Timestamp,
}

/// The place in line of a task.
///
/// # Errors
/// What kept its lanes from being counted.
pub fn position<L: Lanes>(lanes: &mut L, task: &Standing) -> Result<Position, L::Error> {
    let (before, all) = before(lanes, task)?;
    let turns = lanes.dispatch().is_fair(task.queue);
    let mut counter = Counter { lanes, counted: 0 };
    let others = match turns {
        true => count_turns(&mut counter, &before, task)?,
        false => {
            for lane in &before {
                counter.count(*lane, &(OrderKey::FIRST..task.key), u64::MAX)?;
            }
            0
        }
    };
    let counted = counter.counted;
    let pending = task.pending.saturating_sub(1);
    let ahead = if counted > POSITION_MAX {
        u64::midpoint(POSITION_MAX, pending.max(POSITION_MAX))
    } else {
        counted * all as u64 / before.len().max(1) as u64
    };
    let whole = all == before.len() && counted <= POSITION_MAX;
    Ok(Position {
        ahead,
        exact: whole && others == 0 && !task.mixed,
        turns,
    })
}

/// Counts what stands in lanes, to [`POSITION_MAX`] and one.
struct Counter<'l, L> {
    lanes: &'l mut L,
    counted: u64,
}

impl<L: Lanes> Counter<'_, L> {
    fn count(&mut self, lane: LaneId, keys: &Range<OrderKey>, most: u64) -> Result<u64, L::Error> {
        let most = most.min((POSITION_MAX + 1).saturating_sub(self.counted));
        let count = match most {
            0 => 0,
            _ => self.lanes.count(lane, keys, most)?,
        };
        self.counted += count;
        Ok(count)
    }

    fn tenant(&self, lane: LaneId) -> Option<TenantId> {
        let dispatch = self.lanes.dispatch();
        dispatch.tenant_of(dispatch.spec(lane).terms)
    }

    fn weight(&self, tenant: Option<TenantId>) -> u64 {
        let weight = tenant.map_or(1, |tenant| self.lanes.dispatch().tenant(tenant).0);
        u64::from(weight.max(1))
    }
}

/// The lanes whose tasks may come before those of a lane, itself among them: nothing closes them but what
/// closes it, too. At most [`EXPLAIN_LANES_MAX`], and how many there are, in proportion.
fn before<L: Lanes>(lanes: &mut L, task: &Standing) -> Result<(Vec<LaneId>, usize), L::Error> {
    let standing = lanes.dispatch().standing(task.queue);
    let others = lanes.dispatch().lanes_of(task.queue);
    let others = others.filter(|lane| *lane != task.lane);
    let others: Vec<LaneId> = others.take(EXPLAIN_LANES_MAX).collect();
    let (looked, bars) = (others.len(), bars(lanes.dispatch(), task.lane, task.at));
    let kind = lanes.dispatch().spec(task.lane).kind;
    let mut found = vec![task.lane];
    for lane in others {
        let other = lanes.dispatch().spec(lane).kind;
        let open = self::bars(lanes.dispatch(), lane, task.at);
        if open.iter().all(|bar| bars.contains(bar))
            && (other == kind || !lanes.is_closed(other)?)
        {
            found.push(lane);
        }
    }
    let all = if looked < EXPLAIN_LANES_MAX {
        found.len()
    } else {
        (found.len() * standing / EXPLAIN_LANES_MAX).max(found.len())
    };
    Ok((found, all))
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
fn count_turns<L: Lanes>(
    counter: &mut Counter<'_, L>,
    lanes: &[LaneId],
    task: &Standing,
) -> Result<u64, L::Error> {
    let key = task.key;
    let class = |class: u8| OrderKey {
        class,
        ..OrderKey::FIRST
    };
    let whose = counter.tenant(task.lane);
    let mut mine = 0;
    for lane in lanes {
        counter.count(*lane, &(OrderKey::FIRST..class(key.class)), u64::MAX)?;
        if counter.tenant(*lane) == whose {
            mine += counter.count(*lane, &(class(key.class)..key), u64::MAX)?;
        }
    }
    let per_turn = counter.weight(whose);
    let mut had: Vec<(Option<TenantId>, u64)> = Vec::new();
    for lane in lanes {
        let other = counter.tenant(*lane);
        if other == whose {
            continue;
        }
        let turns = ((mine + 1) * counter.weight(other)).div_ceil(per_turn);
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
