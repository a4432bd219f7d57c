//! A file per command.

pub(crate) mod bench;
mod bulk;
pub(crate) mod cancel;
pub(crate) mod completions;
pub(crate) mod config;
mod counts;
mod drained;
mod each;
mod ending;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod failed;
mod filter;
pub(crate) mod import;
pub(crate) mod kind;
pub(crate) mod limit;
mod lines;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod moving;
mod pages;
mod patience;
pub(crate) mod queue;
pub(crate) mod retry;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod stats;
mod subject;
pub(crate) mod submit;
mod task;
pub(crate) mod tenant;
pub(crate) mod worker;
pub(crate) mod workers;

use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use duly::store::bounds::RETENTION_MAX;
use duly_core::{DELAY_MAX, EventKind, Priority, State, TaskId, Timestamp};
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

/// A time from now as it is typed.
fn duration(text: &str) -> Result<Duration, String> {
    bounded(text, DELAY_MAX)
}

/// How long something may take, as it is typed.
fn timeout(text: &str) -> Result<Duration, String> {
    let timeout = duration(text)?;
    if timeout.is_zero() {
        return Err("expected more than 0s".to_owned());
    }
    Ok(timeout)
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

/// A number as it is typed; a store counts no further.
fn number(least: i64) -> impl TypedValueParser<Value = u64> {
    move |text: &str| {
        let number = text.parse::<i64>().ok().filter(|number| *number >= least);
        number
            .map(i64::unsigned_abs)
            .ok_or_else(|| format!("expected a whole number from {least} to {}", i64::MAX))
    }
}

/// A priority as it is typed.
fn priority() -> impl TypedValueParser<Value = Priority> {
    words(Priority::ALL.iter().copied().map(Priority::name))
}

/// A state as it is typed.
fn state() -> impl TypedValueParser<Value = State> {
    words(State::ALL.iter().copied().map(State::name))
}

/// A kind of event as it is typed.
fn event_kind() -> impl TypedValueParser<Value = EventKind> {
    words(EventKind::ALL.iter().copied().map(EventKind::name))
}

/// One of the words that there are: shells complete them, and what is nearly one is guessed.
fn words<T>(names: impl Iterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err: std::error::Error + Send + Sync> + Clone + Send + Sync + 'static,
{
    let names: Vec<_> = names.collect();
    PossibleValuesParser::new(names).try_map(|name| name.parse())
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
