//! The kinds that tasks of a file are: their payloads.

use duly::{Duly, WorkerBuilder};
use duly_server::kinds::shell::{self, Commands};
use duly_server::kinds::{self, Kinds, KindsError, http};
use serde_json::{Map, Value, json};

/// A command.
pub(crate) const SHELL: &str = shell::KIND;
/// A request.
pub(crate) const HTTP: &str = http::KIND;

/// The payload of a command.
pub(crate) fn command(words: Vec<String>, env: Map<String, Value>, dir: &str) -> Value {
    let mut words = words.into_iter();
    let program = words.next();
    let args: Vec<_> = words.collect();
    json!({"program": program, "args": args, "env": env, "dir": dir})
}

/// A worker that runs whatever the file says: it is its user's own.
pub(crate) fn worker(duly: &Duly) -> Result<WorkerBuilder, KindsError> {
    let kinds = Kinds {
        commands: Commands::any(),
        ..Kinds::default()
    };
    kinds::worker(duly, kinds)
}

/// Whether a payload makes sense to its kind, as far as that can be told before it runs; if not, what
/// is wrong with it. The program of a command may not be there yet.
pub(crate) fn check(kind: &str, payload: &[u8]) -> Result<(), String> {
    match kind {
        HTTP => http::check(payload),
        _ => Ok(()),
    }
}
