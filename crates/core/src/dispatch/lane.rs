//! Lanes: their heads, and where they stand.

use alloc::boxed::Box;

use super::line::{Line, LineId, Node};
use super::turn::Turn;
use super::{Dispatch, GateId, KindId, LaneId, QueueId, TenantId, Terms};
use crate::{OrderKey, Timestamp};

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

/// Where a lane is found while somebody stands in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere: it is empty, or its head is not known.
    #[default]
    Out,
    /// It is the one lane of its line that no gate can close and that takes no turns.
    Plain,
    /// Among the open ones.
    Open,
    /// Parked under a gate, with those of the same weight.
    Parked(GateId, u32),
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
    const fn is_free(&self) -> bool {
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
        let busy = &self.queues[queue.index()].busy;
        busy.iter()
            .flat_map(|line| self.lines[line.index()].lanes())
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

    /// Changes what is known of a head, and with it where the lane stands.
    pub(super) fn place(&mut self, id: LaneId, head: Head) {
        let lane = &mut self.lanes[id.index()];
        if let (Head::Known(_), Head::Known(key)) = (lane.head, head) {
            lane.head = head;
            return self.restand(id, key);
        }
        if lane.head == head {
            return;
        }
        // An empty lane stands nowhere.
        if lane.head != Head::Empty {
            self.leave(id);
        }
        self.lanes[id.index()].head = head;
        if head != Head::Empty {
            self.enter(id);
        }
    }

    /// Lets a lane stand in its place as what its head is.
    pub(super) fn restand(&mut self, id: LaneId, key: OrderKey) {
        if self.lanes[id.index()].place == Place::Plain {
            return self.stand_plain(id, key);
        }
        let new = self.turn_of(id, key);
        let lane = &mut self.lanes[id.index()];
        let old = core::mem::replace(&mut lane.turn, new);
        if old == new {
            return;
        }
        let line = &mut self.lines[lane.line.index()];
        match lane.place {
            Place::Open => {
                line.take_out(old, Node::Lane(id));
                line.put_in(new, Node::Lane(id));
            }
            Place::Parked(gate, weight) => line.reorder((gate, weight), id, old, new),
            Place::Plain | Place::Out => {}
        }
    }

    /// Lets a lane stand as the one of its line that no gate can close and that takes no turns.
    fn stand_plain(&mut self, id: LaneId, key: OrderKey) {
        let lane = &mut self.lanes[id.index()];
        lane.place = Place::Plain;
        lane.turn = Turn::of(key, 0);
        self.lines[lane.line.index()].plain = Some((lane.turn, id));
    }

    /// Takes a lane out of where it stands.
    pub(super) fn leave(&mut self, id: LaneId) {
        let lane = &mut self.lanes[id.index()];
        if lane.place == Place::Plain {
            lane.place = Place::Out;
            let line_id = lane.line;
            self.lines[line_id.index()].plain = None;
            return self.sit_down(line_id);
        }
        let was = lane.head;
        let place = core::mem::take(&mut lane.place);
        let (line_id, turn) = (lane.line, lane.turn);
        let line = &mut self.lines[line_id.index()];
        match place {
            Place::Out if was == Head::Unknown => {
                line.unknown.remove(&id);
            }
            Place::Out | Place::Plain => {}
            Place::Open => line.take_out(turn, Node::Lane(id)),
            Place::Parked(gate, weight) => {
                if line.unpark((gate, weight), turn, id) {
                    self.gates[gate.index()].groups.remove(&(line_id, weight));
                }
            }
        }
        self.leave_party(id);
        if was != Head::Empty {
            self.sit_down(line_id);
        }
    }

    /// Puts a lane where it belongs: under a gate that is known to close it, if there is one.
    pub(super) fn enter(&mut self, id: LaneId) {
        let Lane {
            line: line_id,
            head,
            key: LaneKey { queue, .. },
            ..
        } = self.lanes[id.index()];
        if head != Head::Empty {
            self.stand_up(line_id);
        }
        let Head::Known(key) = head else {
            if head == Head::Unknown {
                self.lines[line_id.index()].unknown.insert(id);
            }
            return;
        };
        let fair = self.is_fair(queue);
        if self.lanes[id.index()].is_free() && !fair {
            return self.stand_plain(id, key);
        }
        self.join_party(id);
        let turn = self.turn_of(id, key);
        self.lanes[id.index()].turn = turn;
        match self.known_closed(id) {
            Some(bar) => self.park(id, bar),
            None => {
                self.lanes[id.index()].place = Place::Open;
                self.lines[line_id.index()].put_in(turn, Node::Lane(id));
            }
        }
    }

    /// A gate that closes this lane whatever the time is.
    fn known_closed(&self, id: LaneId) -> Option<(GateId, u32)> {
        let gates = &self.lanes[id.index()].gates;
        let closed = |(gate, weight): &&(GateId, u32)| {
            let closed = self.gates[gate.index()].closed(*weight, Timestamp::MAX);
            closed.is_some()
        };
        gates.iter().find(closed).copied()
    }

    /// Parks a lane that stands nowhere.
    pub(super) fn park(&mut self, id: LaneId, (gate, weight): (GateId, u32)) {
        let lane = &mut self.lanes[id.index()];
        lane.place = Place::Parked(gate, weight);
        let (line, turn) = (lane.line, lane.turn);
        self.gates[gate.index()].groups.insert((line, weight));
        self.lines[line.index()].park((gate, weight), turn, id);
    }

    /// Moves a lane from where it stands to under a gate.
    pub(super) fn repark(&mut self, id: LaneId, bar: (GateId, u32)) {
        let lane = &mut self.lanes[id.index()];
        let place = core::mem::take(&mut lane.place);
        let (line_id, turn) = (lane.line, lane.turn);
        let line = &mut self.lines[line_id.index()];
        match place {
            Place::Open => line.take_out(turn, Node::Lane(id)),
            Place::Parked(gate, weight) => {
                if line.unpark((gate, weight), turn, id) {
                    self.gates[gate.index()].groups.remove(&(line_id, weight));
                }
            }
            Place::Out | Place::Plain => {}
        }
        self.park(id, bar);
    }

    /// Somebody stands in one more lane of a line.
    fn stand_up(&mut self, line_id: LineId) {
        let line = &mut self.lines[line_id.index()];
        line.standing += 1;
        if line.busy_at.is_none() {
            let busy = &mut self.queues[line.queue.index()].busy;
            line.busy_at = Some(busy.len());
            busy.push(line_id);
        }
    }

    /// Nobody stands any more in a lane of a line.
    fn sit_down(&mut self, line_id: LineId) {
        let line = &mut self.lines[line_id.index()];
        line.standing = line.standing.saturating_sub(1);
        if line.standing == 0
            && let Some(at) = line.busy_at.take()
        {
            let busy = &mut self.queues[line.queue.index()].busy;
            if at + 1 == busy.len() {
                busy.pop();
            } else {
                busy.swap_remove(at);
                self.lines[busy[at].index()].busy_at = Some(at);
            }
        }
    }

    /// Places a lane anew, because what is attached to its queue, kind or tenant has changed. What it has
    /// leased counts under the gates that it has then.
    pub(super) fn resettle(&mut self, id: LaneId, now: Timestamp) {
        self.leave(id);
        let gates = self.gates_of(&self.spec(id));
        let lane = &mut self.lanes[id.index()];
        let (old, leased) = (core::mem::replace(&mut lane.gates, gates), lane.leased);
        for (gate, weight) in &lane.gates {
            self.gates[gate.index()].in_use += u64::from(*weight) * u64::from(leased);
        }
        for (gate, weight) in old {
            let used = u64::from(weight) * u64::from(leased);
            let found = &mut self.gates[gate.index()];
            found.in_use = found.in_use.saturating_sub(used);
            self.wake(gate, now);
        }
        self.enter(id);
    }

    pub(super) fn tenant_of_lane(&self, id: LaneId) -> Option<TenantId> {
        self.lanes[id.index()].tenant
    }
}
