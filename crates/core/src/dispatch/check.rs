//! Adding up again what is kept step by step.

use alloc::vec;

use super::lane::Head;
use super::line::Node;
use super::place::Place;
use super::{Dispatch, GateId, LaneId};
use crate::Timestamp;

/// What does not add up: a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drift {
    /// A gate counts more or less than is leased.
    InUse {
        /// Which gate.
        gate: GateId,
        /// What it counts.
        counted: u64,
        /// What is leased.
        leased: u64,
    },
    /// Somebody stands in a lane, but no claim would find it.
    Unseen(LaneId),
}

impl Dispatch {
    /// Adds up all permits from the attempts that are leased, and looks for every lane in its place. Costs
    /// as much as there are lanes.
    ///
    /// # Errors
    /// The first thing that does not add up.
    pub fn check(&self, now: Timestamp) -> Result<(), Drift> {
        let mut leased = vec![0_u64; self.gates.len()];
        for id in self.lanes() {
            let lane = &self.lanes[id.index()];
            for (gate, weight) in &lane.gates {
                leased[gate.index()] += u64::from(*weight) * u64::from(lane.leased);
            }
            if !self.is_seen(id, now) {
                return Err(Drift::Unseen(id));
            }
        }
        for (at, (gate, leased)) in self.gates.iter().zip(leased).enumerate() {
            if gate.in_use != leased {
                return Err(Drift::InUse {
                    gate: GateId::new(at),
                    counted: gate.in_use,
                    leased,
                });
            }
        }
        Ok(())
    }

    /// A lane stands where a claim looks, unless a gate closes it; then it stands behind that gate.
    fn is_seen(&self, id: LaneId, now: Timestamp) -> bool {
        let lane = &self.lanes[id.index()];
        let line = &self.lines[lane.line.index()];
        match (lane.head, lane.place) {
            (Head::Empty, place) => place == Place::Out,
            (Head::Unknown, _) => line.unknown.contains(&id),
            (Head::Known(_), Place::Out) => false,
            (Head::Known(_), Place::Plain) => line.plain == Some((lane.turn, id)),
            (Head::Known(_), Place::Open) => self.stands(id),
            (Head::Known(_), Place::Parked(gate, weight)) => {
                let Some(group) = line.groups.get(&(gate, weight)) else {
                    return false;
                };
                let found = &self.gates[gate.index()];
                let rings = found.timer.is_some_and(|at| at <= now);
                self.stands(id)
                    && found.groups.contains(&(lane.line, weight))
                    && (group.open || rings || found.closed(weight, now).is_some())
            }
        }
    }

    /// A lane stands in line at its place, not behind its turn; or another of its row does so for it.
    fn stands(&self, id: LaneId) -> bool {
        let lane = &self.lanes[id.index()];
        let line = &self.lines[lane.line.index()];
        if let Some(row) = self.row(id)
            && row.first != id
        {
            let first = self.lanes[row.first.index()].turn.key();
            let key = lane.turn.key();
            return (first, row.first) < (key, id)
                && row.others.contains(&(key, id))
                && self.stands(row.first);
        }
        let there = match lane.place {
            Place::Open => line.is_open(lane.turn, Node::Lane(id)),
            Place::Parked(gate, weight) => {
                let group = line.groups.get(&(gate, weight));
                group.is_some_and(|group| group.lanes.contains(&(lane.turn, id)))
            }
            Place::Plain | Place::Out => false,
        };
        there && lane.turn <= self.turn_of(id, lane.turn.key())
    }
}
