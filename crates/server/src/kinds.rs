//! Kinds of tasks that the server executes itself.

pub mod http;

use std::sync::Arc;

use crate::port::{Clock, WorkerBuilder};

/// A worker that has handlers for all of them.
///
/// # Errors
/// [`http::ClientError`], if the system refuses what a handler needs.
pub fn register(
    worker: WorkerBuilder,
    clock: Arc<dyn Clock>,
) -> Result<WorkerBuilder, http::ClientError> {
    http::register(worker, clock)
}
