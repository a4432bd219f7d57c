//! What explanations say: why a task has not started, its place in line, and when it may start.
//!
//! What closes a lane is told by [`Dispatch::closings`](crate::dispatch::Dispatch::closings); stores and the
//! in-process scheduler say it in these words.

mod reason;
mod text;

use core::fmt;
use core::time::Duration;

use crate::Timestamp;
use text::Span;

pub use reason::{NearMiss, Reason};

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

/// How fast tasks have started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// So many.
    pub started: u32,
    /// In the time since the oldest event that was looked at.
    pub span: Duration,
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
