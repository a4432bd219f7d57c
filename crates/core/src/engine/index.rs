//! The orders in which unfinished tasks are found: by lane, by due time, by deadline, by holder.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::lane::Lane;
use super::{Entry, Slot};
use crate::dispatch::{Dispatch, LaneId, LaneSpec, QueueId};
use crate::{Incarnation, OrderKey, OrderPolicy, State, Timestamp, Vitals};

#[derive(Debug)]
pub(super) struct Index {
    /// By the number that dispatch gave them.
    lanes: Vec<Lane>,
    pub(super) due: BTreeSet<(Timestamp, i64, Slot)>,
    pub(super) deadlines: BTreeSet<(Timestamp, i64, Slot)>,
    /// `None`: nobody asks who holds what.
    leases: Option<BTreeSet<(Incarnation, i64, Slot)>>,
}

/// What of a task decides where it is found.
#[derive(Clone, Copy)]
pub(super) struct Places {
    lane: LaneSpec,
    pub(super) vitals: Vitals,
    pub(super) holder: Option<Incarnation>,
    sequence: i64,
}

impl Places {
    #[inline]
    pub(super) fn of<P>(entry: &Entry<P>) -> Self {
        Self {
            lane: entry.lane(),
            vitals: entry.vitals,
            holder: entry.holder,
            sequence: entry.sequence,
        }
    }

    pub(super) const fn queue(&self) -> QueueId {
        self.lane.queue
    }

    fn is_ready(&self) -> bool {
        self.vitals.state == State::Pending
    }

    fn key(&self, policy: OrderPolicy) -> OrderKey {
        self.vitals.key(policy, self.sequence)
    }

    fn due(&self) -> Option<Timestamp> {
        self.vitals.state.is_waiting().then_some(self.vitals.due_at)
    }

    fn deadline(&self) -> Option<Timestamp> {
        let state = self.vitals.state;
        let waits = !state.is_leased() && !state.is_final();
        self.vitals.deadlines.earliest().filter(|_| waits)
    }

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
            leases: Some(BTreeSet::new()),
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
        old: Option<&Places>,
        new: Option<&Places>,
        dispatch: &mut Dispatch,
        former: &[OrderPolicy],
    ) {
        self.update_lane(slot, old, new, dispatch, former);
        let at = |places: Option<&Places>, instant: fn(&Places) -> Option<Timestamp>| {
            places.and_then(|p| Some((instant(p)?, p.sequence, slot)))
        };
        let due = [at(old, Places::due), at(new, Places::due)];
        replace(&mut self.due, due);
        let deadlines = [at(old, Places::deadline), at(new, Places::deadline)];
        replace(&mut self.deadlines, deadlines);
        if let Some(leases) = &mut self.leases {
            let held = |places: Option<&Places>| {
                places.and_then(|p| Some((p.leased_by()?, p.sequence, slot)))
            };
            replace(leases, [held(old), held(new)]);
        }
    }

    #[inline]
    fn update_lane(
        &mut self,
        slot: Slot,
        old: Option<&Places>,
        new: Option<&Places>,
        dispatch: &mut Dispatch,
        former: &[OrderPolicy],
    ) {
        let ready = |places: &&Places| places.is_ready();
        let (was, is) = (old.filter(ready), new.filter(ready));
        if let Some(places) = was {
            self.leave_lane(slot, places, dispatch, former);
        }
        if let Some(places) = is {
            self.enter_lane(slot, places, dispatch);
        }
        let leased = |places: &&Places| places.vitals.state.is_leased();
        match (old.filter(leased), new.filter(leased)) {
            (None, Some(new)) => {
                let lane = dispatch.lane(new.lane);
                dispatch.lease(lane);
            }
            (Some(old), None) => {
                let lane = dispatch.lane(old.lane);
                dispatch.release(lane);
                dispatch.drop_idle(lane);
            }
            _ => {
                if let Some(places) = was.filter(|_| is.is_none()) {
                    let lane = dispatch.lane(places.lane);
                    dispatch.drop_idle(lane);
                }
            }
        }
    }

    #[inline]
    fn enter_lane(&mut self, slot: Slot, places: &Places, dispatch: &mut Dispatch) {
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
        places: &Places,
        dispatch: &mut Dispatch,
        former: &[OrderPolicy],
    ) {
        let lane = dispatch.lane(places.lane);
        let line = &mut self.lanes[lane.index()];
        let policy = dispatch.policy(places.lane.queue);
        let mut policies = core::iter::once(&policy).chain(former.iter().rev());
        let found = policies.any(|policy| line.remove(places.key(*policy), slot));
        debug_assert!(found, "what stands in a lane is found there");
        dispatch.set_head(lane, line.first().map(|(key, _)| key));
    }

    /// The head of a lane.
    #[inline]
    pub(super) fn head(&self, lane: LaneId) -> Option<(OrderKey, Slot)> {
        self.lanes.get(lane.index())?.first()
    }

    /// The first task of each class in a lane: under [`OrderPolicy::Strict`], of each priority the one that
    /// was due first.
    pub(super) fn firsts(&self, lane: LaneId) -> impl Iterator<Item = Slot> {
        let lane = self.lanes.get(lane.index()).into_iter();
        lane.flat_map(Lane::firsts).map(|(_, slot)| slot)
    }

    /// What a worker holds, by sequence.
    pub(super) fn held_by(&self, holder: Incarnation) -> impl Iterator<Item = Slot> {
        let all = (holder, i64::MIN, Slot::MIN)..=(holder, i64::MAX, Slot::MAX);
        let leases = self.leases.as_ref().map(|leases| leases.range(all));
        leases.into_iter().flatten().map(|(_, _, slot)| *slot)
    }
}

#[inline]
fn replace<T: Ord>(set: &mut BTreeSet<T>, [old, new]: [Option<T>; 2]) {
    if old == new {
        return;
    }
    if let Some(old) = old {
        set.remove(&old);
    }
    set.extend(new);
}
