//! Where lanes stand.

use super::lane::{Head, Lane, LaneKey};
use super::line::LineId;
use super::turn::Turn;
use super::{Dispatch, GateId, LaneId};
use crate::{OrderKey, Timestamp};

/// Where a lane is found while somebody stands in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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

impl Dispatch {
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

    /// Lets a lane stand as the one of its line that no gate can close and that takes no turns.
    pub(super) fn stand_plain(&mut self, id: LaneId, key: OrderKey) {
        let lane = &mut self.lanes[id.index()];
        lane.place = Place::Plain;
        lane.turn = Turn::of(key, 0);
        self.lines[lane.line.index()].plain = Some((lane.turn, id));
    }

    /// Takes a lane out of where it stands.
    pub(super) fn leave(&mut self, id: LaneId) {
        let lane = &mut self.lanes[id.index()];
        let (line_id, head) = (lane.line, lane.head);
        match lane.place {
            Place::Plain => {
                lane.place = Place::Out;
                self.lines[line_id.index()].plain = None;
            }
            Place::Out => {
                if head == Head::Unknown {
                    self.lines[line_id.index()].unknown.remove(&id);
                }
            }
            Place::Open | Place::Parked(..) => {
                self.give_up_place(id);
                self.leave_party(id);
            }
        }
        if head != Head::Empty {
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
        self.lanes[id.index()].turn = Turn::of(key, 0);
        let closed = self.known_closed(id);
        let place = closed.map_or(Place::Open, |(gate, weight)| Place::Parked(gate, weight));
        self.take_place(id, place);
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

    /// Moves a lane from where it stands in line to another place.
    pub(super) fn change_place(&mut self, id: LaneId, place: Place) {
        self.give_up_place(id);
        self.take_place(id, place);
    }

    /// Lets a lane that stands nowhere stand at a place.
    fn take_place(&mut self, id: LaneId, place: Place) {
        let lane = &mut self.lanes[id.index()];
        lane.place = place;
        if let Place::Parked(gate, weight) = place {
            self.gates[gate.index()].groups.insert((lane.line, weight));
        }
        self.line_up(id);
    }

    fn give_up_place(&mut self, id: LaneId) {
        let last = self.step_out(id);
        let lane = &mut self.lanes[id.index()];
        let place = core::mem::take(&mut lane.place);
        if let Place::Parked(gate, weight) = place
            && last
        {
            self.lines[lane.line.index()].groups.remove(&(gate, weight));
            self.gates[gate.index()].groups.remove(&(lane.line, weight));
        }
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
}
