//! Why what waits waits: the answers, and how they come about.
//!
//! A store shows what it knows of one instant as a [`View`]; what follows from that is decided here, once
//! for all stores, from the very lanes and gates that its claims go by.

mod queue;
mod task;
mod view;

use duly_core::{Incarnation, State, TaskId, Timestamp};

use crate::Name;

pub use duly_core::explain::{Basis, End, Estimate, NearMiss, Pace, Position, Reach, Reason};
pub use queue::{queue, worker};
pub use task::task;
pub use view::{QueueView, View};

/// Why a task has not started, true of the state and the instant that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The task.
    pub task: TaskId,
    /// Its kind.
    pub kind: Name,
    /// Its queue.
    pub queue: Name,
    /// Where it is in its life.
    pub state: State,
    /// The instant of which all this is true.
    pub at: Timestamp,
    /// All reasons, those that close first. It does not start at this state and instant while one of them
    /// [is closing](Reason::is_closing).
    pub reasons: Vec<Reason>,
    /// Its place in line, if it stands in one.
    pub position: Option<Position>,
    /// When it may start; `None`: nobody can tell, or it has started.
    pub estimated_start: Option<Estimate>,
}

impl Explanation {
    /// Whether it cannot start at this state and instant.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.reasons.iter().any(Reason::is_closing)
    }
}

/// A reason, and how many tasks have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonCount {
    /// The reason.
    pub reason: Reason,
    /// How many tasks in line have it.
    pub tasks: u64,
}

/// Why what stands in a queue does not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueExplanation {
    /// The queue.
    pub queue: Name,
    /// The instant of which all this is true.
    pub at: Timestamp,
    /// How many tasks stand in line.
    pub pending: u64,
    /// How many are not due.
    pub waiting: u64,
    /// How many a worker holds that have not begun.
    pub assigned: u64,
    /// How many run.
    pub running: u64,
    /// The reasons of those that stand in line, summed. One that has several counts under each.
    pub reasons: Vec<ReasonCount>,
    /// How many of those that were looked at may start at once.
    pub ready: u64,
    /// Everything was looked at and counted. Otherwise the queue has more than
    /// [`EXPLAIN_LANES_MAX`](crate::bounds::EXPLAIN_LANES_MAX) lanes, or more than
    /// [`POSITION_MAX`](crate::bounds::POSITION_MAX) tasks, and the numbers say how many there are at least.
    pub exact: bool,
}

/// Why a worker is idle, or has no more to do: what its queues have for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerExplanation {
    /// Its name.
    pub worker: Name,
    /// This life of it.
    pub incarnation: Incarnation,
    /// The instant of which all this is true.
    pub at: Timestamp,
    /// How many attempts it runs at once.
    pub capacity: u32,
    /// How many run.
    pub running: u32,
    /// How many it holds that have not begun.
    pub assigned: u32,
    /// What closes the tasks of its queues and kinds, summed; and its queues in which nothing waits for it.
    pub reasons: Vec<ReasonCount>,
    /// How many tasks it could start at once.
    pub ready: u64,
    /// Everything was looked at and counted; otherwise the numbers say how many there are at least.
    pub exact: bool,
}
