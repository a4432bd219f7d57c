//! Lanes: their heads, and where they stand.

use alloc::boxed::Box;

use super::line::{Line, LineId};
use super::place::Place;
use super::turn::Turn;
use super::{Dispatch, GateId, KindId, LaneId, QueueId, TenantId, Terms};
use crate::OrderKey;

/// What the tasks of a lane have in common: they may start under exactly the same conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LaneSpec {
    /// The queue they wait in.
    pub queue: QueueId,
    /// Their kind.
    pub kind: KindId,
    /// They have lost a worker.
    pub suspect: bool,
    /// Whose work they are, and the limits that they name.
    pub terms: Terms,
}

pub(super) type LaneKey = LaneSpec;

/// What is known of the head of a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Head {
    /// Nobody stands in it.
    #[default]
    Empty,
    /// Its key.
    Known(OrderKey),
    /// Somebody may stand in it.
    Unknown,
}

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) key: LaneKey,
    /// Whose tasks they are, as its terms have it.
    pub(super) tenant: Option<TenantId>,
    pub(super) line: LineId,
    pub(super) head: Head,
    pub(super) place: Place,
    /// As which it stands in its place.
    pub(super) turn: Turn,
    /// Every gate that can close it, with its weight there.
    pub(super) gates: Box<[(GateId, u32)]>,
    /// How many of its attempts are leased.
    pub(super) leased: u32,
}

impl Lane {
    /// No gate can close it.
    pub(super) const fn is_free(&self) -> bool {
        self.gates.is_empty()
    }
}

impl Dispatch {
    /// The lane of these conditions, if it was ever asked for.
    #[must_use]
    pub fn find_lane(&self, spec: &LaneSpec) -> Option<LaneId> {
        let recent = self.recent(spec);
        recent.or_else(|| self.lane_ids.get(spec).copied())
    }

    /// The lane of these conditions, if of their terms none was asked for since.
    #[inline]
    fn recent(&self, spec: &LaneSpec) -> Option<LaneId> {
        let id = (*self.recent.get(spec.terms.index())?)?;
        (self.lanes[id.index()].key == *spec).then_some(id)
    }

    /// The lane of these conditions.
    #[inline]
    pub fn lane(&mut self, spec: LaneSpec) -> LaneId {
        let recent = self.recent(&spec);
        recent.unwrap_or_else(|| self.lane_anew(spec))
    }

    fn lane_anew(&mut self, spec: LaneSpec) -> LaneId {
        let id = match self.lane_ids.get(&spec) {
            Some(id) => *id,
            None => self.make_lane(spec),
        };
        let at = spec.terms.index();
        if self.recent.len() <= at {
            self.recent.resize(at + 1, None);
        }
        self.recent[at] = Some(id);
        id
    }

    fn make_lane(&mut self, spec: LaneSpec) -> LaneId {
        let lane = Lane {
            key: spec,
            tenant: self.tenant_of(spec.terms),
            line: self.line(&spec),
            head: Head::Empty,
            place: Place::Out,
            turn: Turn::default(),
            gates: self.gates_of(&spec),
            leased: 0,
        };
        let id = if let Some(id) = self.dropped.pop() {
            self.lanes[id.index()] = lane;
            id
        } else {
            self.lanes.push(lane);
            LaneId::new(self.lanes.len() - 1)
        };
        self.lane_ids.insert(spec, id);
        id
    }

    fn line(&mut self, spec: &LaneSpec) -> LineId {
        let Self { queues, lines, .. } = self;
        let both = queues[spec.queue.index()]
            .lines
            .entry(spec.kind)
            .or_default();
        *both[usize::from(spec.suspect)].get_or_insert_with(|| {
            lines.push(Line::new(spec));
            LineId::new(lines.len() - 1)
        })
    }

    /// What a lane is for.
    #[must_use]
    pub fn spec(&self, lane: LaneId) -> LaneSpec {
        self.lanes[lane.index()].key
    }

    /// How many attempts of a lane are leased.
    #[must_use]
    pub fn leased(&self, lane: LaneId) -> u32 {
        self.lanes[lane.index()].leased
    }

    /// How many lanes there are.
    #[must_use]
    pub fn lane_count(&self) -> usize {
        self.lanes.len() - self.dropped.len()
    }

    /// All lanes, by number.
    pub fn lanes(&self) -> impl Iterator<Item = LaneId> {
        let ids = (0..self.lanes.len()).map(LaneId::new);
        ids.filter(|id| self.lane_ids.get(&self.spec(*id)) == Some(id))
    }

    /// In how many lanes of a queue somebody stands, or may stand.
    #[must_use]
    pub fn standing(&self, queue: QueueId) -> usize {
        let busy = self.queues[queue.index()].busy.iter();
        busy.map(|line| self.lines[line.index()].standing as usize)
            .sum()
    }

    /// The lanes of a queue in which somebody stands or may stand, by line.
    pub fn lanes_of(&self, queue: QueueId) -> impl Iterator<Item = LaneId> {
        self.lanes_of_kinds(queue, |_| true)
    }

    /// Those of some kinds. Costs nothing for the lanes of the others.
    pub fn lanes_of_kinds(
        &self,
        queue: QueueId,
        kinds: impl Fn(KindId) -> bool,
    ) -> impl Iterator<Item = LaneId> {
        let busy = self.queues[queue.index()].busy.iter();
        let lines = busy.map(|line| &self.lines[line.index()]);
        let lines = lines.filter(move |line| kinds(line.kind));
        lines.flat_map(Line::lanes)
    }

    /// The kinds of a queue of which somebody stands or may stand, some of them twice.
    pub fn kinds_of(&self, queue: QueueId) -> impl Iterator<Item = KindId> {
        let busy = self.queues[queue.index()].busy.iter();
        busy.map(|line| self.lines[line.index()].kind)
    }

    /// Forgets a lane with conditions in which nobody stands and of which nothing is leased. Answers whether it did; its number may
    /// be given to another lane.
    #[inline]
    pub fn drop_idle(&mut self, id: LaneId) -> bool {
        let lane = &self.lanes[id.index()];
        let has_terms = lane.key.terms != Terms::NONE;
        has_terms && lane.leased == 0 && lane.head == Head::Empty && self.drop(id)
    }

    fn drop(&mut self, id: LaneId) -> bool {
        let lane = &self.lanes[id.index()];
        if self.lane_ids.remove(&lane.key).is_none() {
            return false;
        }
        if let Some(recent) = self.recent.get_mut(lane.key.terms.index()) {
            recent.take_if(|recent| *recent == id);
        }
        self.dropped.push(id);
        true
    }

    pub(super) fn tenant_of_lane(&self, id: LaneId) -> Option<TenantId> {
        self.lanes[id.index()].tenant
    }
}
