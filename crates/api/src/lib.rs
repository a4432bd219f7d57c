//! The wire types of Duly's HTTP API: the only public JSON.
//!
//! The types of the inner rooms cannot be serialized; what goes over the wire is written down here,
//! once, for the server and for its clients. Instants are RFC 3339 text with microseconds, in UTC;
//! durations are whole milliseconds, in fields that end in `_ms`.
//!
//! ```
//! let task = duly_api::parse::<duly_api::NewTask>(br#"{"kind": "email.send", "delay_ms": 500}"#)?;
//! assert_eq!(task.kind.as_deref(), Some("email.send"));
//!
//! let error = duly_api::parse::<duly_api::NewTask>(br#"{"kind": "email.send", "dealy_ms": 5}"#)
//!     .unwrap_err();
//! assert_eq!(error.field.as_deref(), Some("dealy_ms"));
//! # Ok::<(), duly_api::ParseError>(())
//! ```
#![forbid(unsafe_code)]

mod new;
mod page;
mod parse;
mod problem;
mod retry;
mod stats;
mod submitted;
mod task;
pub mod text;
pub mod time;

pub use new::NewTask;
pub use page::TaskPage;
pub use parse::{ParseError, parse};
pub use problem::{Code, Problem};
pub use retry::{Backoff, Jitter, Retry};
pub use stats::{QueueStats, Stats, WorkerStats};
pub use submitted::{Submitted, SubmittedBatch};
pub use task::{Attempt, Event, Progress, Task};
