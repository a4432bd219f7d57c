//! What the workers run.

use std::time::Duration;

use duly_core::TaskId;

use super::{Scheduler, Shared};
use crate::sync::lock;

/// A task that a worker runs: see [`Scheduler::running`](crate::Scheduler::running).
///
/// ```
/// use duly_local::{Scheduler, Task};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).start();
/// let inner = scheduler.clone();
/// let look = Task::new("look", async move { Ok::<_, String>(inner.running()) });
/// let running = scheduler.submit(look).await?.await??;
/// assert_eq!((running[0].worker, running[0].name.as_str()), (0, "look"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Running {
    /// The number of the worker, from 0.
    pub worker: usize,
    /// The id of the task.
    pub id: TaskId,
    /// The name of the task.
    pub name: String,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// How long the attempt has run.
    pub ran: Duration,
}

impl Scheduler {
    /// What the workers run at this instant, in the order of their numbers.
    ///
    /// ```
    /// # use duly_local::Scheduler;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// assert!(scheduler.running().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn running(&self) -> Vec<Running> {
        self.shared().look_at_running()
    }
}

impl Shared {
    pub(super) fn look_at_running(&self) -> Vec<Running> {
        let now = self.clock.now();
        let current = lock(&self.state).current.clone();
        let runs = |(worker, current): (usize, Option<super::state::Current>)| {
            let current = current?;
            Some(Running {
                worker,
                id: current.attempt.task,
                name: current.job.head().name.clone().into_owned(),
                attempt: current.attempt.attempt,
                ran: now.since(current.started),
            })
        };
        current.into_iter().enumerate().filter_map(runs).collect()
    }
}
