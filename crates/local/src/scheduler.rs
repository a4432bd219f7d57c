//! The scheduler: a queue, workers, and what is known of them.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use duly_core::Incarnation;
use tracing::warn;

use crate::clock::{self, Clock};
use crate::error::{Refused, RefusedBatch};
use crate::handle::Handle;
use crate::metrics::Metrics;
use crate::output::Output;
use crate::sync::{Mutex, Seat, Wakes, lock};
use crate::task::Task;
use crate::task::cell::Job;

mod attempt;
mod builder;
mod claim;
mod completions;
mod driver;
pub(crate) mod explain;
mod inside;
mod keeper;
mod limits;
mod recurring;
mod room;
mod runners;
mod running;
mod shutdown;
mod stage;
mod state;
mod submit;
mod time;
mod watch;
mod worker;

pub use builder::Builder;
pub use completions::{Completion, Completions, WhenFull};
pub use recurring::Recurring;
pub use running::Running;
pub use shutdown::{Leftover, Returned, Shutdown, Stuck};

use completions::Buffer;
use driver::Driver;
use inside::Wait;
use runners::{Part, Runners};
use stage::Stage;
use state::Cancelled;
pub(crate) use state::State;
use watch::Watch;

/// What a builder decided.
struct Settings {
    capacity: usize,
    grace: Duration,
    blocked_after: Duration,
    report_every: Option<Duration>,
    completions: Option<Arc<Buffer>>,
    fair: bool,
}

/// What the workers, the handles and the owner share.
pub(crate) struct Shared {
    state: Mutex<State>,
    clock: Clock,
    driver: Driver,
    workers: usize,
    watch: Watch,
    grace: Duration,
    report_every: Option<Duration>,
    completions: Option<Arc<Buffer>>,
    runners: Mutex<Runners>,
}

impl Shared {
    fn new(driver: Driver, workers: usize, settings: Settings) -> Self {
        let clock = driver.clock();
        let now = clock.now();
        let mut random = [0; 10];
        random[..8].copy_from_slice(&clock::random().to_le_bytes());
        let holder = Incarnation::new(now, random);
        Self {
            state: Mutex::new(State::new(&settings, holder, now)),
            clock,
            driver,
            workers,
            watch: Watch::new(workers, Some(settings.blocked_after)),
            grace: settings.grace,
            report_every: settings.report_every,
            completions: settings.completions,
            runners: Mutex::new(Runners::default()),
        }
    }

    fn completions(&self) -> Option<&Buffer> {
        self.completions.as_deref()
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let now = self.clock.now();
        let state = lock(&self.state);
        let (meters, running) = (state.meters.clone(), state.running());
        drop(state);
        meters.read(now, self.workers, running)
    }

    /// Calls a task off. Whether that changed anything.
    pub(crate) fn cancel(&self, job: &Arc<dyn Job>) -> bool {
        let mut wakes = Wakes::default();
        let cancelled = lock(&self.state).cancel(job, &mut wakes);
        wakes.wake();
        if cancelled == Cancelled::Ended {
            job.discard();
        }
        cancelled != Cancelled::Nothing
    }

    /// Changes the priority of a task that waits. Whether it did wait.
    pub(crate) fn reprioritise(&self, job: &Arc<dyn Job>, priority: duly_core::Priority) -> bool {
        lock(&self.state).reprioritise(job, priority)
    }
}

/// Runs tasks: the most urgent first, so many at a time.
///
/// It is a handle: clones are the same scheduler. End it with [`shutdown`](Self::shutdown); if the last
/// clone is dropped with work left, that work is dropped too, and the log says so.
///
/// ```
/// use duly_local::{Priority, Scheduler, Shutdown, Task};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scheduler = Scheduler::builder().workers(2).start();
/// let task = Task::new("greet", async { Ok::<_, String>("hello") }).priority(Priority::High);
/// let greeting = scheduler.submit(task).await.unwrap();
/// assert_eq!(greeting.wait().await.unwrap(), Ok("hello"));
/// scheduler.shutdown(Shutdown::Drain).await;
/// # }
/// ```
#[derive(Clone)]
pub struct Scheduler {
    owner: Arc<Owner>,
}

