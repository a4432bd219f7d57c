//! What can go wrong: with a task, and with handing one in.

use std::fmt;
use std::time::Duration;

use duly_core::{TaskId, duration};

use crate::Task;

/// Why a task ended without returning anything.
///
/// ```
/// # use duly_local::{Task, TaskError};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let task: Task<()> = Task::new("oops", async { panic!("out of paper") });
/// let error = task.run().await.unwrap_err();
/// assert_eq!(error, TaskError::Panicked { message: "out of paper".into() });
/// assert_eq!(error.to_string(), "the task panicked: out of paper");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskError {
    /// Somebody cancelled it.
    Cancelled,
    /// Its last attempt ran out of time.
    TimedOut {
        /// The time that an attempt had.
        after: Duration,
    },
    /// Its last attempt panicked.
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// A deadline passed while it waited.
    Expired,
    /// A shutdown dropped it while it ran.
    Aborted,
    /// A shutdown gave it back before it ran, and nobody handed it in again.
    Returned,
    /// What it returned was taken before.
    Taken,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the task was cancelled"),
            Self::TimedOut { after } => {
                let after = duration::exact(*after);
                write!(f, "the task ran out of its time of {after}")
            }
            Self::Panicked { message } => write!(f, "the task panicked: {message}"),
            Self::Expired => f.write_str("a deadline passed while the task waited"),
            Self::Aborted => f.write_str("the scheduler was shut down while the task ran"),
            Self::Returned => f.write_str("the scheduler was shut down before the task ran"),
            Self::Taken => f.write_str("what the task returned was taken before"),
        }
    }
}

impl std::error::Error for TaskError {}

/// Why a task was not taken in.
///
/// ```
/// # use duly_local::{Reason, Scheduler, Task};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).capacity(1).build();
/// scheduler.try_submit(Task::new("first", async {}))?;
/// let refused = scheduler.try_submit(Task::new("second", async {})).unwrap_err();
/// assert_eq!(refused.reason, Reason::QueueFull { capacity: 1 });
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// As many tasks wait as may: wait for room with `submit`, or come back later.
    QueueFull {
        /// How many may wait.
        capacity: usize,
    },
    /// Another task of this name with this unique key is queued or running.
    TaskExists {
        /// The other task.
        id: TaskId,
    },
    /// It names more limits than a task may.
    TaskLimits {
        /// How many it may.
        most: usize,
    },
    /// It names a limit that nobody has named before, and there are as many names of limits as may be.
    LimitNames {
        /// How many that is.
        most: usize,
    },
    /// It is of a tenant that nobody has named before, and there are as many tenants as may be.
    Tenants {
        /// How many that is.
        most: usize,
    },
    /// The scheduler was shut down.
    Closed,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QueueFull { capacity } => write!(
                f,
                "the queue is full: {capacity} tasks wait; wait for room with submit, or come back later"
            ),
            Self::TaskExists { id } => write!(
                f,
                "task {id} has the same name and unique key, and has not ended: wait until it has, or cancel it"
            ),
            Self::TaskLimits { most } => {
                write!(f, "a task may name {most} limits, and it names more")
            }
            Self::LimitNames { most } => write!(
                f,
                "it names a new limit, and there are {most}, which is as many as may be"
            ),
            Self::Tenants { most } => write!(
                f,
                "it is of a new tenant, and there are {most}, which is as many as may be"
            ),
            Self::Closed => f.write_str("the scheduler was shut down, and takes no more tasks"),
        }
    }
}

impl std::error::Error for Reason {}

/// A task that was not taken in, and why.
///
/// ```
/// # use duly_local::{Scheduler, Shutdown, Task};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).start();
/// scheduler.shutdown(Shutdown::Now).await;
/// let refused = scheduler.submit(Task::new("late", async {})).await.unwrap_err();
/// assert_eq!(refused.task.name(), "late");
/// assert_eq!(
///     refused.to_string(),
///     "late: the scheduler was shut down, and takes no more tasks"
/// );
/// # Ok(())
/// # }
/// ```
pub struct Refused<R> {
    /// Why.
    pub reason: Reason,
    /// The task, as it was handed in.
    pub task: Task<R>,
}

impl<R> fmt::Debug for Refused<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("reason", &self.reason)
            .field("task", &self.task)
            .finish()
    }
}

impl<R> fmt::Display for Refused<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.task.name(), self.reason)
    }
}

impl<R> std::error::Error for Refused<R> {}

/// A batch that was not taken in, or not to its end, and why.
///
/// ```
/// # use duly_local::{Scheduler, Task};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).capacity(2).build();
/// let tasks = (0..3).map(|_| Task::new("page", async {})).collect();
/// let refused = scheduler.try_submit_batch(tasks).unwrap_err();
/// assert_eq!((refused.handles.len(), refused.tasks.len()), (0, 3));
/// # Ok(())
/// # }
/// ```
pub struct RefusedBatch<R> {
    /// Why.
    pub reason: Reason,
    /// Handles of those that were taken in: the first ones.
    pub handles: Vec<crate::Handle<R>>,
    /// The others, in their order.
    pub tasks: Vec<Task<R>>,
}

impl<R> fmt::Debug for RefusedBatch<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusedBatch")
            .field("reason", &self.reason)
            .field("taken", &self.handles.len())
            .field("left", &self.tasks.len())
            .finish()
    }
}

impl<R> fmt::Display for RefusedBatch<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (taken, left) = (self.handles.len(), self.tasks.len());
        write!(f, "{taken} taken in, {left} not: {}", self.reason)
    }
}

impl<R> std::error::Error for RefusedBatch<R> {}

/// The time is over, and the task has not ended; it goes on.
///
/// ```
/// # use std::time::Duration;
/// # use duly_local::{Elapsed, Scheduler, Task};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).build();
/// let mut handle = scheduler.submit(Task::new("never begun", async {})).await?;
/// assert_eq!(handle.wait_timeout(Duration::from_millis(1)).await, Err(Elapsed));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the task has not ended within the time to wait; it goes on")
    }
}

impl std::error::Error for Elapsed {}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `?` asks of an error that goes into a `Box<dyn Error + Send + Sync>`.
    fn travels<E: std::error::Error + Send + Sync + 'static>() {}

    #[test]
    fn errors_travel_whatever_a_task_returns() {
        type NotSync = Result<std::cell::Cell<u8>, String>;
        travels::<Refused<NotSync>>();
        travels::<RefusedBatch<NotSync>>();
        travels::<TaskError>();
        travels::<Elapsed>();
        travels::<Reason>();
    }
}
