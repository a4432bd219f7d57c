//! Waiting for time to pass, wherever a future runs.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::clock;
use crate::park;

/// Waits until `time` (at most 366 days) has passed since it was first awaited, so that a task which is
/// nothing but a sleep takes its time when it runs, however long it was queued.
///
/// On a Tokio runtime its timer wakes it; on the plain threads of a scheduler, and in
/// [`block_on`](crate::block_on), theirs do; elsewhere a thread that ends with the wait.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// duly_local::block_on(duly_local::sleep(Duration::from_millis(5)));
/// assert!(start.elapsed() >= Duration::from_millis(5));
/// ```
pub fn sleep(time: Duration) -> Sleep {
    Sleep { time, timer: None }
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
pub struct Sleep {
    time: Duration,
    timer: Option<Timer>,
}

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
    /// Counts from here.
    pub(crate) fn new(time: Duration) -> Self {
        Self {
            time,
            timer: Some(Timer::set(time)),
        }
    }
}

impl Timer {
    fn set(time: Duration) -> Self {
        let time = time.min(duly_core::DELAY_MAX);
        #[cfg(feature = "tokio")]
        if !park::is_entered() && tokio::runtime::Handle::try_current().is_ok() {
            return Self::Tokio(Box::pin(tokio::time::sleep(time)));
        }
        Self::Thread {
            until: clock::instant_after(time),
            key: None,
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let time = self.time;
        match self.timer.get_or_insert_with(|| Timer::set(time)) {
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
        if let Some(Timer::Thread { key: Some(key), .. }) = &self.timer {
            park::forget(key);
        }
    }
}
