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
//!
//! With the feature `openapi`, each type describes itself for an OpenAPI document.
#![forbid(unsafe_code)]

mod bulk;
mod change;
mod explain;
mod failed;
mod feed;
mod filter;
mod import;
mod kind;
mod limit;
mod new;
pub mod object;
mod page;
mod parse;
mod problem;
mod purge;
mod queue;
mod ready;
mod retry;
mod run;
mod schedule;
#[cfg(feature = "openapi")]
pub mod schema;
pub mod sse;
mod stats;
mod submitted;
mod task;
mod tenant;
pub mod text;
pub mod time;
mod unique;
mod worker;

pub use bulk::{Action, Bulk, BulkDone};
pub use change::{TaskChange, TaskRetry};
pub use duly_core::duration;
pub use explain::{
    EstimatedStart, Explanation, Position, QueueExplanation, Reason, WorkerExplanation,
    WorkerExplanations,
};
pub use failed::{FailedDiscard, FailedPage, FailedRetry};
pub use feed::{EventPage, FeedEvent, Resync};
pub use filter::Filter;
pub use import::Imported;
pub use kind::{Kind, KindChange, Kinds};
pub use limit::{
    Aging, Attachment, Attachments, ByDeadline, Detachment, Limit, LimitSet, Limits, Order, Rate,
};
pub use new::NewTask;
pub use page::TaskPage;
pub use parse::{ParseError, parse, parse_object};
pub use problem::{Code, Problem};
pub use purge::Purge;
pub use queue::{Queue, QueueChange, Queues};
pub use ready::{Component, Health, Ready, Status};
pub use retry::{Backoff, Jitter, Retry};
pub use run::{
    RunFailure, RunGroup, RunLine, RunOpened, RunOvertake, RunPlanned, RunSummary, RunTask,
    RunWaiting,
};
pub use schedule::{
    AnySchedule, Schedule, ScheduleBackfill, ScheduleDefinition, ScheduleFilling, ScheduleMissed,
    ScheduleNext, ScheduleRefusal, Schedules, UnreadableSchedule,
};
pub use stats::{Stats, Throughput, WorkerTotals};
pub use submitted::{Submitted, SubmittedBatch};
pub use task::{Attempt, Event, Progress, Task};
pub use tenant::{Tenant, TenantChange, Tenants};
pub use unique::{Admission, OnConflict, Replaces, UniqueWhile};
pub use worker::{Worker, WorkerTask, Workers};
