//! The orders in which unfinished tasks are found: by lane, by due time, by deadline, by holder.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::Range;

use super::lane::Lane;
use super::{Entry, Ids, Slot};
use crate::dispatch::{Dispatch, LaneId, LaneSpec};
use crate::explain::{End, Reach};
use crate::{Incarnation, OrderKey, OrderPolicy, State, TaskId, Timestamp, Vitals};

#[derive(Debug)]
pub(super) struct Index {
    /// By the number that dispatch gave them.
    lanes: Vec<Lane>,
    pub(super) due: BTreeSet<(Timestamp, i64, Slot)>,
    pub(super) deadlines: BTreeSet<(Timestamp, i64, Slot)>,
    /// `None`: nobody asks who holds what.
    leases: Option<Leases>,
}

/// The leased tasks. They are few, so whoever writes about an attempt finds its task near at hand, not in
/// a table of all tasks.
#[derive(Debug, Default)]
struct Leases {
    by_holder: BTreeSet<(Incarnation, i64, Slot)>,
    by_id: Ids<Slot>,
}

impl Leases {
    fn replace(
        &mut self,
        id: TaskId,
        (sequence, slot): (i64, Slot),
        [old, new]: [Option<Incarnation>; 2],
    ) {
        match (old, new) {
            (None, Some(_)) => self.by_id.insert(id, slot),
            (Some(_), None) => self.by_id.remove(id, slot),
            _ => {}
        }
        replace(&mut self.by_holder, (sequence, slot), [old, new]);
    }
}

/// What of a task decides where it is found.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    id: &'a TaskId,
    lane: LaneSpec,
    vitals: &'a Vitals,
    holder: Option<Incarnation>,
    sequence: i64,
}

/// How a task stands to its lane.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    InLine,
    Leased,
    Aside,
}

impl<'a> Places<'a> {
    #[inline]
    pub(super) const fn of<P>(entry: &'a Entry<P>) -> Self {
        Self::at(entry, &entry.vitals, entry.holder)
    }

    /// Those of a task that was so.
    #[inline]
    pub(super) const fn at<P>(
        entry: &'a Entry<P>,
        vitals: &'a Vitals,
        holder: Option<Incarnation>,
    ) -> Self {
        Self {
            id: &entry.id,
            lane: entry.lane_at(vitals),
            vitals,
            holder,
            sequence: entry.sequence,
        }
    }

    #[inline]
    const fn stand(&self) -> Stand {
        match self.vitals.state {
            State::Pending => Stand::InLine,
            state if state.is_leased() => Stand::Leased,
            _ => Stand::Aside,
        }
    }

    #[inline]
    fn key(&self, policy: OrderPolicy) -> OrderKey {
        self.vitals.key(policy, self.sequence)
    }

    #[inline]
    fn due(&self) -> Option<Timestamp> {
        self.vitals.state.is_waiting().then_some(self.vitals.due_at)
    }

    #[inline]
    fn deadline(&self) -> Option<Timestamp> {
        let state = self.vitals.state;
        if state.is_leased() || state.is_final() {
            return None;
        }
        self.vitals.deadlines.earliest()
    }

    #[inline]
    fn leased_by(&self) -> Option<Incarnation> {
        self.holder.filter(|_| self.vitals.state.is_leased())
    }
}

impl Default for Index {
    fn default() -> Self {
        Self {
            lanes: Vec::new(),
            due: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            leases: Some(Leases::default()),
        }
    }
}

impl Index {
    /// From here on, nobody asks who holds what.
    pub(super) fn forget_holders(&mut self) {
        self.leases = None;
    }

    /// Moves a task from the places it had to those it has now. `former` are the policies that its key may
    /// still be of.
    #[inline]
    pub(super) fn update(
        &mut self,
        slot: Slot,
        old: Option<&Places<'_>>,
        new: Option<&Places<'_>>,
        dispatch: &mut Dispatch,
        former: &[OrderPolicy],
    ) {
        self.update_lane(slot, old, new, dispatch, former);
        let Some(Places { id, sequence, .. }) = old.or(new) else {
            return;
        };
        let task = (*sequence, slot);
        let due = [old.and_then(Places::due), new.and_then(Places::due)];
        replace(&mut self.due, task, due);
        let deadline = |places: Option<&Places<'_>>| places.and_then(Places::deadline);
        replace(&mut self.deadlines, task, [deadline(old), deadline(new)]);
        if let Some(leases) = &mut self.leases {
            let holder = |places: Option<&Places<'_>>| places.and_then(Places::leased_by);
            leases.replace(**id, task, [holder(old), holder(new)]);
        }
    }

