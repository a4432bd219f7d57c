//! What is left in the hand of whoever handed a task in.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use duly_core::{Priority, TaskId, Timestamp};
use futures_core::Stream;

use crate::clock::Clock;
use crate::error::{Elapsed, TaskError};
use crate::explain::Explanation;
use crate::output::Output;
use crate::progress::Reports;
use crate::scheduler::Shared;
use crate::scheduler::explain::gone;
use crate::sleep::Sleep;
use crate::status::Status;
use crate::sync::Seat;
use crate::task::cell::{Job, TaskCell};

/// A task that was handed in. It is a future of what the task returns; dropping it does not cancel the
/// task.
///
/// ```
/// use duly_local::{Scheduler, Shutdown, Task};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scheduler = Scheduler::builder().workers(1).start();
/// let task = Task::new("add", async { Ok::<_, String>(1 + 1) });
/// let sum = scheduler.submit(task).await.unwrap();
/// assert_eq!(sum.await.unwrap(), Ok(2));
/// # scheduler.shutdown(Shutdown::Now).await;
/// # }
/// ```
pub struct Handle<R> {
    cell: Arc<TaskCell<R>>,
    shared: Weak<Shared>,
}

impl<R: Output> Handle<R> {
    pub(crate) const fn new(cell: Arc<TaskCell<R>>, shared: Weak<Shared>) -> Self {
        Self { cell, shared }
    }

    /// The id of the task.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let task = Task::new("greet", async {});
    /// let id = task.id();
    /// assert_eq!(scheduler.submit(task).await?.id(), id);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.cell.head().id
    }

    /// The name of the task.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let handle = scheduler.submit(Task::new("greet", async {})).await?;
    /// assert_eq!(handle.name(), "greet");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.cell.head().name
    }

    /// When the task was made, to the millisecond.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let task = Task::new("greet", async {});
    /// let made_at = task.made_at();
    /// assert_eq!(scheduler.submit(task).await?.made_at(), made_at);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        self.id().made_at().unwrap_or_default()
    }

    /// The labels of the task.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let handle = scheduler.submit(Task::new("greet", async {}).label("user", "ada")).await?;
    /// assert_eq!(handle.labels(), [("user".to_owned(), "ada".to_owned())]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn labels(&self) -> &[(String, String)] {
        let options = self.cell.head().options.as_ref();
        options.map_or(&[], |options| &options.labels)
    }

    /// Where the task is.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Status, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let handle = scheduler.submit(Task::new("greet", async { Err::<(), _>("no voice") })).await?;
    /// scheduler.wait_idle().await;
    /// assert_eq!(handle.status(), Status::Failed("no voice".into()));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn status(&self) -> Status {
        self.cell.head().life(|life| life.status())
    }

    /// How many attempts have begun.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let handle = scheduler.submit(Task::new("greet", async {})).await?;
    /// scheduler.wait_idle().await;
    /// assert_eq!(handle.attempts(), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.cell.head().life(|life| life.attempt)
    }

    /// Waits for the end, and takes what the task returned.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let handle = scheduler.submit(Task::new("parse", async { "7".parse::<u32>() })).await?;
    /// assert_eq!(handle.wait().await?, Ok(7));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`TaskError`], if it returned nothing.
    pub async fn wait(self) -> Result<R, TaskError> {
        self.await
    }

    /// Waits for the end, but not longer than `time`. The task goes on either way.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Elapsed, Scheduler, Task, TaskError, sleep};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let nap = Task::new("nap", sleep(Duration::from_secs(60)));
    /// let mut nap = scheduler.submit(nap.after(Duration::from_secs(60))).await?;
    /// assert_eq!(nap.wait_timeout(Duration::from_millis(1)).await, Err(Elapsed));
    /// nap.cancel();
    /// assert_eq!(nap.await, Err(TaskError::Cancelled));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Elapsed`], if the time is over.
    pub async fn wait_timeout(&mut self, time: Duration) -> Result<Result<R, TaskError>, Elapsed> {
        let mut sleep = Sleep::new(time);
        poll_fn(|context| {
            if let Poll::Ready(end) = self.cell.poll_end(context.waker()) {
                return Poll::Ready(Ok(end));
            }
            Pin::new(&mut sleep).poll(context).map(|()| Err(Elapsed))
        })
        .await
    }

    /// Calls the task off. One that waits is cancelled at once; one that runs is told, and dropped
    /// where it next yields once the scheduler's grace is over. Whether the task had not ended.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task, TaskError};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).build();
    /// let handle = scheduler.submit(Task::new("greet", async {})).await?;
    /// assert!(handle.cancel());
    /// assert!(!handle.cancel(), "it has ended");
    /// assert_eq!(handle.await, Err(TaskError::Cancelled));
    /// # Ok(())
    /// # }
    /// ```
    pub fn cancel(&self) -> bool {
        self.with(Shared::cancel)
    }

    /// Why the task has not started: all reasons, its place in line, and when it may start.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let remind = Task::new("remind", async {}).after(Duration::from_secs(90));
    /// let why = scheduler.submit(remind).await?.explain();
    /// println!("{why}"); // remind: queued, and then: it is not due for another 1m 29s …
    /// assert_eq!(why.reasons[0].code(), "not_due");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let job: Arc<dyn Job> = self.cell.clone();
        match self.scheduler() {
            Some(shared) => shared.explain(&job),
            None => gone(&*job, Clock::here().now()),
        }
    }

    /// Changes the priority of the task, if it waits. Whether it did.
    ///
    /// ```
    /// # use duly_local::{Priority, Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).build();
    /// let handle = scheduler.submit(Task::new("greet", async {})).await?;
    /// assert!(handle.set_priority(Priority::Critical));
    /// assert_eq!(scheduler.metrics().depth[0], 1, "the most urgent");
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_priority(&self, priority: Priority) -> bool {
        self.with(|shared, job| shared.reprioritise(job, priority))
    }

    /// The changes of the status, from now on.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let handle = scheduler.submit(Task::new("greet", async {})).await?;
    /// let mut changes = handle.changes();
    /// while let Some(status) = changes.next().await {
    ///     println!("{}: {status}", handle.name());
    /// }
    /// assert!(handle.status().is_final());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes {
            job: self.cell.clone(),
            seen: None,
            seat: Seat::default(),
        }
    }

    /// What the task reports of its progress.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let task = Task::cooperative("export", |context| async move {
    ///     for page in 1..=3 {
    ///         context.progress(page as f32 / 3.0, format!("page {page}"));
    ///     }
    /// });
    /// let mut reports = scheduler.submit(task).await?.progress();
    /// while let Some(report) = reports.next().await {
    ///     println!("{:.0} %, {}", report.fraction * 100.0, report.text);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn progress(&self) -> Reports {
        Reports::new(self.cell.clone())
    }

    fn with(&self, act: impl FnOnce(&Shared, &Arc<dyn Job>) -> bool) -> bool {
        let job: Arc<dyn Job> = self.cell.clone();
        self.scheduler().is_some_and(|shared| act(&shared, &job))
    }

    /// The scheduler that has it, if that is still there.
    fn scheduler(&self) -> Option<Arc<Shared>> {
        let moved = self.cell.head().life(|life| life.moved());
        moved.as_ref().unwrap_or(&self.shared).upgrade()
    }
}

