//! A file per command.

pub(crate) mod bench;
mod bulk;
pub(crate) mod cancel;
pub(crate) mod completions;
pub(crate) mod config;
mod counts;
mod each;
mod ending;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod failed;
mod filter;
pub(crate) mod import;
mod lines;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod moving;
mod pages;
mod patience;
pub(crate) mod queue;
pub(crate) mod retry;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod submit;
pub(crate) mod worker;
pub(crate) mod workers;

use std::time::Duration;

use duly::store::bounds::RETENTION_MAX;
use duly_core::{DELAY_MAX, Priority, TaskId, Timestamp};
use serde_json::value::RawValue;

/// An id as it is typed.
fn id(text: &str) -> Result<TaskId, String> {
    text.parse()
        .map_err(|_| format!("expected {}", <TaskId as duly_api::text::Word>::EXPECTED))
}

/// An instant as it is typed.
fn instant(text: &str) -> Result<Timestamp, String> {
    duly_api::time::parse(text).map_err(|_| format!("expected {}", duly_api::time::EXPECTED))
}

/// A time from now, or how long something may take, as it is typed.
fn duration(text: &str) -> Result<Duration, String> {
    bounded(text, DELAY_MAX)
}

/// How long something is kept, as it is typed.
fn retention(text: &str) -> Result<Duration, String> {
    bounded(text, RETENTION_MAX)
}

fn bounded(text: &str, most: Duration) -> Result<Duration, String> {
    let expected = duly_api::duration::EXPECTED;
    let days = most.as_secs() / (24 * 3600);
    match duly_api::duration::parse(text) {
        Ok(duration) if duration <= most => Ok(duration),
        _ => Err(format!("expected {expected}, and at most {days} days")),
    }
}

/// A duration as it goes over the wire.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A priority as it is typed.
fn priority(text: &str) -> Result<Priority, String> {
    let expected = <Priority as duly_api::text::Word>::EXPECTED;
    text.parse().map_err(|_| format!("expected {expected}"))
}

/// Any JSON as it is typed.
fn json(text: &str) -> Result<Box<RawValue>, String> {
    duly_api::parse(text.as_bytes()).map_err(|error| {
        format!("it is not JSON: {error}; text needs quotes of its own: '\"text\"'")
    })
}

/// A label as it is typed: `NAME=VALUE`.
fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
