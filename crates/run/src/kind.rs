//! The kinds that tasks of a file are: their payloads.

use duly_server::kinds::http;
use serde_json::{Map, Value, json};

/// A command.
pub(crate) const SHELL: &str = "shell";
/// A request.
pub(crate) const HTTP: &str = http::KIND;

/// The payload of a command.
pub(crate) fn command(words: Vec<String>, env: Map<String, Value>, dir: &str) -> Value {
    let mut words = words.into_iter();
    let program = words.next();
    let args: Vec<_> = words.collect();
    json!({"program": program, "args": args, "env": env, "dir": dir})
}

/// Whether a payload makes sense to its kind; if not, what is wrong with it.
pub(crate) fn check(kind: &str, payload: &[u8]) -> Result<(), String> {
    match kind {
        HTTP => http::check(payload),
        _ => Ok(()),
    }
}
