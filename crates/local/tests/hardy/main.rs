//! What must hold when things go wrong: on both executors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../suite/support.rs"]
#[expect(dead_code, reason = "the suite uses the rest")]
mod support;

mod drops;
mod ends;
mod given_up;
#[cfg(feature = "tokio")]
mod runtime;
mod status;
mod waits;

use std::sync::mpsc;
use std::time::Duration;

/// Longer than anything takes here, on a busy machine too.
const LONG: Duration = Duration::from_secs(20);

/// Runs on a thread of its own, so that what hangs fails.
fn within_long(run: impl FnOnce() + Send + 'static) {
    let (end, ended) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        run();
        let _ = end.send(());
    });
    if ended.recv_timeout(LONG) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("it hangs");
    }
    thread.join().unwrap();
}
