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
#![cfg_attr(feature = "stored", doc = include_str!("stored.md"))]
//!
//! # Features
//! Default: `sqlite`. At least one of `stored`, `local` and `local-threads` is on.
//! - `stored`: all that is about stored tasks, and the store in memory, `memory:`. `sqlite`, `archive`,
//!   `signal` and `testing` turn it on.
//! - `sqlite`: the embedded store, `sqlite:duly.db`; its module `sqlite` submits inside the
//!   application's own transactions.
//! - `archive`: a store in memory that keeps itself in a file, `memory:?file=duly.json`; archives of a whole store
//!   (`store::archive`).
//! - `signal`: a graceful stop on SIGTERM and SIGINT.
//! - `testing`: a kit for your tests: virtual time, due work run inline, assertions.
//! - `local`: futures of this process, in order of priority, without a store: the module `local`. Its
//!   workers are tasks of a Tokio runtime.
//! - `local-threads`: the same on plain threads, without an async runtime.
//!
//! A program that stores nothing turns the rest off, and pulls neither a database nor a server:
//! `default-features = false, features = ["local"]`.
#![forbid(unsafe_code)]

#[cfg(not(any(feature = "stored", feature = "local", feature = "local-threads")))]
compile_error!(
    "duly has nothing to do without features: turn on `sqlite` (a store in a file) or `stored` (a store \
     in memory), `local` (no store, on Tokio) or `local-threads` (no store, on plain threads)"
);

#[cfg(feature = "stored")]
mod builder;
#[cfg(feature = "stored")]
mod client;
#[cfg(feature = "stored")]
mod control;
#[cfg(feature = "stored")]
mod explain;
#[cfg(all(
    doctest,
    feature = "local",
    feature = "local-threads",
    feature = "signal",
    feature = "sqlite",
    feature = "testing"
))]
mod guides;
#[cfg(feature = "stored")]
mod limits;
#[cfg(feature = "stored")]
mod open;
#[cfg(feature = "stored")]
pub mod schedule;
#[cfg(feature = "stored")]
mod schedules;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(feature = "stored")]
mod store_url;
#[cfg(feature = "stored")]
mod task;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "stored")]
mod unique;
#[cfg(feature = "stored")]
mod wait;

#[cfg(feature = "stored")]
pub use builder::DulyBuilder;
#[cfg(feature = "stored")]
pub use client::Duly;
#[cfg(feature = "stored")]
pub use control::Control;
#[cfg(feature = "stored")]
pub use limits::Limits;
#[cfg(feature = "stored")]
pub use open::OpenError;
#[cfg(feature = "stored")]
pub use schedule::Schedule;
#[cfg(feature = "stored")]
pub use schedules::Schedules;
#[cfg(feature = "stored")]
pub use store_url::{InvalidUrl, StoreUrl};
#[cfg(feature = "stored")]
pub use task::Task;

#[cfg(feature = "stored")]
pub use duly_core::rules;
pub use duly_core::{
    AttemptRef, Backoff, EventKind, Incarnation, InvalidId, InvalidPriority, InvalidState,
    InvalidTransition, Jitter, Outcome, Priority, RetryPolicy, State, TaskId, Timestamp,
};
#[cfg(feature = "stored")]
pub use duly_core::{Limit, OrderPolicy, Rate};
#[cfg(any(feature = "local", feature = "local-threads"))]
pub use duly_local as local;
#[cfg(feature = "signal")]
pub use duly_runtime::signal;
#[cfg(feature = "stored")]
pub use duly_runtime::{
    Context, Ended, House, Housekeeper, Inline, InlineError, InvalidWorker, JobError, Observer,
    Ran, Shutdown, Started, Usage, Verdict, Worker, WorkerBuilder,
};
#[cfg(feature = "stored")]
pub use duly_store as store;
#[cfg(feature = "stored")]
pub use duly_store::priority::Prioritiser;
#[cfg(feature = "stored")]
pub use duly_store::trace::{InvalidTrace, TraceContext};
#[cfg(feature = "stored")]
pub use duly_store::{
    Admission, AttemptRecord, Change, ChangeError, ChangeMatching, ChangedMatching, Clock, Counts,
    Encoding, Event, EventCursor, EventPage, Filter, InvalidCursor, InvalidInput, KindChange,
    KindPage, KindRecord, KindSettings, Labels, LimitRecord, LimitUse, List, ListCursor, ListNames,
    ManualClock, MemoryStore, Name, NewTask, OnConflict, Payload, Progress, QueueChange,
    QueueRecord, QueueSettings, Replace, RequestError, Restore, Restored, Save, SaveCursor,
    SavedPage, SavedTask, Store, StoreError, Subject, SubmitError, Submitted, SystemClock,
    TaskPage, TaskRecord, TenantChange, TenantPage, TenantRecord, TenantSettings, Totals, Unique,
    UniqueScope, When, WorkerRecord, attempts,
};
#[cfg(feature = "stored")]
pub use unique::key_of_fields;
