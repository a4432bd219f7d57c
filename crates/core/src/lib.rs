//! The rules of Duly: pure, without a clock, randomness or I/O. Time and random bits come in as
//! arguments; decisions and events come out.
//!
//! - [`State`] and [`Vitals`]: the life of a task, every transition decided in one place.
//! - [`Attempt`]: one attempt, its state in its type, so that misuse does not compile.
//! - [`decide`]: from the outcome of a handler to what becomes of the task.
//! - [`RetryPolicy`], [`OrderPolicy`]: when again, and who is next.
//! - [`Deadlines`] and [`Alerts`]: by when a task must have begun and ended, and who is told if not.
//! - [`Limit`], [`Rate`]: how many at once, how many per period.
//! - [`dispatch`]: who is next, among lanes that limits and tenants can close.
//! - [`explain`]: why a task has not started, in words.
//! - [`rules`]: which priority a task gets whose submitter says none.
//! - [`Watch`]: when a worker counts as gone; [`Tenure`]: when it must stop, so as not to.
//! - [`engine`]: all of it together, the whole scheduler as one state machine in memory.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod alerts;
mod attempt;
pub mod bounds;
mod deadlines;
pub mod dispatch;
pub mod duration;
pub mod engine;
mod event;
pub mod explain;
mod id;
mod limit;
mod name;
mod named;
mod order;
mod outcome;
mod priority;
mod rate;
mod reaper;
mod retry;
pub mod rules;
mod state;
mod tenure;
mod time;
mod timeline;
mod unique;
mod vitals;

pub use alerts::Alerts;
pub use attempt::{Assigned, Attempt, AttemptRef, Running, Settlement};
pub use deadlines::Deadlines;
pub use event::{EventKind, InvalidEventKind};
pub use id::{Incarnation, InvalidId, TaskId};
pub use limit::Limit;
pub use name::Name;
pub use order::{InvalidOrder, OrderKey, OrderPolicy};
pub use outcome::{Decision, Outcome, decide};
pub use priority::{InvalidPriority, Priority};
pub use rate::{InvalidRate, Rate, RateState};
pub use reaper::{Pulse, Watch};
pub use retry::{Backoff, DELAY_MAX, Jitter, RetryPolicy};
pub use state::{InvalidState, InvalidTransition, State};
pub use tenure::Tenure;
pub use time::Timestamp;
pub use timeline::Timeline;
pub use unique::{HeldKey, Hold, Replacement};
pub use vitals::{Inconsistent, Loss, Unfinished, Vitals};
