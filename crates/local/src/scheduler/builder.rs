//! How a scheduler is to be.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use duly_core::{Limit, Name, Rate};

use super::completions::{Buffer, Completions, WhenFull};
use super::driver::Driver;
use super::{Scheduler, Shared};
use crate::bounds::{
    BLOCKED_AFTER_DEFAULT, CAPACITY_DEFAULT, GRACE_DEFAULT, NAMES_MAX, WORKERS_MAX,
};
use crate::limits::Subject;
#[cfg(doc)]
use crate::task::Task;

/// How a scheduler is to be: made by [`Scheduler::builder`]. What is not said has a default: as many
/// workers as the machine has cores, room for 10,000 tasks, no rates, a grace of 5 s, a warning after
/// 1 s in one poll, no reports, no completions.
///
/// ```
/// use std::time::Duration;
/// use duly_local::{Rate, Scheduler};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scheduler = Scheduler::builder()
///     .workers(4)
///     .capacity(1_000)
///     .rate_for("fetch", Rate::new(5, Duration::from_secs(1)))
///     .start();
/// # scheduler.shutdown(duly_local::Shutdown::Now).await;
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `build` or `start`"]
pub struct Builder {
    pub(super) workers: Option<usize>,
    pub(super) capacity: Option<usize>,
    rate: Option<Rate>,
    rates: Vec<(String, Rate)>,
    fair: bool,
    pub(super) grace: Option<Duration>,
    pub(super) blocked_after: Option<Duration>,
    pub(super) report_every: Option<Duration>,
    pub(super) completions: Option<Arc<Buffer>>,
    driver: Option<Driver>,
}

