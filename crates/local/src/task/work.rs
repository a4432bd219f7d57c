//! What a task does: a future, or what makes one for each attempt.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Poll, Waker};

use super::BoxFuture;
use crate::context::Context;

/// Makes the future of an attempt.
type Make<R> = Box<dyn FnMut(Context) -> BoxFuture<R> + Send>;

/// The work of a task.
pub(crate) struct Work<R> {
    current: Option<BoxFuture<R>>,
    make: Option<Make<R>>,
}

/// How a poll ended that did not go on.
pub(crate) enum Polled<R> {
    /// The future returned.
    Returned(R),
    /// It panicked, and what it said.
    Panicked(String),
}

impl<R> Work<R> {
    pub(crate) fn once(future: BoxFuture<R>) -> Self {
        Self {
            current: Some(future),
            make: None,
        }
    }

    pub(crate) fn again(make: Make<R>) -> Self {
        Self {
            current: None,
            make: Some(make),
        }
    }

    /// Whether it may be begun again.
    pub(crate) const fn is_repeatable(&self) -> bool {
        self.make.is_some()
    }

    /// Makes the future of an attempt, unless there is one that was never begun.
    ///
    /// # Errors
    /// What the function said when it panicked.
    pub(crate) fn begin(&mut self, context: impl FnOnce() -> Context) -> Result<(), String> {
        if self.current.is_none()
            && let Some(make) = &mut self.make
        {
            let made = caught(|| make(context()))?;
            self.current = Some(made);
        }
        Ok(())
    }

    /// Polls the future of the attempt.
    pub(crate) fn poll(&mut self, waker: &Waker) -> Poll<Polled<R>> {
        let Some(future) = &mut self.current else {
            return Poll::Ready(Polled::Panicked(
                "the task was run a second time".to_owned(),
            ));
        };
        let mut context = std::task::Context::from_waker(waker);
        match caught(|| future.as_mut().poll(&mut context)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => {
                self.end();
                Poll::Ready(Polled::Returned(output))
            }
            Err(message) => {
                self.end();
                Poll::Ready(Polled::Panicked(message))
            }
        }
    }

    /// Drops the future of the attempt. A panic on the way is the future's own affair: the attempt has
    /// ended.
    pub(crate) fn end(&mut self) {
        let future = self.current.take();
        let_go(future);
    }

    /// Drops all that another attempt would need.
    pub(crate) fn discard(&mut self) {
        self.end();
        let make = self.make.take();
        let_go(make);
    }
}

/// Drops something of a user's. A panic on the way is nobody's.
pub(crate) fn let_go<T>(thing: T) {
    let _ = caught(|| drop(thing));
}

/// Calls into a user's code.
///
/// # Errors
/// What it said when it panicked.
pub(crate) fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| said(&*panic))
}

fn said(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
