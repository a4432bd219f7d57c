//! The orders in which unfinished tasks are found: by lane, by due time, by deadline, by holder.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::lane::Lane;
use super::{Entry, KindId, QueueId, Slot};
use crate::{Incarnation, OrderKey, OrderPolicy, State, Timestamp};

/// What the tasks of a lane have in common: they may start under exactly the same conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LaneKey {
    pub(super) queue: QueueId,
    pub(super) kind: KindId,
    pub(super) suspect: bool,
}

#[derive(Debug)]
pub(super) struct Index {
    lanes: Vec<Lane>,
    lane_ids: HashMap<LaneKey, usize>,
    /// The lane that was changed last: mostly, the next is the same.
    recent: Option<(LaneKey, usize)>,
    pub(super) due: BTreeSet<(Timestamp, i64, Slot)>,
    pub(super) deadlines: BTreeSet<(Timestamp, i64, Slot)>,
    /// `None`: nobody asks who holds what.
    leases: Option<BTreeSet<(Incarnation, i64, Slot)>>,
}

/// The places that one task has in the index; it follows from what the task is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    ready: Option<(LaneKey, OrderKey)>,
    due: Option<Timestamp>,
    deadline: Option<Timestamp>,
    holder: Option<Incarnation>,
    sequence: i64,
}

impl Places {
    pub(super) fn of<P>(entry: &Entry<P>) -> Self {
        let vitals = &entry.vitals;
        let waits = !vitals.state.is_leased() && !vitals.state.is_final();
        Self {
            ready: (vitals.state == State::Pending).then(|| {
                (
                    entry.lane(),
                    vitals.key(OrderPolicy::Strict, entry.sequence),
                )
            }),
            due: vitals.state.is_waiting().then_some(vitals.due_at),
            deadline: vitals.deadlines.earliest().filter(|_| waits),
            holder: entry.holder.filter(|_| vitals.state.is_leased()),
            sequence: entry.sequence,
        }
    }
}

impl Default for Index {
    fn default() -> Self {
        Self {
            lanes: Vec::new(),
            lane_ids: HashMap::new(),
            recent: None,
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

    /// Moves a task from the places it had to those it has now.
    pub(super) fn update(&mut self, slot: Slot, old: Option<&Places>, new: Option<&Places>) {
        let (was, is) = (old.and_then(|p| p.ready), new.and_then(|p| p.ready));
        if was != is {
            if let Some((lane, key)) = was {
                self.lane_mut(lane).remove(key, slot);
            }
            if let Some((lane, key)) = is {
                self.lane_mut(lane).insert(key, slot);
            }
        }
        let at = |places: Option<&Places>, instant: fn(&Places) -> Option<Timestamp>| {
            places.and_then(|p| Some((instant(p)?, p.sequence, slot)))
        };
        replace(&mut self.due, at(old, |p| p.due), at(new, |p| p.due));
        replace(
            &mut self.deadlines,
            at(old, |p| p.deadline),
            at(new, |p| p.deadline),
        );
        if let Some(leases) = &mut self.leases {
            let held =
                |places: Option<&Places>| places.and_then(|p| Some((p.holder?, p.sequence, slot)));
            replace(leases, held(old), held(new));
        }
    }

    /// The lane of a key, if any task ever stood in it.
    pub(super) fn lane_id(&self, key: &LaneKey) -> Option<usize> {
        match self.recent {
            Some((recent, id)) if recent == *key => Some(id),
            _ => self.lane_ids.get(key).copied(),
        }
    }

    /// The head of a lane.
    pub(super) fn head(&self, lane: usize) -> Option<(OrderKey, Slot)> {
        self.lanes.get(lane)?.first()
    }

    /// The first task of each class in a lane: under [`OrderPolicy::Strict`], of each priority the one that
    /// was due first.
    pub(super) fn firsts(&self, lane: usize) -> impl Iterator<Item = Slot> {
        let lane = self.lanes.get(lane).into_iter();
        lane.flat_map(Lane::firsts).map(|(_, slot)| slot)
    }

    /// What a worker holds, by sequence.
    pub(super) fn held_by(&self, holder: Incarnation) -> impl Iterator<Item = Slot> {
        let all = (holder, i64::MIN, Slot::MIN)..=(holder, i64::MAX, Slot::MAX);
        let leases = self.leases.as_ref().map(|leases| leases.range(all));
        leases.into_iter().flatten().map(|(_, _, slot)| *slot)
    }

    fn lane_mut(&mut self, key: LaneKey) -> &mut Lane {
        let id = match self.recent {
            Some((recent, id)) if recent == key => id,
            _ => self.lane_id_or_new(key),
        };
        self.recent = Some((key, id));
        &mut self.lanes[id]
    }

    fn lane_id_or_new(&mut self, key: LaneKey) -> usize {
        let Self {
            lanes, lane_ids, ..
        } = self;
        *lane_ids.entry(key).or_insert_with(|| {
            lanes.push(Lane::default());
            lanes.len() - 1
        })
    }
}

fn replace<T: Ord>(set: &mut BTreeSet<T>, old: Option<T>, new: Option<T>) {
    if old == new {
        return;
    }
    if let Some(old) = old {
        set.remove(&old);
    }
    set.extend(new);
}
