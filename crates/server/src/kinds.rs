//! Kinds of tasks that the server executes itself.

pub mod http;

use crate::port::{Duly, WorkerBuilder};

/// A worker on what this handle has opened, with handlers for all of them.
///
/// # Errors
/// [`http::ClientError`], if the system refuses what a handler needs.
pub fn worker(duly: &Duly) -> Result<WorkerBuilder, http::ClientError> {
    http::register(duly.worker(), duly.clock())
}
