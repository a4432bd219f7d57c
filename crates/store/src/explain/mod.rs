//! Why what waits waits: the answers, and how they come about.
//!
//! A store shows what it knows of one instant as a [`View`]; what follows from that is decided here, once
//! for all stores, from the very lanes and gates that its claims go by.

mod place;
mod queue;
mod reason;
mod task;
mod text;
mod view;

use std::fmt;
use std::time::Duration;

use duly_core::{Incarnation, State, TaskId, Timestamp};

use crate::Name;
use text::Span;

pub use queue::{queue, worker};
pub use reason::{NearMiss, Reason};
pub use task::task;
pub use view::{Pace, QueueView, View};

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

/// How many tasks of its queue come before a task: those with a lesser key that nothing closes but what
/// closes the task, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// How many.
    pub ahead: u64,
    /// It was counted, to [`POSITION_MAX`](crate::bounds::POSITION_MAX). Otherwise it is estimated:
    /// halfway between that and all that stand in line, if there are more; in proportion, if the queue has
    /// more than [`EXPLAIN_LANES_MAX`](crate::bounds::EXPLAIN_LANES_MAX) lanes.
    pub exact: bool,
    /// The tenants of its queue take turns, and of another tenant's tasks of the same class as many were
    /// counted as have their turn before it, by weight.
    pub turns: bool,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.exact { "" } else { "about " };
        match self.ahead {
            0 if self.exact => f.write_str("it is next in its queue")?,
            1 => write!(f, "behind {about}1 task of its queue")?,
            ahead => write!(f, "behind {about}{ahead} tasks of its queue")?,
        }
        match self.turns {
            true => f.write_str(", where tenants take turns"),
            false => Ok(()),
        }
    }
}

/// When a task may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// The instant.
    pub at: Timestamp,
    /// What it is estimated from.
    pub basis: Basis,
}

/// What a start is estimated from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Basis {
    /// The instant at which nothing closes it any more, as far as that is known: nothing of its queue has
    /// started lately.
    Opens,
    /// How fast tasks of its queue have started lately, and how many come before it.
    Pace(Pace),
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opens => f.write_str("once nothing closes it"),
            Self::Pace(pace) => {
                let (started, span) = (pace.started, Span(pace.span));
                write!(f, "at the pace of {started} starts in {span}")
            }
        }
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
    /// [`EXPLAIN_LANES_MAX`](crate::bounds::EXPLAIN_LANES_MAX) lanes, or a lane more than
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

impl Pace {
    /// How long `tasks` more starts take at this pace.
    #[must_use]
    pub fn time_for(&self, tasks: u64) -> Duration {
        let nanos = self.span.as_nanos().saturating_mul(u128::from(tasks));
        let nanos = nanos / u128::from(self.started.max(1));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}
