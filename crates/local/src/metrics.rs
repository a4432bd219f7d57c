//! The numbers of a scheduler.

use std::fmt;
use std::time::Duration;

use duly_core::explain::Pace;
use duly_core::{Priority, Timestamp};

mod histogram;
mod throughput;

use histogram::Histogram;
use throughput::Throughput;

use crate::task::life::Phase;

/// The numbers, as the scheduler keeps them under its lock.
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    since: Timestamp,
    counts: Counts,
    depth: [u64; Priority::COUNT],
    waits: Histogram,
    runs: Histogram,
    throughput: Throughput,
}

/// What happened since the scheduler was made.
///
/// ```
/// # use duly_local::{Scheduler, Task};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).start();
/// scheduler.submit(Task::new("greet", async {})).await?;
/// scheduler.submit(Task::new("oops", async { Err::<(), _>("no") })).await?;
/// scheduler.wait_idle().await;
/// let counts = scheduler.metrics().counts;
/// assert_eq!((counts.submitted, counts.completed, counts.failed), (2, 1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Tasks taken in.
    pub submitted: u64,
    /// Tasks done.
    pub completed: u64,
    /// Tasks that failed for good.
    pub failed: u64,
    /// Tasks whose last attempt ran out of time.
    pub timed_out: u64,
    /// Attempts that failed and were followed by another, or will be.
    pub retried: u64,
    /// Tasks that were cancelled.
    pub cancelled: u64,
    /// Tasks that waited until a deadline of theirs had passed.
    pub expired: u64,
    /// Tasks that were not taken in.
    pub rejected: u64,
    /// Tasks that a shutdown dropped while they ran.
    pub aborted: u64,
    /// Tasks that a shutdown gave back.
    pub returned: u64,
}

impl Meters {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            since: now,
            counts: Counts::default(),
            depth: [0; Priority::COUNT],
            waits: Histogram::default(),
            runs: Histogram::default(),
            throughput: Throughput::default(),
        }
    }

    pub(crate) fn submitted(&mut self, priority: Priority) {
        self.counts.submitted += 1;
        self.waits_again(priority);
    }

    pub(crate) fn rejected(&mut self, tasks: usize) {
        self.counts.rejected += tasks as u64;
    }

    pub(crate) fn waits_again(&mut self, priority: Priority) {
        self.depth[usize::from(priority.code())] += 1;
    }

    pub(crate) fn started(&mut self, priority: Priority, waited: Duration) {
        self.waits_no_more(priority);
        self.waits.record(waited);
    }

    pub(crate) fn ended(&mut self, phase: Phase, ran: Duration, now: Timestamp) {
        let counts = &mut self.counts;
        let count = match phase {
            Phase::Completed => &mut counts.completed,
            Phase::TimedOut => &mut counts.timed_out,
            Phase::Cancelled => &mut counts.cancelled,
            Phase::Aborted => &mut counts.aborted,
            Phase::Retrying => &mut counts.retried,
            _ => &mut counts.failed,
        };
        *count += 1;
        self.runs.record(ran);
        if phase == Phase::Completed {
            self.throughput.record(now.since(self.since));
        }
    }

    pub(crate) fn cancelled_waiting(&mut self, priority: Priority) {
        self.counts.cancelled += 1;
        self.waits_no_more(priority);
    }

    pub(crate) fn expired(&mut self, priority: Priority) {
        self.counts.expired += 1;
        self.waits_no_more(priority);
    }

    pub(crate) fn returned(&mut self, priority: Priority) {
        self.counts.returned += 1;
        self.waits_no_more(priority);
    }

    pub(crate) fn moved(&mut self, from: Priority, to: Priority) {
        self.waits_no_more(from);
        self.waits_again(to);
    }

    fn waits_no_more(&mut self, priority: Priority) {
        self.depth[usize::from(priority.code())] -= 1;
    }

    /// How fast tasks are done, lately.
    pub(crate) fn pace(&self, now: Timestamp) -> Option<Pace> {
        let (done, span) = self.throughput.recent(now.since(self.since));
        let started = u32::try_from(done).unwrap_or(u32::MAX);
        (started > 0).then_some(Pace { started, span })
    }

    /// What they say.
    pub(crate) fn read(&self, now: Timestamp, workers: usize, running: usize) -> Metrics {
        let age = now.since(self.since);
        Metrics {
            age,
            workers,
            running,
            counts: self.counts,
            depth: self.depth,
            wait: self.waits.read(),
            run: self.runs.read(),
            completed_per_second: self.throughput.per_second(age),
        }
    }
}