impl Builder {
    /// How many tasks run at once, exactly: never more, whatever happens. As many as the machine has
    /// cores unless given; on plain threads three quarters of that, and at least one. At least 1 and at most
    /// 4,096: what lies beyond is moved there.
    ///
    /// ```
    /// # use duly_local::Scheduler;
    /// let builder = Scheduler::builder().workers(8);
    /// ```
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers.clamp(1, WORKERS_MAX));
        self
    }

    /// How many tasks may wait, for a worker, a permit, their time, or their next attempt: 10,000 unless
    /// given, and at least 1. Those that run do not count; one that is to be tried again finds room
    /// even if there is none.
    ///
    /// ```
    /// # use duly_local::Scheduler;
    /// let builder = Scheduler::builder().capacity(100_000);
    /// ```
    pub fn capacity(mut self, tasks: usize) -> Self {
        self.capacity = Some(tasks.max(1));
        self
    }

    /// How many attempts may begin per period, all names together. As many as there are workers for
    /// unless given. It is the [limit](Scheduler::limits) `rate`, attached to all tasks, and may be changed
    /// and removed as such.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Rate, Scheduler};
    /// let five_a_second = Rate::new(5, Duration::from_secs(1));
    /// let builder = Scheduler::builder().rate(five_a_second);
    /// ```
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// How many attempts of this name may begin per period. Tasks that wait for that keep their order,
    /// and hold up no others. It is the [limit](Scheduler::limits) `rate:NAME`, attached to the name, and may
    /// be changed and removed as such. At most 999 names have a rate; what is said of more is ignored.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Rate, Scheduler};
    /// let steady = Rate::new(5, Duration::from_secs(1)).burst(1);
    /// let builder = Scheduler::builder().rate_for("fetch", steady);
    /// ```
    pub fn rate_for(mut self, name: impl Into<String>, rate: Rate) -> Self {
        let name = name.into();
        self.rates.retain(|(other, _)| *other != name);
        if self.rates.len() < NAMES_MAX {
            self.rates.push((name, rate));
        }
        self
    }

    /// [Tenants](Task::tenant) take turns within a priority, by [weight](Scheduler::tenant), whatever each has
    /// queued; who was idle has no credit. Tasks of no tenant take turns as one. They do not unless this is
    /// called: then it is first in, first out among equals.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(4).fair().start();
    /// for n in 0..1_000 {
    ///     scheduler.submit(Task::new("report", async move { println!("{n}") }).tenant("big")).await?;
    /// }
    /// // It waits for a turn, not for a thousand reports.
    /// scheduler.submit(Task::new("report", async {}).tenant("small")).await?.await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn fair(mut self) -> Self {
        self.fair = true;
        self
    }

    /// How long a running task has to come to an end by itself once it is cancelled: 5 s unless given.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::Scheduler;
    /// let builder = Scheduler::builder().grace(Duration::from_secs(30));
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }

    /// After how long in one poll a future counts as blocking its thread, which the log then says: 1 s
    /// unless given. Zero: never.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::Scheduler;
    /// let builder = Scheduler::builder().blocked_after(Duration::from_millis(100));
    /// ```
    pub fn blocked_after(mut self, time: Duration) -> Self {
        self.blocked_after = Some(time);
        self
    }

    /// Writes a report of its numbers to the log (of `tracing`, as information), every so often: at most
    /// every millisecond, and never unless this is called.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::Scheduler;
    /// let builder = Scheduler::builder().report_every(Duration::from_secs(60));
    /// ```
    pub fn report_every(mut self, time: Duration) -> Self {
        self.report_every = Some(time.max(Duration::from_millis(1)));
        self
    }

    /// What ended, as a stream of at most `capacity` (and at least 1) that nobody has read yet. None
    /// unless this is called.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task, WhenFull};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (builder, mut completions) = Scheduler::builder().completions(100, WhenFull::DropOldest);
    /// let scheduler = builder.start();
    /// scheduler.submit(Task::new("greet", async {})).await?;
    /// assert_eq!(completions.next().await.ok_or("none")?.name, "greet");
    /// # Ok(())
    /// # }
    /// ```
    pub fn completions(mut self, capacity: usize, when_full: WhenFull) -> (Self, Completions) {
        let buffer = Arc::new(Buffer::new(capacity, when_full));
        self.completions = Some(buffer.clone());
        (self, Completions::new(buffer))
    }

    /// Workers are plain threads, without an async runtime. Futures of other runtimes do not run there;
    /// [`sleep`](crate::sleep) does.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Shutdown, Task, block_on};
    /// block_on(async {
    ///     let scheduler = Scheduler::builder().threads().start();
    ///     let handle = scheduler.try_submit(Task::new("greet", async {}))?;
    ///     assert_eq!(handle.await, Ok(()));
    ///     scheduler.shutdown(Shutdown::Drain).await;
    ///     Ok::<_, duly_local::Refused<()>>(())
    /// })
    /// # .unwrap();
    /// ```
    #[cfg(feature = "threads")]
    pub fn threads(mut self) -> Self {
        self.driver = Some(Driver::Threads);
        self
    }

    /// Workers are tasks of this Tokio runtime: of the one that [`build`](Self::build) is called on
    /// unless given. It must have its timer on, as `#[tokio::main]` has. If it goes before the scheduler is
    /// shut down, that is its end: handles say [`Aborted`](crate::TaskError::Aborted) or
    /// [`Returned`](crate::TaskError::Returned).
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build()?;
    /// let scheduler = Scheduler::builder().tokio(runtime.handle().clone()).start();
    /// let handle = scheduler.try_submit(Task::new("greet", async {}))?;
    /// assert_eq!(runtime.block_on(handle), Ok(()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "tokio")]
    pub fn tokio(mut self, runtime: tokio::runtime::Handle) -> Self {
        self.driver = Some(Driver::Tokio(runtime));
        self
    }

    /// A scheduler that takes tasks in, and runs none until [`Scheduler::start`].
    ///
    /// ```
    /// # use duly_local::{Scheduler, Status, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().build();
    /// let handle = scheduler.submit(Task::new("greet", async {})).await?;
    /// assert_eq!(handle.status(), Status::Queued);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If it is to run on Tokio, none was given, and there is no runtime here.
    #[must_use]
    pub fn build(self) -> Scheduler {
        let driver = self.driver.clone().unwrap_or_else(default_driver);
        let workers = self.workers.unwrap_or_else(|| driver.workers());
        let scheduler = Scheduler::new(Shared::new(
            driver,
            workers,
            super::Settings {
                capacity: self.capacity.unwrap_or(CAPACITY_DEFAULT),
                grace: self.grace.unwrap_or(GRACE_DEFAULT),
                blocked_after: self.blocked_after.unwrap_or(BLOCKED_AFTER_DEFAULT),
                report_every: self.report_every,
                completions: self.completions,
                fair: self.fair,
            },
        ));
        let limits = scheduler.limits();
        let whole = self
            .rate
            .map(|rate| (Subject::All, Name::from("rate"), rate));
        let named = self.rates.into_iter().map(|(name, rate)| {
            let limit = format!("rate:{name}");
            (Subject::Name(name.into()), limit.into(), rate)
        });
        for (subject, name, rate) in whole.into_iter().chain(named) {
            let made = limits.define(name.clone(), Limit::rate(rate));
            let made = made.and_then(|()| limits.attach(subject, name, 1));
            made.expect("a rate bounds something, and there are fewer than there may be");
        }
        scheduler
    }

    /// A scheduler that runs.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().start();
    /// assert_eq!(scheduler.submit(Task::new("greet", async {})).await?.await, Ok(()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// As [`build`](Self::build), and if the system gives no thread.
    #[must_use]
    pub fn start(self) -> Scheduler {
        let scheduler = self.build();
        scheduler.start();
        scheduler
    }
}

#[cfg(feature = "tokio")]
fn default_driver() -> Driver {
    Driver::Tokio(tokio::runtime::Handle::current())
}

#[cfg(all(feature = "threads", not(feature = "tokio")))]
fn default_driver() -> Driver {
    Driver::Threads
}

impl Driver {
    /// How many workers, unless somebody says.
    fn workers(&self) -> usize {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio(_) => cores,
            #[cfg(feature = "threads")]
            Self::Threads => (cores * 3 / 4).max(1),
        }
    }
}
