//! One attempt: its future polled until it ends, runs out of time, or is told to stop.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use duly_core::{Decision, Outcome, Timestamp, decide, duration};

use super::Shared;
use super::state::Current;
use crate::clock;
use crate::sleep::Sleep;
use crate::sync::Wakes;
use crate::task::cell::Ended;
use crate::task::life::Orders;

/// How an attempt ended, and what there is to say about it.
pub(super) struct Verdict {
    outcome: Outcome,
    text: Option<String>,
    aborted: bool,
    /// The whole task has run out of its time: nothing follows.
    last: bool,
}

/// What becomes of the task.
pub(super) struct Ending {
    pub(super) decision: Decision,
    pub(super) text: Option<String>,
    /// It was dropped by a shutdown.
    pub(super) aborted: bool,
}

impl Verdict {
    const fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            text: None,
            aborted: false,
            last: false,
        }
    }

    /// Decides what becomes of the task. What the attempt returned is forgotten if another follows:
    /// here, before anybody could begin that.
    pub(super) fn decide(self, current: &Current, now: Timestamp) -> Ending {
        let policy = current.job.head().policy();
        let left = match current.finish_by {
            Timestamp::MAX => None,
            _ if self.last => Some(Duration::ZERO),
            finish_by => Some(finish_by.since(now)),
        };
        let decision = decide(self.outcome, current.spent, &policy, left, clock::random());
        if matches!(decision, Decision::Retry(_)) {
            current.job.forget();
        }
        Ending {
            decision,
            text: self.text,
            aborted: self.aborted,
        }
    }
}

impl From<Ended> for Verdict {
    fn from(ended: Ended) -> Self {
        let (outcome, text) = match ended {
            Ended::Returned(result) => (result.outcome(), result.into_text()),
            Ended::Panicked(message) => (Outcome::Retry, message),
        };
        Self {
            text: Some(text),
            ..Self::of(outcome)
        }
    }
}

/// Runs an attempt.
pub(super) struct Attempt<'a> {
    shared: &'a Shared,
    worker: usize,
    current: &'a Current,
    begun: bool,
    /// Until it runs out of time.
    time: Option<Sleep>,
    /// Until it is dropped, once it was cancelled.
    grace: Option<Sleep>,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(shared: &'a Shared, worker: usize, current: &'a Current) -> Self {
        Self {
            shared,
            worker,
            current,
            begun: false,
            time: None,
            grace: None,
        }
    }

    /// Polls the task's own future, watched by the watchdog.
    fn poll_job(&mut self, context: &Context<'_>) -> Poll<Ended> {
        let job = &self.current.job;
        let begins = !std::mem::replace(&mut self.begun, true);
        if begins {
            self.tell();
        }
        let _busy = self.shared.watch.enter(self.worker);
        let _polling = self.shared.polling(self.worker);
        if begins
            && job.head().is_repeatable()
            && let Err(message) = job.clone().begin(self.current.attempt.attempt)
        {
            return Poll::Ready(Ended::Panicked(message));
        }
        job.poll(context.waker())
    }

    /// Tells those who watch that it runs: not under the lock of the scheduler, which would wait for
    /// the memory of a task that nobody has looked at for long.
    fn tell(&self) {
        let mut wakes = Wakes::default();
        let attempt = self.current.attempt.attempt;
        let head = self.current.job.head();
        head.life(|life| life.begin(attempt, &mut wakes));
        wakes.wake();
    }

    /// What ends an attempt from outside.
    fn poll_outside(&mut self, context: &mut Context<'_>) -> Poll<Verdict> {
        let head = self.current.job.head();
        let Orders { cancel, abort } = head.life(|life| life.take_orders(context.waker()));
        if abort {
            return Poll::Ready(Verdict {
                aborted: true,
                ..Verdict::of(Outcome::Cancelled)
            });
        }
        if cancel {
            let grace = self
                .grace
                .get_or_insert_with(|| Sleep::new(self.shared.grace));
            if Pin::new(grace).poll(context).is_ready() {
                return Poll::Ready(Verdict::of(Outcome::Cancelled));
            }
        }
        if let Some((timeout, last)) = self.current.time() {
            let time = self.time.get_or_insert_with(|| {
                Sleep::new(left(timeout, self.current.started, self.shared.clock.now()))
            });
            if Pin::new(time).poll(context).is_ready() {
                if last {
                    head.life(|life| life.cut(timeout));
                }
                return Poll::Ready(Verdict {
                    text: Some(format!(
                        "it ran out of its time of {}",
                        duration::exact(timeout)
                    )),
                    last,
                    ..Verdict::of(Outcome::TimedOut)
                });
            }
        }
        Poll::Pending
    }
}

impl Current {
    /// How long the attempt may take, and whether it is the whole task that must end then.
    fn time(&self) -> Option<(Duration, bool)> {
        let ends = self.finish_by != Timestamp::MAX;
        let left = ends.then(|| self.finish_by.since(self.started));
        self.job.head().time(left)
    }
}

/// What is left of a time that began at `started`.
fn left(time: Duration, started: Timestamp, now: Timestamp) -> Duration {
    time.saturating_sub(now.since(started))
}

impl Future for Attempt<'_> {
    type Output = Verdict;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Verdict> {
        if let Poll::Ready(ended) = self.poll_job(context) {
            return Poll::Ready(ended.into());
        }
        let verdict = std::task::ready!(self.poll_outside(context));
        let _busy = self.shared.watch.enter(self.worker);
        self.current.job.stop();
        Poll::Ready(verdict)
    }
}
