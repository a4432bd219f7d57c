//! A file per command.

pub(crate) mod bench;
pub(crate) mod cancel;
mod filter;
pub(crate) mod list;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod submit;

use duly_core::{TaskId, Timestamp};

/// An id as it is typed.
fn id(text: &str) -> Result<TaskId, String> {
    text.parse()
        .map_err(|_| format!("expected {}", <TaskId as duly_api::text::Word>::EXPECTED))
}

/// An instant as it is typed.
fn instant(text: &str) -> Result<Timestamp, String> {
    duly_api::time::parse(text).map_err(|_| format!("expected {}", duly_api::time::EXPECTED))
}

/// A label as it is typed: `NAME=VALUE`.
fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
