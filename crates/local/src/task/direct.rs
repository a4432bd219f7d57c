//! Running a task at once, without a scheduler.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use duly_core::{Decision, Outcome, RetryPolicy, decide};

use super::Task;
use super::cell::{Ended, Job, TaskCell};
use super::life::Phase;
use crate::clock;
use crate::error::TaskError;
use crate::output::{Output, TaskResult};
use crate::sleep::Sleep;
use crate::sync::Wakes;

impl<R: Output> Task<R> {
    /// Runs it here, once, within its own timeout if it has one.
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
    /// [`TaskError`], if it panicked or ran out of time.
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
        for attempt in 1.. {
            let (outcome, text) = run_attempt(&cell, attempt).await;
            let phase = match decide(outcome, attempt, &policy, None, clock::random()) {
                Decision::Retry(delay) | Decision::Snooze(delay) => {
                    cell.forget();
                    Sleep::new(delay).await;
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

/// Drops the future of a run that is dropped: it may hold the context, which holds the task, which
/// holds the future.
struct Stop(Arc<dyn Job>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

async fn run_attempt<R: Output>(cell: &Arc<TaskCell<R>>, attempt: u32) -> (Outcome, String) {
    let mut time = cell.head().timeout().map(Sleep::new);
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
            (TaskResult::Timeout.outcome(), String::new())
        }
    }
}
