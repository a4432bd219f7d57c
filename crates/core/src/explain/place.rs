//! A task's place in line.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::share::{self, End, Reach};
use crate::bounds::{EXPLAIN_LANES_MAX, POSITION_MAX};
use crate::dispatch::{Closing, Dispatch, GateId, KindId, LaneId, QueueId, TenantId};
use crate::{OrderKey, Timestamp};

/// How many tasks of its queue come before a task: those with a lesser key that nothing closes but what
/// closes the task, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// How many.
    pub ahead: u64,
    /// It was counted, to [`POSITION_MAX`]. Otherwise it is estimated: if there are more, as the part of the
    /// line that it has come to, by what stands at the ends of each class of each lane; in proportion, if the
    /// queue has more than [`EXPLAIN_LANES_MAX`] lanes beside its own.
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

    /// How far `most` tasks reach, from one end of those that stand in a lane with keys in a range; fewer, if
    /// there are no more.
    ///
    /// # Errors
    /// Whatever keeps them from being looked at.
    fn reach(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        end: End,
        most: u64,
    ) -> Result<Reach, Self::Error>;

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
    let found = find(lanes, task)?;
    let mut counter = Counter {
        lanes,
        counted: 0,
        own: 0,
    };
    let turned = counter.count_all(&found.before, task)?;
    let Counter { counted, own, .. } = counter;
    let many = counted > POSITION_MAX;
    let about = if many {
        share::estimate(lanes, task, &found)?
    } else {
        own + in_proportion(counted - own, found.beside, found.looked())
    };
    let whole = found.beside == found.looked() && !many;
    Ok(Position {
        ahead: about.min(task.pending.saturating_sub(1)).max(counted),
        exact: whole && turned == 0 && !task.mixed,
        turns: lanes.dispatch().is_fair(task.queue),
    })
}

/// All keys of a class.
pub(super) fn class_of(class: u8) -> Range<OrderKey> {
    let first = |class| OrderKey {
        class,
        ..OrderKey::FIRST
    };
    first(class)..first(class.saturating_add(1))
}

/// How many there are in `to` of something, if there are `count` in `from` of it.
pub(super) fn in_proportion(count: u64, to: u64, from: u64) -> u64 {
    let product = u128::from(count) * u128::from(to);
    u64::try_from(product / u128::from(from.max(1))).unwrap_or(u64::MAX)
}

/// Counts what stands in lanes, to [`POSITION_MAX`] and one.
struct Counter<'l, L> {
    lanes: &'l mut L,
    counted: u64,
    /// How many of them stand in the lane of the task.
    own: u64,
}

impl<L: Lanes> Counter<'_, L> {
    fn count(&mut self, lane: LaneId, keys: &Range<OrderKey>, most: u64) -> Result<u64, L::Error> {
        let most = most.min((POSITION_MAX + 1).saturating_sub(self.counted));
        let count = match most {
            0 => 0,
            _ if keys.is_empty() => 0,
            _ => self.lanes.count(lane, keys, most)?,
        };
        self.counted += count;
        Ok(count)
    }

    /// Counts all that come before a task. Where tenants take turns these are all of more urgent classes,
    /// those of its tenant before it, and of every other tenant's as many as have their turn meanwhile.
    /// Answers how many are other tenants' of its class.
    fn count_all(&mut self, lanes: &[LaneId], task: &Standing) -> Result<u64, L::Error> {
        let mut turns = Turns::new(self.lanes.dispatch(), task);
        let class = class_of(task.key.class);
        let mut others = Vec::new();
        for lane in lanes {
            if !turns.fair {
                self.count(*lane, &(OrderKey::FIRST..task.key), u64::MAX)?;
            } else {
                self.count(*lane, &(OrderKey::FIRST..class.start), u64::MAX)?;
                if turns.are_shared(self.lanes.dispatch(), *lane) {
                    turns.mine += self.count(*lane, &(class.start..task.key), u64::MAX)?;
                } else {
                    others.push(*lane);
                }
            }
            if *lane == task.lane {
                // It comes first.
                self.own = self.counted;
            }
        }
        let mut turned = 0;
        for lane in others {
            let left = turns.left(self.lanes.dispatch(), lane);
            let count = self.count(lane, &class, *left)?;
            *left -= count;
            turned += count;
        }
        Ok(turned)
    }
}

