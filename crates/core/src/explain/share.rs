//! A place in a line that is too long to be counted.
//!
//! A few tasks at both ends of a class of a lane tell how many stand there, and where among them one stands:
//! by numbers that rise along the line. Where order is strict these are sequences, which rise by one for each
//! task, however fast they came in; in other orders, ranks. A single task may come by an old sequence to a
//! late place, so an end is told by the greatest of several.

use alloc::vec::Vec;
use core::ops::Range;

use super::place::{Found, Lanes, Standing, Turns, class_of, in_proportion};
use crate::dispatch::LaneId;
use crate::{OrderKey, OrderPolicy, Priority};

/// How many lanes are looked at, about.
const LANES: usize = 16;
/// How many tasks are looked at in all, about.
const LOOKED: usize = 2_000;
/// How many tasks tell where a class of a lane begins, and where it ends.
const EDGE: u64 = 16;

/// An end of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Where its least keys are.
    Front,
    /// Where its greatest keys are.
    Back,
}

/// Some tasks at an end of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// How many.
    pub count: u64,
    /// The greatest rank among their keys.
    pub rank: i64,
    /// The greatest sequence among their keys.
    pub sequence: i64,
}

impl Reach {
    /// Of no tasks.
    pub const NONE: Self = Self {
        count: 0,
        rank: i64::MIN,
        sequence: i64::MIN,
    };

    /// Of one task more.
    #[must_use]
    pub fn and(self, rank: i64, sequence: i64) -> Self {
        Self {
            count: self.count + 1,
            rank: self.rank.max(rank),
            sequence: self.sequence.max(sequence),
        }
    }

    const fn number(&self, ranked: bool) -> i64 {
        match ranked {
            true => self.rank,
            false => self.sequence,
        }
    }
}

/// One class of a lane.
struct Stretch {
    /// How many stand in it.
    count: u64,
    /// Unless it is short, and was counted: the numbers between which it lies.
    ends: Option<(i64, i64)>,
    /// They are ranks.
    ranked: bool,
}

struct Survey<'s, L> {
    lanes: &'s mut L,
    key: OrderKey,
    /// How far the line has come where the task stands.
    at: Reach,
    ranked: bool,
    /// How many tasks of a class of a lane are looked at.
    most: u64,
}

impl<L: Lanes> Survey<'_, L> {
    fn stretch(&mut self, lane: LaneId, keys: &Range<OrderKey>) -> Result<Stretch, L::Error> {
        let some = self.lanes.reach(lane, keys, End::Front, self.most)?;
        if some.count < self.most {
            return Ok(Stretch {
                count: some.count,
                ends: None,
                ranked: false,
            });
        }
        let front = self.lanes.reach(lane, keys, End::Front, EDGE)?;
        let back = self.lanes.reach(lane, keys, End::Back, EDGE)?;
        // As many as were due at the same instant have one rank.
        let ranked = self.ranked && front.rank < some.rank;
        let [from, middle, to] = [&front, &some, &back].map(|reach| reach.number(ranked));
        let to = to.max(middle);
        let beyond = in_proportion(
            some.count - EDGE,
            middle.abs_diff(to),
            from.abs_diff(middle),
        );
        Ok(Stretch {
            count: some.count + beyond,
            ends: Some((from, to)),
            ranked,
        })
    }

    /// How many of the task's class in a lane come before it.
    fn before(&mut self, lane: LaneId, stretch: &Stretch) -> Result<u64, L::Error> {
        let Some((from, to)) = stretch.ends else {
            let keys = class_of(self.key.class).start..self.key;
            return self.lanes.count(lane, &keys, self.most);
        };
        let at = self.at.number(stretch.ranked).clamp(from, to);
        let between = stretch.count - EDGE;
        Ok(EDGE - 1 + in_proportion(between, from.abs_diff(at), from.abs_diff(to)))
    }
}

/// How many of those that stand in line come before a task: as great a part of them as of those in the lanes
/// that are looked at.
pub(super) fn estimate<L: Lanes>(
    lanes: &mut L,
    task: &Standing,
    found: &Found,
) -> Result<u64, L::Error> {
    let Found { before, others, .. } = found;
    let dispatch = lanes.dispatch();
    let ranked = dispatch.policy(task.queue) != OrderPolicy::Strict;
    let mut turns = Turns::new(dispatch, task);
    let step = (before.len() + others.len()).div_ceil(LANES);
    let (before, others) = (before.iter().step_by(step), others.iter().step_by(step));
    let looked = before.len() + others.len();
    // Each lane beside its own stands for several.
    let times = |lane, count| match lane == task.lane {
        true => count,
        false => in_proportion(count, found.beside, looked as u64 - 1),
    };
    let key = task.key;
    // Of many of one rank a store would look at all behind it, and none of those before it tell more than it does.
    let lesser = OrderKey {
        rank: key.rank.saturating_sub(1),
        sequence: i64::MAX,
        ..key
    };
    let own = class_of(key.class).start..lesser;
    let at = lanes.reach(task.lane, &own, End::Back, EDGE)?;
    let mut survey = Survey {
        lanes,
        key,
        at: at.and(key.rank, key.sequence),
        ranked,
        most: (LOOKED / (looked * Priority::COUNT)).max(EDGE as usize + 1) as u64,
    };
    let (mut ahead, mut all) = (0, 0);
    let mut taking_turns = Vec::new();
    for class in 0..Priority::COUNT as u8 {
        let keys = class_of(class);
        for lane in others.clone() {
            all += times(*lane, survey.stretch(*lane, &keys)?.count);
        }
        for lane in before.clone() {
            let stretch = survey.stretch(*lane, &keys)?;
            all += times(*lane, stretch.count);
            if class < key.class {
                ahead += times(*lane, stretch.count);
            } else if class == key.class && turns.are_shared(survey.lanes.dispatch(), *lane) {
                turns.mine += times(*lane, survey.before(*lane, &stretch)?);
            } else if class == key.class {
                taking_turns.push((*lane, stretch.count));
            }
        }
    }
    for (lane, count) in taking_turns {
        let left = turns.left(lanes.dispatch(), lane);
        let count = count.min(*left);
        *left -= count;
        ahead += times(lane, count);
    }
    Ok(in_proportion(task.pending, ahead + turns.mine, all))
}
