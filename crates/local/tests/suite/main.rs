//! The same tests on both executors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

mod blocked;
mod completions;
mod deadlines;
mod direct;
mod explain;
mod handle;
mod idle;
mod inside;
#[cfg(feature = "tokio")]
mod left_tasks;
#[cfg(all(target_os = "linux", feature = "threads"))]
mod left_threads;
mod limits;
mod metrics;
mod order;
mod panic;
mod queue;
mod rates;
mod schedule;
mod shutdown;
mod smoke;
mod stress;
mod submit;
mod task;
mod tenants;
mod timeout;
#[cfg(feature = "tokio")]
mod turns;
mod unique;
mod worker;
