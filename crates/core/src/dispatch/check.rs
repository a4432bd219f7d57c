//! Adding up again what is kept step by step.

use alloc::vec;

use super::lane::{Head, Place};
use super::line::Node;
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
            (Head::Known(_), Place::Open) => line.is_open(lane.turn, Node::Lane(id)),
            (Head::Known(_), Place::Parked(gate, weight)) => {
                let Some(group) = line.groups.get(&(gate, weight)) else {
                    return false;
                };
                let found = &self.gates[gate.index()];
                let shown = group.shown.is_some();
                let rings = found.timer.is_some_and(|at| at <= now);
                group.lanes.contains(&(lane.turn, id))
                    && found.groups.contains(&(lane.line, weight))
                    && (shown || rings || found.closed(weight, now).is_some())
            }
        }
    }
}
