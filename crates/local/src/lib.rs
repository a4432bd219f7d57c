//! Futures in order of priority, so many at a time, in this process: nothing is stored.
//!
//! ```
//! use duly_local::{Priority, Scheduler, Shutdown, Task};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let scheduler = Scheduler::builder().workers(4).start();
//!     for n in 0..100 {
//!         let thumbnail = Task::new("thumbnail", async move { println!("thumbnail {n}") });
//!         scheduler.submit(thumbnail.priority(Priority::Low)).await?;
//!     }
//!     let reset = Task::new("password reset", async { println!("password reset") });
//!     scheduler.submit(reset.priority(Priority::Critical)).await?;
//!     scheduler.shutdown(Shutdown::Drain).await;
//!     Ok(())
//! }
//! ```
//!
//! - [`Task`]: a name, and a future or what makes one for each attempt; a priority, a timeout, a retry
//!   policy. It can run by itself, too: [`Task::run`].
//! - [`Scheduler`]: an exact number of workers, a bounded queue, three ways to end.
//! - [`Limits`]: so many at once, so many per period, by name, changed while it runs.
//! - [`Handle`]: a future of what the task returns; status, progress, cancelling.
//! - [`Completions`]: what ended, as a stream. [`Metrics`]: the numbers.
//! - [`PriorityQueue`]: the order alone, as a value.
//!
//! # Where it runs
//! Workers are tasks of a Tokio runtime (feature `tokio`), or plain threads without any async runtime
//! (feature `threads`). Both features are on unless you turn them off, and Tokio is taken unless the
//! builder is told otherwise; with `threads` alone there is no Tokio among the dependencies.
//!
#![cfg_attr(feature = "threads", doc = "```")]
#![cfg_attr(not(feature = "threads"), doc = "```ignore")]
//! use duly_local::{Scheduler, Shutdown, Task, block_on};
//!
//! let scheduler = Scheduler::builder().workers(2).threads().start();
//! let sum = scheduler.try_submit(Task::new("add", async { Ok::<_, String>(1 + 1) }))?;
//! assert_eq!(block_on(sum)?, Ok(2));
//! block_on(scheduler.shutdown(Shutdown::Drain));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The rules of order, retries and rates are those of `duly-core`, the same as for stored tasks.
#![forbid(unsafe_code)]
#![cfg_attr(
    feature = "shuttle",
    expect(
        clippy::result_large_err,
        reason = "the locks of the model checker are large"
    )
)]

#[cfg(not(any(feature = "tokio", feature = "threads")))]
compile_error!("workers need something to run on: turn on the feature `tokio` or `threads`");

pub mod bounds;
mod clock;
mod context;
mod error;
pub mod explain;
mod handle;
mod limits;
mod metrics;
mod output;
#[cfg_attr(feature = "shuttle", path = "park/model.rs")]
mod park;
mod progress;
mod queue;
mod scheduler;
mod sleep;
mod status;
mod sync;
mod task;
mod tenant;

pub use context::Context;
pub use duly_core::{Backoff, Jitter, Limit, Name, Priority, Rate, RetryPolicy, TaskId, Timestamp};
pub use error::{Elapsed, Reason, Refused, RefusedBatch, TaskError};
pub use explain::Explanation;
pub use handle::{Changes, Handle};
pub use limits::{LimitError, LimitRecord, Limits, Subject};
pub use metrics::{Counts, Metrics, Times};
pub use output::{Output, TaskResult};
pub use park::block_on;
pub use progress::{Progress, Reports};
pub use queue::PriorityQueue;
pub use scheduler::{
    Builder, Completion, Completions, Leftover, Recurring, Returned, Running, Scheduler, Shutdown,
    Stuck, WhenFull,
};
pub use sleep::{Sleep, sleep};
pub use status::Status;
pub use task::Task;
pub use tenant::Tenant;
