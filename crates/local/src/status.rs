//! Where a task is in its life.

use std::fmt;

use crate::output::TaskResult;

/// Where a task is in its life.
///
/// ```
/// use duly_local::{Scheduler, Status, Task};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scheduler = Scheduler::builder().workers(1).build();
/// let task = scheduler.try_submit(Task::new("greet", async {})).unwrap();
/// assert_eq!(task.status(), Status::Queued, "nothing runs before the start");
/// # scheduler.shutdown(duly_local::Shutdown::Now).await;
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Waits for its time, for a permit, or for a worker.
    Queued,
    /// Runs.
    Running {
        /// The number of the attempt, from 1.
        attempt: u32,
    },
    /// An attempt failed, and another will follow.
    Retrying {
        /// The number of the attempt that failed.
        attempt: u32,
        /// Why it failed.
        reason: String,
    },
    /// Done, with what its [`TaskResult`] says, if it returned one.
    Completed(String),
    /// Failed, and why.
    Failed(String),
    /// Its last attempt ran out of time.
    TimedOut,
    /// Somebody cancelled it.
    Cancelled,
    /// A deadline passed while it waited.
    Expired,
    /// A shutdown dropped it while it ran.
    Aborted,
    /// A shutdown gave it back before it ran.
    Returned,
}

impl Status {
    /// Whether nothing more will happen to it.
    ///
    /// ```
    /// # use duly_local::Status;
    /// assert!(Status::Cancelled.is_final());
    /// assert!(!Status::Running { attempt: 1 }.is_final());
    /// ```
    #[must_use]
    pub const fn is_final(&self) -> bool {
        !matches!(
            self,
            Self::Queued | Self::Running { .. } | Self::Retrying { .. }
        )
    }

    /// The result, if its future came to an end.
    ///
    /// ```
    /// # use duly_local::{Status, TaskResult};
    /// assert_eq!(Status::TimedOut.result(), Some(TaskResult::Timeout));
    /// assert_eq!(Status::Cancelled.result(), None);
    /// ```
    #[must_use]
    pub fn result(&self) -> Option<TaskResult> {
        match self {
            Self::Completed(text) => Some(TaskResult::Success(text.clone())),
            Self::Failed(text) => Some(TaskResult::Failure(text.clone())),
            Self::TimedOut => Some(TaskResult::Timeout),
            _ => None,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, text) = match self {
            Self::Queued => ("queued", ""),
            Self::Running { attempt } => return write!(f, "running, attempt {attempt}"),
            Self::Retrying { attempt, reason } => {
                return write!(f, "retrying after attempt {attempt}: {reason}");
            }
            Self::Completed(text) => ("completed", text.as_str()),
            Self::Failed(text) => ("failed", text.as_str()),
            Self::TimedOut => ("timed out", ""),
            Self::Cancelled => ("cancelled", ""),
            Self::Expired => ("expired", ""),
            Self::Aborted => ("aborted", ""),
            Self::Returned => ("returned", ""),
        };
        if text.is_empty() {
            f.write_str(word)
        } else {
            write!(f, "{word}: {text}")
        }
    }
}
