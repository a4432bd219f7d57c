//! Running a future under a model checker: the threads are its own, and time is what it likes. A sleep
//! may be over at any moment, as if all else had been slow.

use std::cell::Cell;
use std::future::Future;
use std::task::Waker;
use std::time::{Duration, Instant};

use shuttle::rand::Rng;

use crate::clock;

thread_local! {
    /// The microseconds that passed in the model that this thread of the system checks: all threads of
    /// a model are one of those.
    static PASSED_US: Cell<u64> = const { Cell::new(0) };
}

/// Runs a future to its end on this thread of the model.
pub fn block_on<F: Future>(future: F) -> F::Output {
    shuttle::future::block_on(future)
}

/// A timer: none is kept.
#[derive(Debug)]
pub(crate) struct Key;

/// Whether this thread is in [`block_on`]: all are.
#[cfg(feature = "tokio")]
pub(crate) const fn is_entered() -> bool {
    true
}

/// How much time has passed in the model: every look takes a microsecond.
pub(crate) fn passed() -> Duration {
    let passed = PASSED_US.get();
    PASSED_US.set(passed + 1);
    Duration::from_micros(passed)
}

/// Asks again at once, when it may be that late, or not yet.
pub(crate) fn wait(until: Instant, waker: &Waker, _: &mut Option<Key>) {
    if shuttle::rand::thread_rng().gen_bool(0.5) {
        let passed = until.saturating_duration_since(clock::start()).as_micros();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        PASSED_US.set(PASSED_US.get().max(passed));
    }
    waker.wake_by_ref();
    // A schedule that is not fair would ask on for ever.
    shuttle::thread::yield_now();
}

/// The timer is not needed any more.
pub(crate) const fn forget(_: &Key) {}
