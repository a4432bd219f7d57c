//! Waiting for time to pass, wherever a future runs.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::clock;
use crate::park;

/// Waits until `time` has passed: on a Tokio runtime by its timer; on the plain threads of a
/// scheduler, and in [`block_on`](crate::block_on), by theirs; elsewhere by a thread that ends with
/// the wait.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// duly_local::block_on(duly_local::sleep(Duration::from_millis(5)));
/// assert!(start.elapsed() >= Duration::from_millis(5));
/// ```
pub fn sleep(time: Duration) -> Sleep {
    Sleep::new(time)
}

/// The future of [`sleep`].
///
/// ```
/// # use std::time::Duration;
/// # use duly_local::{Sleep, sleep};
/// let nap: Sleep = sleep(Duration::from_millis(1));
/// duly_local::block_on(nap);
/// ```
#[derive(Debug)]
pub struct Sleep(Timer);

#[derive(Debug)]
enum Timer {
    #[cfg(feature = "tokio")]
    Tokio(Pin<Box<tokio::time::Sleep>>),
    Thread {
        until: Instant,
        key: Option<park::Key>,
    },
}

impl Sleep {
    pub(crate) fn new(time: Duration) -> Self {
        let time = time.min(duly_core::DELAY_MAX);
        #[cfg(feature = "tokio")]
        if !park::is_entered() && tokio::runtime::Handle::try_current().is_ok() {
            return Self(Timer::Tokio(Box::pin(tokio::time::sleep(time))));
        }
        Self(Timer::Thread {
            until: clock::instant_after(time),
            key: None,
        })
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            #[cfg(feature = "tokio")]
            Timer::Tokio(sleep) => sleep.as_mut().poll(context),
            Timer::Thread { until, key } => {
                if *until <= clock::instant() {
                    return Poll::Ready(());
                }
                park::wait(*until, context.waker(), key);
                Poll::Pending
            }
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Timer::Thread { key: Some(key), .. } = &self.0 {
            park::forget(key);
        }
    }
}
