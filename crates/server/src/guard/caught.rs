//! A future whose panic ends it, and nothing else.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// It panicked; the panic itself was told where panics are told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// What the future gives, unless it panics.
pub(super) async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| {
        // Nothing of the future is looked at again after a panic.
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(panic) => {
                forget(panic);
                Poll::Ready(Err(Panicked))
            }
        }
    })
    .await
}

/// A value that panics when it is dropped is left where it is.
fn forget(panic: Box<dyn Any + Send>) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(another);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        assert_eq!(caught(async { 7 }).await, Ok(7));
        let late = async {
            tokio::task::yield_now().await;
            assert!(std::hint::black_box(false), "on purpose");
        };
        assert_eq!(caught(late).await, Err(Panicked));
    }
}
