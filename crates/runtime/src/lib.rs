//! What executes stored jobs and keeps house for them. It knows the port
//! ([`Store`](duly_store::Store)), and no store by name.
//!
//! - [`WorkerBuilder`], [`Worker`]: claims work and runs it with the handlers registered by kind.
//! - [`Context`], [`JobError`], [`Verdict`]: what a handler gets, and how it can end.
//! - [`Observer`], [`Usage`]: what a worker does, for metrics.
//! - [`Housekeeper`]: leader, reaper, and the bounded duties of housekeeping.
//! - [`schedule`]: what creates tasks by itself, and is fired by whoever keeps house.
//! - [`Inline`]: runs due work in the caller's task, one at a time.
#![cfg_attr(
    feature = "signal",
    doc = "- [`signal`]: a graceful stop on SIGTERM and SIGINT."
)]
#![forbid(unsafe_code)]

mod backoff;
pub mod bounds;
mod builder;
mod caught;
mod context;
mod decode;
mod dice;
mod ending;
mod handler;
mod house;
mod inline;
mod job_error;
mod observer;
pub mod schedule;
mod settings;
#[cfg(feature = "signal")]
pub mod signal;
mod span;
mod term;
mod verdict;
mod worker;

pub use builder::{InvalidWorker, WorkerBuilder};
pub use context::Context;
pub use house::{House, Housekeeper};
pub use inline::{Inline, InlineError, Ran};
pub use job_error::JobError;
pub use observer::{Ended, Observer, Started};
pub use verdict::Verdict;
pub use worker::{Shutdown, Usage, Worker};