/// How long something took, of all times it was measured. Quantiles are at most 7 % too high.
///
/// ```
/// # use duly_local::{Scheduler, Task};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).start();
/// scheduler.submit(Task::new("greet", async {})).await?.await?;
/// scheduler.wait_idle().await;
/// let run = scheduler.metrics().run;
/// assert_eq!(run.count, 1);
/// assert!(run.p50 <= run.p99);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Times {
    /// How often it was measured.
    pub count: u64,
    /// The mean.
    pub mean: Duration,
    /// Half took at most this.
    pub p50: Duration,
    /// 95 of 100 took at most this.
    pub p95: Duration,
    /// 99 of 100 took at most this.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

/// The numbers of a scheduler at one instant, all of the same: see
/// [`Scheduler::metrics`](crate::Scheduler::metrics). It shows itself as a report for people.
///
/// ```
/// # use duly_local::Scheduler;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let metrics = Scheduler::builder().workers(4).start().metrics();
/// assert_eq!((metrics.workers, metrics.running, metrics.queued()), (4, 0, 0));
/// assert!(metrics.to_string().starts_with("workers    0 of 4 busy"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Metrics {
    /// How long the scheduler has been there.
    pub age: Duration,
    /// How many workers it has.
    pub workers: usize,
    /// How many attempts run.
    pub running: usize,
    /// What happened since it was made.
    pub counts: Counts,
    /// How many tasks wait, by priority, the most urgent first.
    pub depth: [u64; Priority::COUNT],
    /// How long attempts waited after they were due.
    pub wait: Times,
    /// How long attempts ran.
    pub run: Times,
    /// Tasks done per second, over the last ten seconds.
    pub completed_per_second: f64,
}

impl Metrics {
    /// How many tasks wait.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).build();
    /// scheduler.submit(Task::new("greet", async {})).await?;
    /// assert_eq!(scheduler.metrics().queued(), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.depth.iter().sum()
    }

    /// How many of the tasks that came to an end by themselves were done: from 0 to 1, and `None` if
    /// there was none.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// assert_eq!(scheduler.metrics().success_rate(), None);
    /// scheduler.submit(Task::new("greet", async {})).await?;
    /// scheduler.wait_idle().await;
    /// assert_eq!(scheduler.metrics().success_rate(), Some(1.0));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more digits")]
    pub fn success_rate(&self) -> Option<f64> {
        let Counts {
            completed,
            failed,
            timed_out,
            ..
        } = self.counts;
        let ended = completed + failed + timed_out;
        (ended > 0).then(|| completed as f64 / ended as f64)
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &self.counts;
        writeln!(
            f,
            "workers    {} of {} busy, {:.1} tasks/s",
            self.running, self.workers, self.completed_per_second
        )?;
        write!(f, "queued     {}", self.queued())?;
        for (priority, depth) in Priority::ALL.iter().zip(self.depth) {
            write!(f, "  {priority} {depth}")?;
        }
        writeln!(
            f,
            "\ntasks      {} submitted  {} completed  {} failed  {} timed out  {} cancelled  {} expired  {} rejected",
            counts.submitted,
            counts.completed,
            counts.failed,
            counts.timed_out,
            counts.cancelled,
            counts.expired,
            counts.rejected
        )?;
        let rate = self.success_rate().map_or_else(
            || "nothing has ended yet".to_owned(),
            |rate| format!("{:.1} % succeeded", rate * 100.0),
        );
        writeln!(f, "           {} retried  {rate}", counts.retried)?;
        writeln!(f, "wait       {}", self.wait)?;
        write!(f, "run        {}", self.run)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "p50 {:.1?}  p95 {:.1?}  p99 {:.1?}  max {:.1?}",
            self.p50, self.p95, self.p99, self.max
        )
    }
}

#[cfg(test)]
mod tests;