/// Who has turns before a task.
pub(super) struct Turns {
    /// Tenants take turns; otherwise everybody's tasks stand together.
    fair: bool,
    whose: Option<TenantId>,
    /// How many of its class come before it that stand together with it.
    pub(super) mine: u64,
    /// How many turns other tenants still have before it.
    left: Vec<(Option<TenantId>, u64)>,
}

impl Turns {
    pub(super) fn new(dispatch: &Dispatch, task: &Standing) -> Self {
        Self {
            fair: dispatch.is_fair(task.queue),
            whose: tenant_of(dispatch, task.lane),
            mine: 0,
            left: Vec::new(),
        }
    }

    /// Whether the tasks of a lane stand together with the task.
    pub(super) fn are_shared(&self, dispatch: &Dispatch, lane: LaneId) -> bool {
        !self.fair || tenant_of(dispatch, lane) == self.whose
    }

    /// How many turns the tenant of a lane still has before the task has its own.
    pub(super) fn left(&mut self, dispatch: &Dispatch, lane: LaneId) -> &mut u64 {
        let tenant = tenant_of(dispatch, lane);
        let known = self.left.iter().position(|(whose, _)| *whose == tenant);
        let at = known.unwrap_or_else(|| {
            let all = (self.mine + 1).saturating_mul(weight_of(dispatch, tenant));
            let all = all.div_ceil(weight_of(dispatch, self.whose));
            self.left.push((tenant, all));
            self.left.len() - 1
        });
        &mut self.left[at].1
    }
}

fn tenant_of(dispatch: &Dispatch, lane: LaneId) -> Option<TenantId> {
    dispatch.tenant_of(dispatch.spec(lane).terms)
}

fn weight_of(dispatch: &Dispatch, tenant: Option<TenantId>) -> u64 {
    let weight = tenant.map_or(1, |tenant| dispatch.tenant(tenant).0);
    u64::from(weight.max(1))
}

/// Lanes of a queue: that of a task, and at most [`EXPLAIN_LANES_MAX`] beside it.
pub(super) struct Found {
    /// Those whose tasks may come before it, its own first: nothing closes them but what closes it, too.
    pub(super) before: Vec<LaneId>,
    /// The others.
    pub(super) others: Vec<LaneId>,
    /// How many there are beside its own.
    pub(super) beside: u64,
}

impl Found {
    /// How many were looked at beside its own.
    const fn looked(&self) -> u64 {
        (self.before.len() + self.others.len()) as u64 - 1
    }
}

fn find<L: Lanes>(lanes: &mut L, task: &Standing) -> Result<Found, L::Error> {
    let looked = lanes.dispatch().lanes_of(task.queue);
    let looked = looked.filter(|lane| *lane != task.lane);
    let looked: Vec<LaneId> = looked.take(EXPLAIN_LANES_MAX).collect();
    let bars = bars(lanes.dispatch(), task.lane, task.at);
    let kind = lanes.dispatch().spec(task.lane).kind;
    let (mut before, mut others) = (vec![task.lane], Vec::new());
    for lane in &looked {
        let other = lanes.dispatch().spec(*lane).kind;
        let open = self::bars(lanes.dispatch(), *lane, task.at);
        let may = open.iter().all(|bar| bars.contains(bar))
            && (other == kind || !lanes.is_closed(other)?);
        let found = if may { &mut before } else { &mut others };
        found.push(*lane);
    }
    let beside = if looked.len() < EXPLAIN_LANES_MAX {
        looked.len()
    } else {
        lanes.dispatch().standing(task.queue) - 1
    };
    Ok(Found {
        before,
        others,
        beside: beside as u64,
    })
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

#[cfg(test)]
mod tests;
