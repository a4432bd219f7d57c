//! What an attempt may know and say.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use duly_core::TaskId;

use crate::progress::Progress;
use crate::sync::{Seat, Wakes};
use crate::task::cell::{Head, Job};

/// What an attempt is told, and where it reports: see
/// [`Task::cooperative`](crate::Task::cooperative).
///
/// ```
/// # use duly_local::Task;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let task = Task::cooperative("export", |context| async move {
///     for page in 1..=10 {
///         if context.is_cancelled() {
///             return Err("cancelled");
///         }
///         context.progress(page as f32 / 10.0, format!("page {page}"));
///     }
///     Ok(())
/// });
/// assert_eq!(task.run().await?, Ok(()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Context {
    job: Arc<dyn Job>,
    attempt: u32,
}

impl Context {
    pub(crate) fn new(job: Arc<dyn Job>, attempt: u32) -> Self {
        Self { job, attempt }
    }

    /// The id of the task.
    ///
    /// ```
    /// # use duly_local::{Task, TaskResult};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let task = Task::cooperative("who", |context| async move {
    ///     TaskResult::Success(context.id().to_string())
    /// });
    /// let id = task.id().to_string();
    /// assert_eq!(task.run().await?, TaskResult::Success(id));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.job.head().id
    }

    /// The number of the attempt, from 1.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{RetryPolicy, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let task = Task::cooperative("third time lucky", |context| async move {
    ///     if context.attempt() < 3 { Err("not yet") } else { Ok(context.attempt()) }
    /// });
    /// let policy = RetryPolicy::exponential(Duration::from_millis(1));
    /// assert_eq!(task.run_with_retry(policy).await?, Ok(3));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether somebody wants the task to stop. It is dropped where it next yields once the
    /// scheduler's grace is over.
    ///
    /// ```
    /// # use duly_local::Task;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let task = Task::cooperative("count", |context| async move {
    ///     (1..=10).take_while(|_| !context.is_cancelled()).last().ok_or("cancelled")
    /// });
    /// assert_eq!(task.run().await?, Ok(10));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.job.head().life(|life| life.orders.cancel)
    }

    /// Waits until somebody wants the task to stop.
    ///
    /// ```
    /// use duly_local::Task;
    ///
    /// let task = Task::cooperative("watch", |context| async move {
    ///     context.cancelled().await;
    ///     // put things away
    /// });
    /// ```
    pub async fn cancelled(&self) {
        let head = self.job.head();
        let mut token = Token {
            head,
            seat: Seat::default(),
        };
        poll_fn(|context| {
            head.life(|life| {
                if life.orders.cancel {
                    return Poll::Ready(());
                }
                life.wait_cancelled(&mut token.seat, context.waker());
                Poll::Pending
            })
        })
        .await;
    }

    /// Says how far the attempt is: `fraction` from 0 to 1, and a short text (cut to 256 bytes). Never
    /// waits for anybody.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let task = Task::cooperative("export", |context| async move { context.progress(0.5, "half") });
    /// let handle = scheduler.submit(task).await?;
    /// let report = handle.progress().next().await.ok_or("no report")?;
    /// assert_eq!((report.fraction, report.text.as_str()), (0.5, "half"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn progress(&self, fraction: f32, text: impl Into<String>) {
        let progress = Progress::new(fraction, text.into());
        let mut wakes = Wakes::default();
        self.job
            .head()
            .life(|life| life.report(progress, &mut wakes));
        wakes.wake();
    }
}

/// Waits for a request to stop, until it is dropped.
struct Token<'a> {
    head: &'a Head,
    seat: Seat,
}

impl Drop for Token<'_> {
    fn drop(&mut self) {
        let waker = self
            .head
            .life(|life| life.wait_cancelled_no_more(&self.seat));
        drop(waker);
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("id", &self.id())
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
