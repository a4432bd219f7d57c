//! The only thing in Duly that reads the time.

use std::fmt::Debug;
use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use duly_core::Timestamp;

use crate::BoxFuture;

/// What tells the time, and waits for it.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Ends at `at` or soon after; at once if that has passed.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'_, ()>;

    /// Ends after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.sleep_until(self.now() + duration)
    }
}

/// The clock of this machine. Sleeping needs a Tokio runtime with its timer on.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// A sleep looks at the clock at least this often, so that a clock set forward is noticed.
const NAP_MAX: Duration = Duration::from_secs(60);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            loop {
                let left = at.since(self.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(NAP_MAX)).await;
            }
        })
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands until it is moved: for tests.
///
/// ```
/// use std::time::Duration;
/// use duly_store::{Clock, ManualClock};
///
/// let clock = ManualClock::default();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), before + Duration::from_secs(60));
/// ```
#[derive(Debug)]
pub struct ManualClock(Mutex<Hand>);

#[derive(Debug)]
struct Hand {
    now: Timestamp,
    sleepers: Vec<(Timestamp, Waker)>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(Mutex::new(Hand {
            now,
            sleepers: Vec::new(),
        }))
    }

    /// Moves it forward, and wakes who slept until then.
    pub fn advance(&self, by: Duration) {
        let to = self.now() + by;
        self.set(to);
    }

    /// Sets it, forward or back, and wakes who slept until then.
    pub fn set(&self, to: Timestamp) {
        let woken = {
            let mut hand = self.hand();
            hand.now = to;
            let (due, later) = hand.sleepers.drain(..).partition(|(at, _)| *at <= to);
            hand.sleepers = later;
            let due: Vec<(Timestamp, Waker)> = due;
            due
        };
        for (_, waker) in woken {
            waker.wake();
        }
    }

    /// The earliest instant that somebody sleeps until.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.hand().sleepers.iter().map(|(at, _)| *at).min()
    }

    fn hand(&self) -> std::sync::MutexGuard<'_, Hand> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ManualClock {
    /// Stands at 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self::at(Timestamp::from_micros(1_767_225_600_000_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.hand().now
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(poll_fn(move |context| {
            let mut hand = self.hand();
            if hand.now >= at {
                return Poll::Ready(());
            }
            let waker = context.waker();
            if !hand
                .sleepers
                .iter()
                .any(|(t, w)| *t == at && w.will_wake(waker))
            {
                hand.sleepers.push((at, waker.clone()));
            }
            Poll::Pending
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_hand_has_moved() {
        let clock = ManualClock::default();
        let at = clock.now() + Duration::from_secs(5);
        let slept = async {
            clock.sleep_until(at).await;
            clock.now()
        };
        let moved = async {
            while clock.next_wake().is_none() {
                tokio::task::yield_now().await;
            }
            clock.advance(Duration::from_secs(9));
        };
        let (woke_at, ()) = tokio::join!(slept, moved);
        assert_eq!(woke_at, at + Duration::from_secs(4));
        assert_eq!(clock.next_wake(), None);
    }
}
