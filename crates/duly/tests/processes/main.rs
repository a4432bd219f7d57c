//! Several real processes on one SQLite file: a task that kills whoever runs it, and two that share
//! the work, one after the other of which dies while they keep a schedule; and one on the file of a store in memory, killed while it saves.
//!
//! A child process is this test binary once more, told by the environment which part to play.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod child;
mod poison;
#[cfg(feature = "archive")]
mod saving;
mod sharing;
mod ticking;

/// Where child processes begin. Run by itself, without a part to play, it has nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_process() {
    match child::part().as_deref() {
        None => {}
        Some("poison") => poison::child().await,
        #[cfg(feature = "archive")]
        Some("saving") => saving::child().await,
        Some("sharing") => sharing::child().await,
        Some("ticking") => ticking::child().await,
        Some(other) => panic!("no child plays {other:?}"),
    }
}
