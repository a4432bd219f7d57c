//! The end of a scheduler, in three strengths.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use duly_core::TaskId;
use tracing::warn;

use super::inside::Wait;
use super::stage::Stage;
use super::{Shared, keeper};
use crate::bounds::STUCK_AFTER;
use crate::sleep::Sleep;
use crate::sync::{Wakes, lock};
use crate::task::cell::Job;
use crate::task::life::{Orders, Phase};
use crate::task::work::let_go;

/// How to end: see [`Scheduler::shutdown`](crate::Scheduler::shutdown).
///
/// ```
/// # use std::time::Duration;
/// # use duly_local::{Scheduler, Shutdown};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).start();
/// let left = scheduler.shutdown(Shutdown::Graceful(Duration::from_secs(10))).await;
/// assert!(left.returned.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shutdown {
    /// Take no more tasks in, and finish all that are there: those that wait for their time, and those
    /// that are tried again, too.
    Drain,
    /// Take no more tasks in and begin none; those that run may finish within this time, and are
    /// dropped then.
    Graceful(Duration),
    /// Drop those that run where they next yield, and begin none.
    Now,
}

/// What a shutdown left.
///
/// ```
/// # use duly_local::{Scheduler, Shutdown, Task};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).build();
/// scheduler.submit(Task::new("greet", async {})).await?;
/// let left = scheduler.shutdown(Shutdown::Now).await;
/// for task in &left.returned {
///     println!("{} ({}) was not begun", task.name(), task.id());
/// }
/// for task in &left.stuck {
///     println!("{} ({}) blocks its thread", task.name, task.id);
/// }
/// # assert_eq!((left.returned.len(), left.stuck.len()), (1, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Leftover {
    /// Tasks that were not begun, or were to be tried again, in their order. They may be handed to
    /// another scheduler with [`resubmit`](crate::Scheduler::resubmit); once dropped, their handles
    /// say [`Returned`](crate::TaskError::Returned).
    pub returned: Vec<Returned>,
    /// Tasks that block their threads, so that nothing can stop them.
    pub stuck: Vec<Stuck>,
}

/// A task that a shutdown gave back.
///
/// ```
/// # use duly_local::{Scheduler, Shutdown, Task, TaskError};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).build();
/// let handle = scheduler.submit(Task::new("greet", async {})).await?;
/// let left = scheduler.shutdown(Shutdown::Now).await;
/// drop(left.returned);
/// assert_eq!(handle.await, Err(TaskError::Returned));
/// # Ok(())
/// # }
/// ```
pub struct Returned(pub(super) Option<Arc<dyn Job>>);

impl Returned {
    /// Its id.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Shutdown, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).build();
    /// let handle = scheduler.submit(Task::new("greet", async {})).await?;
    /// let left = scheduler.shutdown(Shutdown::Now).await;
    /// assert_eq!(left.returned[0].id(), handle.id());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.job().head().id
    }

    /// Its name.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Shutdown, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).build();
    /// scheduler.submit(Task::new("greet", async {})).await?;
    /// let left = scheduler.shutdown(Shutdown::Now).await;
    /// assert_eq!(left.returned[0].name(), "greet");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.job().head().name
    }

    pub(super) fn job(&self) -> &Arc<dyn Job> {
        self.0.as_ref().expect("only a drop takes it")
    }
}

impl fmt::Debug for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Returned")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish()
    }
}

impl Drop for Returned {
    fn drop(&mut self) {
        if let Some(job) = self.0.take() {
            let mut wakes = Wakes::default();
            job.head().go(Phase::Returned, None, &mut wakes);
            wakes.wake();
            job.discard();
        }
    }
}

/// A task that blocks its thread: its worker is left behind, and ends when the task does.
///
/// ```
/// # use duly_local::{Scheduler, Shutdown};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let left = Scheduler::builder().workers(1).start().shutdown(Shutdown::Now).await;
/// let names: Vec<_> = left.stuck.iter().map(|task| task.name.as_str()).collect();
/// assert!(names.is_empty(), "these block their threads: {names:?}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stuck {
    /// Its id.
    pub id: TaskId,
    /// Its name.
    pub name: String,
}

