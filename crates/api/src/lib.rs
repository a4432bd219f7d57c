//! The wire types of Duly's HTTP API: the only public JSON.
//!
//! The types of the inner rooms cannot be serialized; what goes over the wire is written down here,
//! once, for the server and for its clients. Instants are RFC 3339 text with microseconds, in UTC;
//! durations are whole milliseconds, in fields that end in `_ms`.
//!
//! ```
//! let text = br#"{"kind": "email.send", "delay_ms": 500}"#;
//! let task: duly_api::NewTask = duly_api::parse_object(text)?;
//! assert_eq!(task.kind.as_deref(), Some("email.send"));
//!
//! let text = br#"{"kind": "email.send", "dealy_ms": 5}"#;
//! let error = duly_api::parse_object::<duly_api::NewTask>(text).unwrap_err();
//! assert_eq!(error.field.as_deref(), Some("dealy_ms"));
//! # Ok::<(), duly_api::ParseError>(())
//! ```
#![forbid(unsafe_code)]

mod new;
pub mod object;
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
pub use parse::{ParseError, parse, parse_object};
pub use problem::{Code, Problem};
pub use retry::{Backoff, Jitter, Retry};
pub use stats::{QueueStats, Stats, WorkerStats};
pub use submitted::{Submitted, SubmittedBatch};
pub use task::{Attempt, Event, Progress, Task};
