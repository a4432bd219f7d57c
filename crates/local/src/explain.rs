//! Why a task has not started: the words that stored tasks have, too.

use std::fmt;

use duly_core::{Name, TaskId, Timestamp};

use crate::status::Status;

pub use duly_core::explain::{Basis, Estimate, NearMiss, Pace, Position, Reason};

/// Why a task has not started, true of the instant that it names: see
/// [`Handle::explain`](crate::Handle::explain). It shows itself as sentences.
///
/// ```
/// use std::time::Duration;
/// use duly_local::explain::Reason;
/// use duly_local::{Limit, Scheduler, Status, Task, sleep};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(4).start();
/// scheduler.limits().define("disk", Limit::concurrency(1))?;
/// let scan = || Task::new("scan", sleep(Duration::from_secs(60))).limit("disk");
/// let first = scheduler.submit(scan()).await?;
/// let mut changes = first.changes();
/// while changes.next().await == Some(Status::Queued) {}
///
/// let why = scheduler.submit(scan()).await?.explain();
/// assert!(why.is_closed());
/// let Reason::LimitFull { in_use, at_most, .. } = &why.reasons[0] else { panic!("{why}") };
/// assert_eq!((*in_use, *at_most), (1, 1));
/// assert_eq!(why.reasons[0].sentence(why.at).to_string(), "limit \"disk\" is at 1 of 1");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The task.
    pub task: TaskId,
    /// Its name.
    pub name: Name,
    /// Where it is.
    pub status: Status,
    /// The instant of which all this is true.
    pub at: Timestamp,
    /// All reasons, those that close first. It does not start at this instant while one of them
    /// [is closing](Reason::is_closing).
    pub reasons: Vec<Reason>,
    /// Its place in line, if it stands there.
    pub position: Option<Position>,
    /// When it may start, at the pace of the tasks that were done in the last ten seconds; `None`: nobody
    /// can tell, or it has started.
    pub estimated_start: Option<Estimate>,
}

impl Explanation {
    /// Whether it cannot start at this instant.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).build();
    /// let handle = scheduler.submit(Task::new("greet", async {})).await?;
    /// assert!(handle.explain().is_closed(), "the scheduler was not started");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.reasons.iter().any(Reason::is_closing)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.status)?;
        for reason in &self.reasons {
            write!(f, "\n- {}", reason.sentence(self.at))?;
        }
        if let Some(position) = &self.position {
            write!(f, "\n- {position}")?;
        }
        if let Some(start) = &self.estimated_start {
            write!(f, "\n- {}", start.sentence(self.at))?;
        }
        Ok(())
    }
}
