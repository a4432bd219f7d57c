//! A task that was handed in: its work, its life and what it returned, shared by its handle, the
//! queue and the worker that runs it.

use std::borrow::Cow;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use duly_core::{Priority, RetryPolicy, TaskId};

use super::life::{Life, Orders, Phase};
use super::work::{Polled, Work, caught, let_go};
use super::{Options, Task};
use crate::context::Context;
use crate::error::TaskError;
use crate::output::{Output, TaskResult};
use crate::sync::{Mutex, Wakes, inner, lock};

/// What all tasks have, whatever they return.
pub(crate) struct Head {
    pub(crate) id: TaskId,
    pub(crate) name: Cow<'static, str>,
    pub(crate) options: Option<Box<Options>>,
    pub(crate) priority: Priority,
    is_repeatable: bool,
    life: Mutex<Life>,
}

impl Head {
    pub(crate) fn life<T>(&self, look: impl FnOnce(&mut Life) -> T) -> T {
        look(&mut lock(&self.life))
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.options.as_ref()?.timeout
    }

    /// How long an attempt may take of a task that must end within `left`, and whether it is the task that
    /// ends then.
    pub(crate) fn time(&self, left: Option<Duration>) -> Option<(Duration, bool)> {
        match (self.timeout(), left) {
            (timeout, None) => timeout.map(|timeout| (timeout, false)),
            (Some(timeout), Some(left)) if timeout < left => Some((timeout, false)),
            (_, Some(left)) => Some((left, true)),
        }
    }

    pub(crate) const fn is_repeatable(&self) -> bool {
        self.is_repeatable
    }

    /// How often it is tried: once, if its work cannot be begun again.
    pub(crate) fn policy(&self) -> RetryPolicy {
        if !self.is_repeatable {
            return RetryPolicy::NEVER;
        }
        let asked = self.options.as_ref().and_then(|options| options.retry);
        asked.unwrap_or_default()
    }

    pub(crate) fn go(&self, phase: Phase, text: Option<String>, wakes: &mut Wakes) {
        self.life(|life| life.go(phase, text, wakes));
    }

    pub(crate) fn order(&self, orders: Orders, wakes: &mut Wakes) {
        self.life(|life| life.order(orders, wakes));
    }
}

/// How an attempt ended by itself.
pub(crate) enum Ended {
    /// It returned, and what that means.
    Returned(TaskResult),
    /// It panicked, and what it said.
    Panicked(String),
}

/// A task, whatever it returns.
pub(crate) trait Job: Send + Sync {
    fn head(&self) -> &Head;

    /// Makes the future of an attempt.
    ///
    /// # Errors
    /// What the function said when it panicked.
    fn begin(self: Arc<Self>, attempt: u32) -> Result<(), String>;

    /// Polls the future of the attempt. What it returns stays here until the attempt is settled.
    fn poll(&self, waker: &Waker) -> Poll<Ended>;

    /// Drops the future of the attempt.
    fn stop(&self);

    /// Drops what the attempt returned: there will be another.
    fn forget(&self);

    /// Drops all that it would need to be begun: there will be no other attempt.
    fn discard(&self);
}

/// A task that was handed in.
///
/// What it returned has a lock of its own: a future that blocks its thread keeps that of the work, and
/// whoever waits for the end must not be blocked with it.
pub(crate) struct TaskCell<R> {
    head: Head,
    work: Mutex<Work<R>>,
    output: Mutex<Option<R>>,
}

impl<R> TaskCell<R> {
    pub(crate) fn new(task: Task<R>) -> Self {
        let work = inner(task.work);
        Self {
            head: Head {
                id: task.id,
                name: task.name,
                options: task.options,
                priority: task.priority,
                is_repeatable: work.is_repeatable(),
                life: Mutex::new(Life::new()),
            },
            work: Mutex::new(work),
            output: Mutex::new(None),
        }
    }

    /// The task as it was, if nobody else has it: it was not taken in.
    pub(crate) fn into_task(self: Arc<Self>) -> Option<Task<R>> {
        let cell = Arc::into_inner(self)?;
        let work = inner(cell.work);
        Some(Task {
            id: cell.head.id,
            name: cell.head.name,
            priority: cell.head.priority,
            options: cell.head.options,
            work: Mutex::new(work),
        })
    }

    /// What became of it, once it has ended; until then, `waker` is woken at the end.
    pub(crate) fn poll_end(&self, waker: &Waker) -> Poll<Result<R, TaskError>> {
        let phase = self.head.life(|life| {
            if !life.phase.is_final() {
                life.wait(waker);
            }
            life.phase
        });
        if !phase.is_final() {
            return Poll::Pending;
        }
        // What was left behind by a shutdown may return something yet, too late.
        let output = match phase {
            Phase::Aborted | Phase::Returned => None,
            _ => lock(&self.output).take(),
        };
        Poll::Ready(output.ok_or_else(|| self.head.life(|life| life.error(self.head.timeout()))))
    }
}

impl<R: Output> Job for TaskCell<R> {
    fn head(&self) -> &Head {
        &self.head
    }

    fn begin(self: Arc<Self>, attempt: u32) -> Result<(), String> {
        let job: Arc<dyn Job> = self.clone();
        lock(&self.work).begin(|| Context::new(job, attempt))
    }

    fn poll(&self, waker: &Waker) -> Poll<Ended> {
        let polled = lock(&self.work).poll(waker);
        match polled {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Polled::Panicked(message)) => Poll::Ready(Ended::Panicked(message)),
            Poll::Ready(Polled::Returned(output)) => match caught(|| output.result()) {
                Ok(result) => {
                    *lock(&self.output) = Some(output);
                    Poll::Ready(Ended::Returned(result))
                }
                Err(message) => {
                    let_go(output);
                    Poll::Ready(Ended::Panicked(message))
                }
            },
        }
    }

    fn stop(&self) {
        lock(&self.work).end();
    }

    fn forget(&self) {
        let output = lock(&self.output).take();
        let_go(output);
    }

    fn discard(&self) {
        lock(&self.work).discard();
    }
}
