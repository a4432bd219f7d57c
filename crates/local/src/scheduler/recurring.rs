//! Tasks that come back every so often.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use duly_core::Timestamp;
use tracing::warn;

use super::{Scheduler, Shared};
use crate::error::Reason;
use crate::output::Output;
use crate::sync::{Wakes, lock};
use crate::task::Task;
use crate::task::cell::{Job, TaskCell};
use crate::task::work::{caught, let_go};

/// Makes the next task.
type Make = Box<dyn FnMut() -> Arc<dyn Job> + Send>;

/// A rule that makes a task every so often.
pub(super) struct Recurrence {
    pub(super) next: Timestamp,
    every: Duration,
    make: Make,
    last: Option<Arc<dyn Job>>,
    ended: Arc<AtomicBool>,
}

/// Ends a recurrence; see [`Scheduler::every`](crate::Scheduler::every). Dropping it does not.
///
/// ```
/// # use std::time::Duration;
/// # use duly_local::{Scheduler, Task};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(1).start();
/// let beat = scheduler.every(Duration::from_secs(5), || Task::new("beat", async {}));
/// beat.stop();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Recurring(Arc<AtomicBool>);

impl Recurring {
    /// No further task is made. Those that were stay.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// scheduler.every(Duration::from_secs(5), || Task::new("beat", async {})).stop();
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Recurrence {
    pub(super) fn new(every: Duration, first: Timestamp, make: Make) -> (Self, Recurring) {
        let ended = Arc::new(AtomicBool::new(false));
        let recurrence = Self {
            next: first,
            every: every.max(Duration::from_millis(1)),
            make,
            last: None,
            ended: ended.clone(),
        };
        (recurrence, Recurring(ended))
    }

    /// The next instant of the series after `now`: those that were missed are left out.
    fn advance(&mut self, now: Timestamp) {
        let missed = now.since(self.next).as_micros() / self.every.as_micros().max(1);
        let steps = u32::try_from(missed + 1).unwrap_or(u32::MAX);
        self.next = self.next + self.every.saturating_mul(steps);
    }

    fn is_busy(&self) -> bool {
        let ended = |job: &Arc<dyn Job>| job.head().life(|life| life.phase.is_final());
        self.last.as_ref().is_some_and(|job| !ended(job))
    }
}

impl Scheduler {
    /// Makes a task every so often and hands it in: the first after one interval, and then at every
    /// whole interval from there, however long the tasks take. While the last one has not ended, and
    /// while the queue is full, a turn is left out; the log tells of the latter. An interval is at least
    /// a millisecond. It ends with [`Recurring::stop`], or with the scheduler.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let beat = scheduler.every(Duration::from_secs(5), || Task::new("beat", async {}));
    /// beat.stop();
    /// # Ok(())
    /// # }
    /// ```
    pub fn every<R: Output>(
        &self,
        interval: Duration,
        mut make: impl FnMut() -> Task<R> + Send + 'static,
    ) -> Recurring {
        let shared = self.shared();
        let make = move || Arc::new(TaskCell::new(make())) as Arc<dyn Job>;
        let first = shared.clock.now() + interval;
        let (recurrence, recurring) = Recurrence::new(interval, first, Box::new(make));
        let mut wakes = Wakes::default();
        let mut state = lock(&shared.state);
        if state.stage.is_open() {
            state.recurring.push(recurrence);
            state.ring_at(first, &mut wakes);
        }
        drop(state);
        wakes.wake();
        recurring
    }
}

impl Shared {
    /// Makes the tasks whose time has come. A user's code makes them, so not under the lock.
    pub(super) fn recur(&self, due: Vec<Recurrence>, now: Timestamp) {
        for mut recurrence in due {
            if recurrence.ended.load(Ordering::Acquire) {
                let_go(recurrence);
                continue;
            }
            if !recurrence.is_busy() {
                self.make(&mut recurrence, now);
            }
            recurrence.advance(now);
            let mut wakes = Wakes::default();
            let mut state = lock(&self.state);
            let mut over = None;
            if state.stage.is_open() {
                state.ring_at(recurrence.next, &mut wakes);
                state.recurring.push(recurrence);
            } else {
                over = Some(recurrence);
            }
            drop(state);
            wakes.wake();
            let_go(over);
        }
    }

    fn make(&self, recurrence: &mut Recurrence, now: Timestamp) {
        let job = match caught(|| (recurrence.make)()) {
            Ok(job) => job,
            Err(panic) => {
                warn!(%panic, "a recurring task could not be made");
                return;
            }
        };
        let mut wakes = Wakes::default();
        let mut state = lock(&self.state);
        let admitted = match state.refusal(1) {
            Some(reason) => Err(reason),
            None => state.admit(&job, now, &mut wakes),
        };
        if admitted.is_err() {
            state.meters.rejected(1);
        }
        drop(state);
        wakes.wake();
        let over = match admitted {
            Ok(()) => recurrence.last.replace(job),
            // It was shut down while the task was made.
            Err(Reason::Closed) => Some(job),
            Err(reason) => {
                warn!(task = %job.head().name, %reason, "a recurring task was left out this time");
                Some(job)
            }
        };
        let_go(over);
    }
}
