//! How far a task is.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::bounds::PROGRESS_BYTES_MAX;
use crate::sync::Seat;
use crate::task::cell::Job;

/// A report of progress.
///
/// ```
/// # use duly_local::{Scheduler, Task};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).start();
/// let task = Task::cooperative("export", |context| async move { context.progress(7.0, "done") });
/// let mut reports = scheduler.submit(task).await?.progress();
/// assert_eq!(reports.next().await.map(|report| report.fraction), Some(1.0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// How much is done: from 0 to 1.
    pub fraction: f32,
    /// In words: at most 256 bytes.
    pub text: String,
}

impl Progress {
    pub(crate) fn new(fraction: f32, mut text: String) -> Self {
        let fraction = if fraction.is_nan() { 0.0 } else { fraction };
        let end = text.floor_char_boundary(PROGRESS_BYTES_MAX);
        text.truncate(end);
        Self {
            fraction: fraction.clamp(0.0, 1.0),
            text,
        }
    }
}

/// The reports of a task, from the oldest that is kept; it ends with the task. Made by
/// [`Handle::progress`](crate::Handle::progress).
///
/// The task never waits for whoever reads: 64 reports are kept, and the oldest gives way.
///
/// ```
/// # use duly_local::{Scheduler, Task};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).start();
/// let task = Task::cooperative("export", |context| async move { context.progress(0.5, "half") });
/// let mut reports = scheduler.submit(task).await?.progress();
/// assert_eq!(reports.next().await.map(|report| report.text), Some("half".into()));
/// assert_eq!(reports.next().await, None, "the task has ended");
/// # Ok(())
/// # }
/// ```
pub struct Reports {
    job: Arc<dyn Job>,
    next: u64,
    missed: u64,
    seat: Seat,
}

impl Drop for Reports {
    fn drop(&mut self) {
        let head = self.job.head();
        let waker = head.life(|life| life.watch_no_more(&self.seat));
        drop(waker);
    }
}

impl Reports {
    pub(crate) fn new(job: Arc<dyn Job>) -> Self {
        Self {
            job,
            next: 0,
            missed: 0,
            seat: Seat::default(),
        }
    }

    /// The next report; `None` once the task has ended and all were read.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let mut reports = scheduler.submit(Task::new("silent", async {})).await?.progress();
    /// assert_eq!(reports.next().await, None);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Progress> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// How many reports gave way before they were read.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let task = Task::cooperative("count", |context| async move {
    ///     (0..100).for_each(|n| context.progress(n as f32 / 100.0, n.to_string()));
    /// });
    /// let handle = scheduler.submit(task).await?;
    /// scheduler.wait_idle().await;
    /// let mut reports = handle.progress();
    /// assert_eq!(reports.next().await.map(|report| report.text), Some("36".into()));
    /// assert_eq!(reports.missed(), 36);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn missed(&self) -> u64 {
        self.missed
    }

    fn poll(&mut self, context: &Context<'_>) -> Poll<Option<Progress>> {
        let from = self.next;
        let seat = &mut self.seat;
        let found = self.job.head().life(|life| {
            let report = life.report_from(from);
            let ended = life.phase.is_final();
            if report.is_none() && !ended {
                life.watch(seat, context.waker());
                return Poll::Pending;
            }
            Poll::Ready(report)
        });
        found.map(|report| {
            let (number, progress) = report?;
            self.missed += number - from;
            self.next = number + 1;
            Some(progress)
        })
    }
}

impl Stream for Reports {
    type Item = Progress;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Progress>> {
        self.poll(context)
    }
}