    #[inline]
    fn update_lane(
        &mut self,
        slot: Slot,
        old: Option<&Places<'_>>,
        new: Option<&Places<'_>>,
        dispatch: &mut Dispatch,
        former: &[OrderPolicy],
    ) {
        let stand = |places: Option<&Places<'_>>| places.map_or(Stand::Aside, Places::stand);
        let (was, is) = (stand(old), stand(new));
        let from = old.filter(|_| was != Stand::Aside);
        let from = from.map(|places| (dispatch.lane(places.lane), places));
        if let Some((lane, places)) = from.filter(|_| was == Stand::InLine) {
            self.leave_lane(slot, lane, places, dispatch, former);
        }
        match (is, new) {
            (Stand::InLine, Some(places)) => self.enter_lane(slot, places, dispatch),
            (Stand::Leased, Some(places)) if was != Stand::Leased => {
                let lane = dispatch.lane(places.lane);
                dispatch.lease(lane);
            }
            _ => {}
        }
        if let Some((lane, _)) = from {
            if was == Stand::Leased && is != Stand::Leased {
                dispatch.release(lane);
            }
            dispatch.drop_idle(lane);
        }
    }

    #[inline]
    fn enter_lane(&mut self, slot: Slot, places: &Places<'_>, dispatch: &mut Dispatch) {
        let lane = dispatch.lane(places.lane);
        let key = places.key(dispatch.policy(places.lane.queue));
        if self.lanes.len() <= lane.index() {
            self.lanes.resize_with(lane.index() + 1, Lane::default);
        }
        self.lanes[lane.index()].insert(key, slot);
        dispatch.offer(lane, key);
    }

    #[inline]
    fn leave_lane(
        &mut self,
        slot: Slot,
        lane: LaneId,
        places: &Places<'_>,
        dispatch: &mut Dispatch,
        former: &[OrderPolicy],
    ) {
        let line = &mut self.lanes[lane.index()];
        let policy = dispatch.policy(places.lane.queue);
        let mut remove = |policy: OrderPolicy| line.remove(places.key(policy), slot);
        let found = remove(policy) || former.iter().rev().any(|policy| remove(*policy));
        debug_assert!(found, "what stands in a lane is found there");
        dispatch.set_head(lane, line.first().map(|(key, _)| key));
    }

    /// The head of a lane.
    #[inline]
    pub(super) fn head(&self, lane: LaneId) -> Option<(OrderKey, Slot)> {
        self.lanes.get(lane.index())?.first()
    }

    /// How many tasks of a lane have keys in a range, counted to `most`.
    pub(super) fn count(&self, lane: LaneId, keys: &Range<OrderKey>, most: usize) -> usize {
        let lane = self.lanes.get(lane.index());
        lane.map_or(0, |lane| lane.count(keys, most))
    }

    /// How far `most` tasks of a lane reach, from one end of those with keys in a range.
    pub(super) fn reach(
        &self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        end: End,
        most: usize,
    ) -> Reach {
        let lane = self.lanes.get(lane.index());
        lane.map_or(Reach::NONE, |lane| lane.reach(keys, end, most))
    }

    /// The first task of each class in a lane: under [`OrderPolicy::Strict`], of each priority the one that
    /// was due first.
    pub(super) fn firsts(&self, lane: LaneId) -> impl Iterator<Item = Slot> {
        let lane = self.lanes.get(lane.index()).into_iter();
        lane.flat_map(Lane::firsts).map(|(_, slot)| slot)
    }

    /// Where a leased task lies; `is` tells whether it lies there.
    pub(super) fn leased(&self, id: TaskId, is: impl Fn(Slot) -> bool) -> Option<Slot> {
        self.leases.as_ref()?.by_id.find(id, is)
    }

    /// What a worker holds, by sequence.
    pub(super) fn held_by(&self, holder: Incarnation) -> impl Iterator<Item = Slot> {
        let all = (holder, i64::MIN, Slot::MIN)..=(holder, i64::MAX, Slot::MAX);
        let leases = self
            .leases
            .as_ref()
            .map(|leases| leases.by_holder.range(all));
        leases.into_iter().flatten().map(|(_, _, slot)| *slot)
    }
}

#[inline]
fn replace<T: Ord>(
    set: &mut BTreeSet<(T, i64, Slot)>,
    (sequence, slot): (i64, Slot),
    [old, new]: [Option<T>; 2],
) {
    if old == new {
        return;
    }
    if let Some(old) = old {
        set.remove(&(old, sequence, slot));
    }
    set.extend(new.map(|new| (new, sequence, slot)));
}
