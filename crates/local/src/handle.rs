//! What is left in the hand of whoever handed a task in.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use duly_core::{Priority, TaskId, Timestamp};
use futures_core::Stream;

use crate::error::{Elapsed, TaskError};
use crate::output::Output;
use crate::progress::Reports;
use crate::scheduler::Shared;
use crate::sleep::Sleep;
use crate::status::Status;
use crate::task::cell::{Job, TaskCell};

/// A task that was handed in. It is a future of what the task returns; dropping it does not cancel the
/// task.
///
/// ```
/// use duly_local::{Scheduler, Shutdown, Task};
///
/// # duly_local::block_on(async {
/// let scheduler = Scheduler::builder().workers(1).threads().start();
/// let task = Task::new("add", async { Ok::<_, String>(1 + 1) });
/// let sum = scheduler.submit(task).await.unwrap();
/// assert_eq!(sum.await.unwrap(), Ok(2));
/// # scheduler.shutdown(Shutdown::Now).await;
/// # });
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
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.cell.head().id
    }

    /// The name of the task.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.cell.head().name
    }

    /// When the task was made, to the millisecond.
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        self.id().made_at().unwrap_or_default()
    }

    /// The labels of the task.
    #[must_use]
    pub fn labels(&self) -> &[(String, String)] {
        let options = self.cell.head().options.as_ref();
        options.map_or(&[], |options| &options.labels)
    }

    /// Where the task is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.cell.head().life(|life| life.status())
    }

    /// Waits for the end, and takes what the task returned.
    ///
    /// # Errors
    /// [`TaskError`], if it returned nothing.
    pub async fn wait(self) -> Result<R, TaskError> {
        self.await
    }

    /// Waits for the end, but not longer than `time`. The task goes on either way.
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
    pub fn cancel(&self) -> bool {
        self.with(Shared::cancel)
    }

    /// Changes the priority of the task, if it waits. Whether it did.
    pub fn set_priority(&self, priority: Priority) -> bool {
        self.with(|shared, job| shared.reprioritise(job, priority))
    }

    /// The changes of the status, from now on.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes {
            job: self.cell.clone(),
            seen: None,
        }
    }

    /// What the task reports of its progress.
    #[must_use]
    pub fn progress(&self) -> Reports {
        Reports::new(self.cell.clone())
    }

    fn with(&self, act: impl FnOnce(&Shared, &Arc<dyn Job>) -> bool) -> bool {
        let job: Arc<dyn Job> = self.cell.clone();
        self.shared
            .upgrade()
            .is_some_and(|shared| act(&shared, &job))
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
pub struct Changes {
    job: Arc<dyn Job>,
    seen: Option<Seen>,
}

/// What was read last.
#[derive(Clone, Copy)]
struct Seen {
    version: u32,
    is_final: bool,
}

impl Changes {
    /// The next status; `None` after the final one.
    pub async fn next(&mut self) -> Option<Status> {
        poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &Context<'_>) -> Poll<Option<Status>> {
        if self.seen.is_some_and(|seen| seen.is_final) {
            return Poll::Ready(None);
        }
        let seen = self.seen.map(|seen| seen.version);
        let (now, status) = self.job.head().life(|life| {
            let now = Seen {
                version: life.version,
                is_final: life.phase.is_final(),
            };
            if seen == Some(life.version) {
                life.watch(context.waker());
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
