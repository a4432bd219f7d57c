//! Kinds of tasks that the server executes itself.

pub mod http;
mod payload;
pub mod shell;

use crate::port::{Duly, WorkerBuilder};

/// What the kinds may do. By default: requests to everywhere, and no commands.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    /// Where the kind `http` may send requests.
    pub targets: http::Targets,
    /// The commands that the kind `shell` runs; if there are none, the kind is not registered.
    pub commands: shell::Commands,
}

/// Why the kinds cannot be executed here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KindsError {
    /// The kind `http`.
    #[error(transparent)]
    Http(#[from] http::ClientError),
}

/// A worker on what this handle has opened, with handlers for all of them.
///
/// # Errors
/// [`KindsError`], if the system refuses what a handler needs.
pub fn worker(duly: &Duly, kinds: Kinds) -> Result<WorkerBuilder, KindsError> {
    let worker = http::register(duly.worker(), duly.clock(), kinds.targets)?;
    Ok(shell::register(worker, duly.clock(), kinds.commands))
}
