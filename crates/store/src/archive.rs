//! Saved state as text: everything that a store holds, as one JSON value a line.
//!
//! ```text
//! {"archive":{"format":"duly","version":1,"at_us":1767225600000000}}
//! {"queue":{"name":"default","paused":false,"bound":10000000,"retention_completed_us":…,"retention_failed_us":…}}
//! {"tenant":{"name":"acme","weight":3}}
//! {"limit":{"name":"mailer","concurrency":10,"rate":{"permits":50,"period_us":1000000,"burst":10}}}
//! {"attachment":{"to":{"kind":"email.send"},"limits":[{"name":"mailer"}]}}
//! {"schedule":{"name":"nightly","definition":"…","state":"…","next_at_us":1767312000000000}}
//! {"task":{"id":"01932f5e-…","kind":"email.send","queue":"default","payload":{"encoding":"json","json":{"to":"ada"}},"state":"pending",…,"events":[…]}}
//! {"end":{"queues":1,"schedules":1,"tenants":1,"limits":1,"attachments":1,"tasks":1,"events":1}}
//! ```
//!
//! - The first line names the format, its version and the instant at which the archive was begun; then come a line
//!   for each queue with its settings, for each kind and each tenant whose settings are not the defaults, for each limit that is
//!   defined, for each queue, kind or tenant that limits are attached to (defined or not), and for each schedule, and a line for each task with its history, the oldest submission first; the
//!   last line counts them, so that an archive that was cut off is noticed. Blank lines are passed over.
//! - Fields are left out where there is nothing to say. What no version knows is refused, and so is a later version.
//! - Instants (`…_at_us`, `deadline_us`) are microseconds since the Unix epoch in UTC; durations (`…_us`) are
//!   microseconds.
//! - A payload or a result has its bytes under `json`, as they are, if its encoding is `json` and they are JSON in one line, nested
//!   at most [`JSON_DEPTH_MAX`](bounds::JSON_DEPTH_MAX) deep; otherwise under `base64`. They come back byte for byte.
//! - Sequences are not kept: the order of the lines is the order of submission.
//!
//! - Settings, limits and attachments are as the archive says once it is imported. What a rate has given out is not kept: it begins
//!   with a burst.
//! - A schedule goes on where it was; what it has missed by then is dealt with as it says. One of its name that is there
//!   already is left as it is.
//!
//! An export reads a store at work page by page. Each task is as it was at one instant, and all that were there
//! throughout are in the archive once; but two tasks may be of different instants. For an archive of one instant, let nobody
//! work meanwhile. (Where a task had ended, and another had taken its unique key, between their pages, the archive has both unfinished, and
//! importing it into one store is refused with `TaskExists`: export again.)
//!
//! ```
//! use std::sync::Arc;
//! use duly_store::archive::{export, import};
//! use duly_store::{MemoryStore, NewTask, Payload, Store, Submit, SystemClock, id};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(SystemClock);
//! let (old, new) = (Arc::new(MemoryStore::new(clock.clone())), Arc::new(MemoryStore::new(clock)));
//! let task = NewTask::new(id::task_id(&SystemClock), "greet", Payload::json(r#""world""#));
//! old.submit(Submit::one(task)).await?;
//!
//! let mut text = Vec::new();
//! export(old, &mut text).await?;
//! let imported = import(new, &mut text.as_slice()).await?;
//! assert_eq!(imported.restored, 1);
//! # Ok(())
//! # }
//! ```

pub mod bounds;
pub(crate) mod element;
mod error;
mod export;
mod import;
pub(crate) mod limit;
mod line;
mod payload;
mod template;
#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
mod text;
mod unique;

pub use error::{ArchiveError, ExportError, ImportError};
pub use export::{Export, export};
pub use import::{Import, Imported, import};
pub use line::{
    Counted, Line, parse_line, write_attachment, write_end, write_header, write_kind, write_limit,
    write_queue, write_schedule, write_task, write_tenant,
};
pub use template::Template;