impl<R: Output> Future for Handle<R> {
    type Output = Result<R, TaskError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.cell.poll_end(context.waker())
    }
}

impl<R: Output> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("status", &self.status())
            .finish()
    }
}

/// The status of a task, each time it has changed: the first is that of the moment, the last is final.
/// Who reads slowly misses what lay between. Made by [`Handle::changes`].
///
/// ```
/// # use duly_local::{Scheduler, Status, Task};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).build();
/// let mut changes = scheduler.submit(Task::new("greet", async {})).await?.changes();
/// assert_eq!(changes.next().await, Some(Status::Queued));
/// # Ok(())
/// # }
/// ```
pub struct Changes {
    job: Arc<dyn Job>,
    seen: Option<Seen>,
    seat: Seat,
}

impl Drop for Changes {
    fn drop(&mut self) {
        let head = self.job.head();
        let waker = head.life(|life| life.watch_no_more(&self.seat));
        drop(waker);
    }
}

/// What was read last.
#[derive(Clone, Copy)]
struct Seen {
    version: u32,
    is_final: bool,
}

impl Changes {
    /// The next status; `None` after the final one.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Status, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).build();
    /// let handle = scheduler.submit(Task::new("greet", async {})).await?;
    /// handle.cancel();
    /// let mut changes = handle.changes();
    /// assert_eq!(changes.next().await, Some(Status::Cancelled));
    /// assert_eq!(changes.next().await, None);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Status> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &Context<'_>) -> Poll<Option<Status>> {
        if self.seen.is_some_and(|seen| seen.is_final) {
            return Poll::Ready(None);
        }
        let seen = self.seen.map(|seen| seen.version);
        let seat = &mut self.seat;
        let (now, status) = self.job.head().life(|life| {
            let now = Seen {
                version: life.version,
                is_final: life.phase.is_final(),
            };
            if seen == Some(life.version) {
                life.watch(seat, context.waker());
                return (now, None);
            }
            (now, Some(life.status()))
        });
        match status {
            None => Poll::Pending,
            Some(status) => {
                self.seen = Some(now);
                Poll::Ready(Some(status))
            }
        }
    }
}

impl Stream for Changes {
    type Item = Status;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Status>> {
        self.poll(context)
    }
}