/// The last clone of a scheduler to go.
struct Owner(Arc<Shared>);

impl Scheduler {
    /// What a scheduler can be told.
    ///
    /// ```
    /// # use duly_local::Scheduler;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(4).capacity(1_000).start();
    /// assert_eq!(scheduler.metrics().workers, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn new(shared: Shared) -> Self {
        Self {
            owner: Arc::new(Owner(Arc::new(shared))),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.owner.0
    }

    /// Starts the workers. Starting twice changes nothing, and neither does starting what was shut
    /// down.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).build();
    /// let handle = scheduler.submit(Task::new("greet", async {})).await?;
    /// scheduler.start();
    /// scheduler.start();
    /// assert_eq!(handle.await, Ok(()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If the system gives no thread for a worker.
    pub fn start(&self) {
        let shared = self.shared();
        let mut runners = lock(&shared.runners);
        let mut state = lock(&shared.state);
        if state.stage != Stage::Made {
            return;
        }
        state.stage = Stage::Running;
        state.alive = shared.workers;
        state.current = vec![None; shared.workers];
        state.left = vec![false; shared.workers];
        state.ended = vec![false; shared.workers];
        state.is_idle = vec![false; shared.workers];
        drop(state);
        // All of them before the first runs: if the system gives no thread for one, all others have left.
        let workers: Vec<_> = (0..shared.workers)
            .map(|worker| worker::work(shared.clone(), worker))
            .collect();
        for (worker, work) in workers.into_iter().enumerate() {
            let runner = shared.driver.spawn(format!("duly-{worker}"), work);
            runners.push(Part::Worker(worker, runner));
        }
        let keep = keeper::keep(shared.clone());
        let keeper = shared.driver.spawn("duly-keeper".to_owned(), keep);
        runners.push(Part::Keeper(keeper));
        if let Some(watch) = watch::spawn(shared) {
            runners.push(Part::Watch(watch));
        }
    }

    /// Hands a task in, and waits for room as long as the queue is full: those who wait get in in the
    /// order in which they came. If this is dropped before it is done, so is the task: it was not handed
    /// in.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).capacity(1).start();
    /// for n in 0..100 {
    ///     scheduler.submit(Task::new("page", async move { println!("page {n}") })).await?;
    /// }
    /// scheduler.wait_idle().await;
    /// assert_eq!(scheduler.metrics().counts.completed, 100);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Refused`], with the task: another with its name and unique key has not ended, or the
    /// scheduler was shut down.
    pub async fn submit<R: Output>(&self, task: Task<R>) -> Result<Handle<R>, Refused<R>> {
        self.shared().submit(task).await
    }

    /// Hands a task in, if there is room.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Reason, Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let report = || Task::new("report", async {}).unique_key("2026-11").after(Duration::from_secs(60));
    /// let first = scheduler.try_submit(report())?;
    /// let second = scheduler.try_submit(report()).unwrap_err();
    /// assert_eq!(second.reason, Reason::TaskExists { id: first.id() });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Refused`], with the task: the queue is full, another with its name and unique key has not
    /// ended, or the scheduler was shut down.
    pub fn try_submit<R: Output>(&self, task: Task<R>) -> Result<Handle<R>, Refused<R>> {
        self.shared().try_submit(task)
    }

    /// Hands tasks in, in their order, and waits for room as often as it must. If this is dropped before
    /// it is done, the tasks that were taken in run, without handles, and the others are dropped.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(2).capacity(10).start();
    /// let tasks = (0..100).map(|n| Task::new("square", async move { Ok::<_, String>(n * n) }));
    /// for (n, handle) in scheduler.submit_batch(tasks.collect()).await?.into_iter().enumerate() {
    ///     assert_eq!(handle.await?, Ok(n * n));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`RefusedBatch`]: it was not taken in to its end.
    pub async fn submit_batch<R: Output>(
        &self,
        tasks: Vec<Task<R>>,
    ) -> Result<Vec<Handle<R>>, RefusedBatch<R>> {
        self.shared().submit_batch(tasks).await
    }

