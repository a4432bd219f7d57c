//! A durable priority task scheduler in your process: submit jobs, run them when they are due, in the
//! right order, exactly as many at a time as you allow.
//!
#![cfg_attr(feature = "sqlite", doc = "```")]
#![cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
//! use duly::{Context, Duly, Task};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Email { to: String }
//!
//! async fn send(email: Email, _ctx: Context) -> Result<String, std::io::Error> {
//!     Ok(format!("sent to {}", email.to))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #   let folder = tempfile::tempdir()?;
//! #   std::env::set_current_dir(folder.path())?;
//!     let duly = Duly::open("sqlite:duly.db").await?;
//!     let worker = duly.worker().handle("email.send", send).start()?;
//!     let email = Email { to: "ada@example.org".into() };
//!     let task = duly.submit(Task::new("email.send", &email)).await?;
//!     let done = duly.wait(task.id).await?;
//!     assert_eq!(done.state, duly::State::Completed);
//!     worker.shutdown(std::time::Duration::from_secs(30)).await;
//!     Ok(())
//! }
//! ```
//!
//! - [`Duly`]: opens a store, submits, inspects, changes one task or many, and makes workers.
//! - [`Task`]: a job and its options: priority, queue, delay, deadline, timeout, retries, unique key.
//! - [`WorkerBuilder`], [`Context`], [`JobError`], [`Verdict`]: handlers, and what they can say.
//! - [`Observer`], [`Usage`], [`TraceContext`]: what workers do, for metrics and traces.
//!
//! A task is delivered *at least once*: a handler whose process dies runs again elsewhere, so what it
//! does should be safe to repeat; [`Context::task`] is a good idempotency key. Everything else that a
//! handler returns, panics with, or runs out of is recorded, and retried by the task's policy.
//!
//! # Features
//! - `sqlite` (default): the embedded store, `sqlite:duly.db`; its module `sqlite` submits inside the
//!   application's own transactions.
//! - `archive`: a store in memory that keeps itself in a file, `memory:?file=duly.json`; archives of a whole store
//!   (`store::archive`).
//! - `signal`: a graceful stop on SIGTERM and SIGINT.
//! - `testing`: a kit for your tests: virtual time, due work run inline, assertions.
#![forbid(unsafe_code)]

mod client;
#[cfg(all(doctest, feature = "sqlite", feature = "signal", feature = "testing"))]
mod guides;
mod open;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod store_url;
mod task;
#[cfg(feature = "testing")]
pub mod testing;
mod wait;

pub use client::Duly;
pub use open::OpenError;
pub use store_url::{InvalidUrl, StoreUrl};
pub use task::Task;

pub use duly_core::{
    AttemptRef, Backoff, EventKind, Incarnation, InvalidId, InvalidPriority, InvalidState,
    InvalidTransition, Jitter, Outcome, Priority, RetryPolicy, State, TaskId, Timestamp,
};
#[cfg(feature = "signal")]
pub use duly_runtime::signal;
pub use duly_runtime::{
    Context, Ended, House, Housekeeper, Inline, InlineError, InvalidWorker, JobError, Observer,
    Ran, Shutdown, Started, Usage, Verdict, Worker, WorkerBuilder,
};
pub use duly_store as store;
pub use duly_store::trace::{InvalidTrace, TraceContext};
pub use duly_store::{
    AttemptRecord, Change, ChangeError, ChangeMatching, ChangedMatching, Clock, Counts, Encoding,
    Event, EventCursor, EventPage, Filter, InvalidCursor, InvalidInput, Labels, List, ListCursor,
    ManualClock, MemoryStore, Name, NewTask, Payload, Progress, QueueChange, QueueRecord,
    QueueSettings, RequestError, Restore, Restored, Save, SaveCursor, SavedPage, SavedTask, Store,
    StoreError, SubmitError, Submitted, SystemClock, TaskPage, TaskRecord, Totals, When,
    WorkerRecord, attempts,
};
