//! A handler's future whose panic is an ending like any other.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use duly_store::BoxFuture;

use crate::Verdict;
use crate::ending::Ending;

/// Not to be polled again after it has ended.
pub(crate) struct Caught(pub(crate) BoxFuture<'static, Verdict>);

impl Future for Caught {
    type Output = Ending;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ending> {
        let future = &mut self.0;
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        Poll::Ready(match polled {
            Ok(poll) => Ending::Returned(ready!(poll)),
            Err(panic) => Ending::Panicked(told(panic)),
        })
    }
}

/// What a panic says. A value that panics when it is dropped is left where it is: its panic would hide
/// the first.
pub(crate) fn told(panic: Box<dyn Any + Send>) -> String {
    let message = message(&*panic);
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(another);
    }
    message
}

/// Its text, if it has one.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "(no message)".to_owned())
}