    /// Hands tasks in, if there is room for all of them.
    ///
    /// ```
    /// # use duly_local::{Reason, Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).capacity(2).build();
    /// let tasks = |n| (0..n).map(|_| Task::new("page", async {})).collect();
    /// let refused = scheduler.try_submit_batch(tasks(3)).unwrap_err();
    /// assert_eq!(refused.reason, Reason::QueueFull { capacity: 2 });
    /// assert_eq!(scheduler.try_submit_batch(tasks(2))?.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`RefusedBatch`]: there was not, or it was not taken in to its end.
    pub fn try_submit_batch<R: Output>(
        &self,
        tasks: Vec<Task<R>>,
    ) -> Result<Vec<Handle<R>>, RefusedBatch<R>> {
        self.shared().try_submit_batch(tasks)
    }

    /// Waits until no task is queued or running. Tasks that wait for their time count as queued. What
    /// ended is among the [`Completions`] by then, if there was room.
    ///
    /// A task of the scheduler may wait for it, too: such tasks do not count for each other. If they occupy
    /// all workers, so that nobody could run what is queued, they wait no longer.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let handle = scheduler.submit(Task::new("greet", async {})).await?;
    /// scheduler.wait_idle().await;
    /// assert!(handle.status().is_final());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_idle(&self) {
        let mut idle = Idle {
            shared: self.shared(),
            seat: Seat::default(),
        };
        let inside = self.shared().inside(Wait::Idle);
        poll_fn(|context| {
            let mut state = lock(&idle.shared.state);
            if state.is_quiet() || inside.is_some() && state.is_quiet_inside() {
                return Poll::Ready(());
            }
            state.quiet.wait(&mut idle.seat, context.waker());
            Poll::Pending
        })
        .await;
    }

    /// Ends the scheduler. Handing tasks in is an error from here on. Once this returns, no thread and
    /// no task of the scheduler is left but those that it names as stuck.
    ///
    /// If this is dropped before it is done, the scheduler still takes nothing in, and a drain goes on;
    /// but no deadline is kept until it is called again, which may be with another strength.
    ///
    /// A task of the scheduler may wait for it, too. It is left out of it: it goes on once all other workers
    /// have ended, and its own ends with it; what only that one could have run comes back. This is known of
    /// what the task polls itself, not of what it spawns elsewhere.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Scheduler, Shutdown, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let tomorrow = Task::new("greet", async {}).after(Duration::from_secs(24 * 3600));
    /// scheduler.submit(tomorrow).await?;
    /// let left = scheduler.shutdown(Shutdown::Graceful(Duration::from_secs(10))).await;
    /// assert_eq!(left.returned[0].name(), "greet");
    /// assert!(left.stuck.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shutdown(&self, how: Shutdown) -> Leftover {
        self.shared().shut_down(how).await
    }

    /// The numbers at this instant.
    ///
    /// ```
    /// # use duly_local::Scheduler;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// println!("{}", scheduler.metrics());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.shared().metrics()
    }
}

/// Waits until there is nothing to do, until it is dropped.
struct Idle<'a> {
    shared: &'a Shared,
    seat: Seat,
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        let waker = lock(&self.shared.state).quiet.leave(&self.seat);
        drop(waker);
    }
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler")
            .field("workers", &self.shared().workers)
            .field("driver", &self.shared().driver)
            .finish_non_exhaustive()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let state = lock(&self.0.state);
        let (stage, queued, running) = (state.stage, state.waiting(), state.running());
        drop(state);
        if stage == Stage::Stopped {
            return;
        }
        if queued + running > 0 {
            warn!(
                queued,
                running,
                "a scheduler was dropped with work left, which is dropped too: \
                 call `shutdown` or `wait_idle` before"
            );
        }
        self.0.abort(None);
        drop(self.0.stop());
    }
}