impl Shared {
    /// Ends everything, and tells what is left.
    pub(super) async fn shut_down(&self, how: Shutdown) -> Leftover {
        let mut leftover = Leftover::default();
        let time = match how {
            Shutdown::Drain => None,
            Shutdown::Graceful(time) => Some(time),
            Shutdown::Now => Some(Duration::ZERO),
        };
        let inside = self.inside(Wait::End);
        let own = inside.as_ref().map(|inside| inside.worker);
        self.close(time.is_none());
        if self.workers_end(own, time).await.is_err() {
            self.abort(own);
            if self.workers_end(own, Some(STUCK_AFTER)).await.is_err() {
                leftover.stuck = self.leave_stuck(own);
            }
        }
        leftover.returned = self.stop();
        self.join(own).await;
        leftover
    }

    /// Takes nothing in any more, and begins nothing unless it is to be drained.
    pub(super) fn close(&self, drain: bool) {
        let mut wakes = Wakes::default();
        let mut state = lock(&self.state);
        state.stage = match state.stage {
            Stage::Running if drain => Stage::Draining,
            // Nothing runs that could drain it.
            Stage::Made | Stage::Running | Stage::Draining if !drain => Stage::Closing,
            Stage::Made => Stage::Closing,
            stage => stage,
        };
        let recurring = std::mem::take(&mut state.recurring);
        state.room.close(&mut wakes);
        state.wake_all(&mut wakes);
        drop(state);
        wakes.wake();
        // A user's functions go with them, so not under the lock.
        let_go(recurring);
    }

    /// Waits until all workers have ended, or a time is up. The worker whose task asks, if one does, ends
    /// later.
    async fn workers_end(&self, own: Option<usize>, time: Option<Duration>) -> Result<(), ()> {
        let mut time = time.map(Sleep::new);
        poll_fn(|context| {
            if self.poll_workers(own, context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let over = time
                .as_mut()
                .is_some_and(|time| Pin::new(time).poll(context).is_ready());
            if over {
                Poll::Ready(Err(()))
            } else {
                Poll::Pending
            }
        })
        .await
    }

    fn poll_workers(&self, own: Option<usize>, context: &Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        if state.have_ended(own.is_some()) {
            return Poll::Ready(());
        }
        state.closers.add(context.waker());
        Poll::Pending
    }

    /// Tells all that runs to stop where it next yields, but for the task that asks.
    pub(super) fn abort(&self, own: Option<usize>) {
        let mut wakes = Wakes::default();
        let mut state = lock(&self.state);
        state.stage = match state.stage {
            Stage::Stopped => Stage::Stopped,
            _ => Stage::Closing,
        };
        let orders = Orders {
            cancel: true,
            abort: true,
        };
        let others = state.current.iter().enumerate();
        let others = others.filter(|(worker, _)| Some(*worker) != own);
        for current in others.filter_map(|(_, current)| current.as_ref()) {
            current.job.head().order(orders, &mut wakes);
        }
        state.wake_all(&mut wakes);
        drop(state);
        wakes.wake();
    }

    /// Takes what still runs from its workers, but for the task that asks, and names it.
    fn leave_stuck(&self, own: Option<usize>) -> Vec<Stuck> {
        let mut wakes = Wakes::default();
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let workers = 0..state.current.len();
        let stuck: Vec<Stuck> = workers
            .filter(|worker| Some(*worker) != own)
            .filter_map(|worker| {
                let current = state.abandon(worker, now, &mut wakes)?;
                state.left[worker] = true;
                state.alive -= 1;
                let head = current.job.head();
                Some(Stuck {
                    id: head.id,
                    name: head.name.clone().into_owned(),
                })
            })
            .collect();
        drop(state);
        wakes.wake();
        for Stuck { id, name } in &stuck {
            warn!(task = %name, %id, "a task blocks its thread: it is left behind, and so is its worker");
        }
        stuck
    }

    /// The very end, with what never ran, or is to run again.
    pub(super) fn stop(&self) -> Vec<Returned> {
        let mut wakes = Wakes::default();
        let mut state = lock(&self.state);
        state.stage = Stage::Stopped;
        let returned = state.withdraw_waiting(&mut wakes);
        let over = std::mem::take(&mut state.over);
        wakes.extend(state.keeper.take());
        wakes.extend(state.closers.drain());
        drop(state);
        wakes.wake();
        over.into_iter().for_each(keeper::end);
        self.watch.end();
        if let Some(completions) = self.completions() {
            completions.close();
        }
        returned
            .into_iter()
            .map(|job| Returned(Some(job)))
            .collect()
    }
}
