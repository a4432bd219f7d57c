//! Who is next: lanes and their heads, the gates that close them, and turns.
//!
//! A [`Dispatch`] knows no tasks. It knows of every lane the key of its head, what its tasks need before
//! they may start, and how many of them are leased. From that it answers one question, the only one that
//! a claim asks: of which lane is the head next? The engine in memory and stores on disk drive the same
//! one, so they cannot disagree.
//!
//! - A **lane** holds the tasks of one queue, kind, tenant and set of limits ([`Terms`]), and of suspects
//!   apart: all of them may start under exactly the same conditions.
//! - A **gate** is a limit, or a tenant that can be paused. A lane that is found closed is parked under the
//!   gate that closes it, in a group with the others of its line and weight, and is not looked at again
//!   until the gate opens: then the group stands in line as one. So a million tasks behind a closed gate
//!   cost nothing, and opening a gate costs a step for each group that is parked under it (each line and
//!   weight of its own), however many lanes and tasks are in them.
//! - In a **fair** queue tenants take turns within a class, by weight ([start-time fair queueing]). Of the
//!   lanes of a tenant that stand in the same place only the first stands in line, so a turn costs the same
//!   however many there are.
//!
//! What a limit has in use is nothing but the sum over the leased attempts: [`lease`](Dispatch::lease) and
//! [`release`](Dispatch::release) follow each attempt, whatever ends it, and [`check`](Dispatch::check)
//! adds it up again.
//!
//! [start-time fair queueing]: https://doi.org/10.1145/248157.248171

mod attach;
mod check;
mod cycle;
mod explain;
mod gate;
mod idle;
mod lane;
mod line;
mod names;
mod place;
mod rate;
mod round;
mod row;
mod turn;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use hashbrown::HashMap;

use attach::Attached;
use gate::Gate;
use lane::{Lane, LaneKey};
use line::Line;
use names::TermsTable;
use turn::Fairness;

pub use attach::Target;
pub use check::Drift;
pub use explain::Closing;
pub use gate::Closed;
pub use lane::{Head, LaneSpec};
pub use names::{GateId, KindId, LaneId, LimitId, QueueId, TenantId, Terms};
pub use round::{ClaimSpec, Pick, Round};
pub use turn::Finish;

use crate::{OrderKey, OrderPolicy, Timestamp};

/// What a queue means for who is next.
#[derive(Debug, Default)]
struct Queue {
    paused: bool,
    policy: OrderPolicy,
    /// `None`: tenants take no turns.
    fairness: Option<Fairness>,
    /// By kind: those that never lost a worker, and suspects.
    lines: HashMap<KindId, [Option<line::LineId>; 2]>,
    /// The lines in which somebody stands.
    busy: Vec<line::LineId>,
    /// A gate has opened for it since somebody asked.
    woken: bool,
}

/// Lanes, gates and turns; see the [module](self).
#[derive(Debug, Default)]
pub struct Dispatch {
    queues: Vec<Queue>,
    lines: Vec<Line>,
    lanes: Vec<Lane>,
    lane_ids: HashMap<LaneKey, LaneId>,
    /// By terms, the lane that was asked for last: mostly, the next of the same terms is the same.
    recent: Vec<Option<LaneId>>,
    /// Lanes that were dropped: their numbers are given to others.
    dropped: Vec<LaneId>,
    gates: Vec<Gate>,
    /// Limits that were forgotten: their numbers are given to others.
    free_limits: Vec<LimitId>,
    /// How many were made since idle ones were last forgotten.
    limits_made: usize,
    limits_in_use: usize,
    terms: TermsTable,
    attached: Attached,
    attach_looks: usize,
    /// The latest instant of a claim.
    now: Timestamp,
    /// No rate's account is further ahead than its burst takes from here.
    furthest: Timestamp,
    /// Queues for which a gate has opened since somebody asked.
    woken: Vec<QueueId>,
    /// When gates that are closed by a rate are looked at again.
    timers: BTreeSet<(Timestamp, GateId)>,
    /// How often a lane was put somewhere.
    #[cfg(test)]
    moves: usize,
}

impl Dispatch {
    /// Makes a queue: not paused, strict, not fair.
    pub fn add_queue(&mut self) -> QueueId {
        let id = QueueId::new(self.queues.len());
        self.queues.push(Queue::default());
        id
    }

    /// How many queues were made.
    #[must_use]
    pub fn queue_count(&self) -> usize {
        self.queues.len()
    }

    /// Pauses or resumes a queue: while paused, nothing starts from it.
    pub fn set_paused(&mut self, queue: QueueId, paused: bool) {
        self.queues[queue.index()].paused = paused;
    }

    /// Whether a queue is paused.
    #[must_use]
    pub fn is_paused(&self, queue: QueueId) -> bool {
        self.queues[queue.index()].paused
    }

    /// Changes how a queue orders its tasks. Heads that are known keep their keys: whoever drives this
    /// says so as they change.
    pub fn set_policy(&mut self, queue: QueueId, policy: OrderPolicy) {
        self.queues[queue.index()].policy = policy;
    }

    /// How a queue orders its tasks.
    #[must_use]
    pub fn policy(&self, queue: QueueId) -> OrderPolicy {
        self.queues[queue.index()].policy
    }

    /// Whether the tenants of a queue take turns. Who takes up turns anew begins without a history.
    pub fn set_fair(&mut self, queue: QueueId, fair: bool) {
        if self.is_fair(queue) == fair {
            return;
        }
        // Those in which nobody stands have no place to leave. By number, so that the same is done again
        // in the same order.
        let mut ids: Vec<LaneId> = self.lanes_of(queue).collect();
        ids.sort_unstable();
        for id in &ids {
            self.leave(*id);
        }
        self.queues[queue.index()].fairness = fair.then(Fairness::default);
        for id in ids {
            self.enter(id);
        }
    }

    /// Whether the tenants of a queue take turns.
    #[must_use]
    pub fn is_fair(&self, queue: QueueId) -> bool {
        self.queues[queue.index()].fairness.is_some()
    }

    /// The queues for which a gate has opened since this was asked before: whoever waits for work of
    /// theirs may get some.
    pub fn take_woken(&mut self) -> Vec<QueueId> {
        for queue in &self.woken {
            self.queues[queue.index()].woken = false;
        }
        core::mem::take(&mut self.woken)
    }

    /// The earliest instant at which a gate that closes lanes by its rate may open.
    #[must_use]
    pub fn next_open(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Changes the key of the head of a lane; `None`: nobody stands in it.
    pub fn set_head(&mut self, lane: LaneId, head: Option<OrderKey>) {
        self.place(lane, head.map_or(Head::Empty, Head::Known));
    }

    /// A task of this key stands in a lane: if it comes before the head, it is the head.
    pub fn offer(&mut self, lane: LaneId, key: OrderKey) {
        match self.lanes[lane.index()].head {
            Head::Empty => self.set_head(lane, Some(key)),
            Head::Known(head) if key < head => self.set_head(lane, Some(key)),
            Head::Known(_) | Head::Unknown => {}
        }
    }

    /// The head of a lane may have changed: whoever drives this looks when it matters, as a
    /// [`Round`] asks.
    pub fn forget_head(&mut self, lane: LaneId) {
        self.place(lane, Head::Unknown);
    }

    /// What is known of the head of a lane.
    #[must_use]
    pub fn head(&self, lane: LaneId) -> Head {
        self.lanes[lane.index()].head
    }
}
