//! What an attempt may know and say.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use duly_core::TaskId;

use crate::progress::Progress;
use crate::sync::Wakes;
use crate::task::cell::Job;

/// What an attempt is told, and where it reports: see
/// [`Task::cooperative`](crate::Task::cooperative).
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
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.job.head().id
    }

    /// The number of the attempt, from 1.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Whether somebody wants the task to stop. It is dropped where it next yields once the
    /// scheduler's grace is over.
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
        poll_fn(|context| {
            self.job.head().life(|life| {
                if life.orders.cancel {
                    return Poll::Ready(());
                }
                life.wait_cancelled(context.waker());
                Poll::Pending
            })
        })
        .await;
    }

    /// Says how far the attempt is: `fraction` from 0 to 1, and a short text (cut to 256 bytes). Never
    /// waits for anybody.
    pub fn progress(&self, fraction: f32, text: impl Into<String>) {
        let progress = Progress::new(fraction, text.into());
        let mut wakes = Wakes::default();
        self.job
            .head()
            .life(|life| life.report(progress, &mut wakes));
        wakes.wake();
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
