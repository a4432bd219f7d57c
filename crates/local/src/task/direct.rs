//! Running a task at once, without a scheduler.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use duly_core::{Deadlines, Decision, Outcome, RetryPolicy, Timestamp, decide};

use super::cell::{Ended, Job, TaskCell};
use super::life::Phase;
use super::{Options, Task};
use crate::clock::{self, Clock};
use crate::error::TaskError;
use crate::output::{Output, TaskResult};
use crate::sleep::Sleep;
use crate::sync::Wakes;

impl<R: Output> Task<R> {
    /// Runs it here, once, within its own timeout and deadlines if it has them. Limits do not bound it.
    ///
    /// ```
    /// # use duly_local::Task;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let task = Task::new("add", async { Ok::<_, String>(1 + 1) });
    /// assert_eq!(task.run().await?, Ok(2));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`TaskError`], if it panicked, ran out of time, or had a deadline that had passed.
    pub async fn run(self) -> Result<R, TaskError> {
        self.run_with_retry(RetryPolicy::NEVER).await
    }

    /// Runs it here, once, within this time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use duly_local::{Task, TaskError, sleep};
    ///
    /// # duly_local::block_on(async {
    /// let nap = Task::new("nap", sleep(Duration::from_secs(60)));
    /// let after = Duration::from_millis(5);
    /// assert_eq!(nap.run_with_timeout(after).await, Err(TaskError::TimedOut { after }));
    /// # });
    /// ```
    ///
    /// # Errors
    /// [`TaskError`], if it panicked or ran out of time.
    pub async fn run_with_timeout(self, time: Duration) -> Result<R, TaskError> {
        self.timeout(time).run().await
    }

    /// Runs it here, as often as the policy allows, until it is done.
    ///
    /// ```
    /// use std::time::Duration;
    /// use duly_local::{RetryPolicy, Task};
    ///
    /// # duly_local::block_on(async {
    /// let mut tries = 0;
    /// let task = Task::retryable("fetch", move || {
    ///     tries += 1;
    ///     async move { if tries < 3 { Err("down") } else { Ok(tries) } }
    /// });
    /// let policy = RetryPolicy::exponential(Duration::from_millis(1)).attempts(5);
    /// assert_eq!(task.run_with_retry(policy).await.unwrap(), Ok(3));
    /// # });
    /// ```
    ///
    /// # Errors
    /// [`TaskError`], if its last attempt panicked or ran out of time.
    pub async fn run_with_retry(self, policy: RetryPolicy) -> Result<R, TaskError> {
        let cell = Arc::new(TaskCell::new(self));
        let _stop = Stop(cell.clone());
        let head = cell.head();
        let policy = if head.is_repeatable() {
            policy
        } else {
            RetryPolicy::NEVER
        };
        let patience = Patience::of(head.options.as_deref());
        for attempt in 1.. {
            if patience.is_over() {
                head.go(Phase::Expired, None, &mut Wakes::default());
                break;
            }
            let (outcome, text) = run_attempt(&cell, attempt, patience.left()).await;
            let left = patience.left();
            let phase = match decide(outcome, attempt, &policy, left, clock::random()) {
                Decision::Retry(delay) | Decision::Snooze(delay) => {
                    cell.forget();
                    Sleep::new(patience.at_most(delay)).await;
                    continue;
                }
                Decision::Complete => Phase::Completed,
                Decision::TimeOut => Phase::TimedOut,
                Decision::Fail | Decision::HandBack | Decision::Cancel => Phase::Failed,
            };
            head.go(phase, Some(text), &mut Wakes::default());
            break;
        }
        poll_fn(|context| cell.poll_end(context.waker())).await
    }
}

/// The deadlines of a run, if it has any.
struct Patience(Option<(Clock, Deadlines)>);

impl Patience {
    fn of(options: Option<&Options>) -> Self {
        let ends = |options: &&Options| options.deadline.is_some() || options.finish_by.is_some();
        Self(options.filter(ends).map(|options| {
            let clock = Clock::here();
            (clock, options.deadlines(clock.now()))
        }))
    }

    /// A deadline has passed.
    fn is_over(&self) -> bool {
        self.until(Deadlines::earliest) == Some(Duration::ZERO)
    }

    /// How long the run may still take.
    fn left(&self) -> Option<Duration> {
        self.until(Deadlines::finish)
    }

    /// A delay, cut at the next deadline.
    fn at_most(&self, delay: Duration) -> Duration {
        let next = self.until(Deadlines::earliest);
        next.map_or(delay, |next| delay.min(next))
    }

    fn until(&self, which: fn(Deadlines) -> Option<Timestamp>) -> Option<Duration> {
        let (clock, deadlines) = self.0?;
        Some(which(deadlines)?.since(clock.now()))
    }
}

/// Drops the future of a run that is dropped: it may hold the context, which holds the task, which
/// holds the future.
struct Stop(Arc<dyn Job>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

async fn run_attempt<R: Output>(
    cell: &Arc<TaskCell<R>>,
    attempt: u32,
    left: Option<Duration>,
) -> (Outcome, String) {
    let had = cell.head().time(left);
    let mut time = had.map(|(time, _)| Sleep::new(time));
    if cell.head().is_repeatable()
        && let Err(message) = cell.clone().begin(attempt)
    {
        return (Outcome::Retry, message);
    }
    let ended = poll_fn(|context| {
        if let Poll::Ready(ended) = cell.poll(context.waker()) {
            return Poll::Ready(Some(ended));
        }
        match &mut time {
            Some(time) => Pin::new(time).poll(context).map(|()| None),
            None => Poll::Pending,
        }
    })
    .await;
    match ended {
        Some(Ended::Returned(result)) => (result.outcome(), result.into_text()),
        Some(Ended::Panicked(message)) => (Outcome::Retry, message),
        None => {
            cell.stop();
            if let Some((had, true)) = had {
                cell.head().life(|life| life.cut(had));
            }
            (TaskResult::Timeout.outcome(), String::new())
        }
    }
}
