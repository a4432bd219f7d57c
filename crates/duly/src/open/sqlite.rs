//! `sqlite:PATH?options`.

use std::sync::Arc;
use std::time::Duration;

use duly_store::{Clock, Store};
use duly_store_sqlite::{Options, SqliteStore, Synchronous};

use super::OpenError;

pub(super) async fn open(
    url: &str,
    path: &str,
    pairs: &[(&str, &str)],
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Store>, OpenError> {
    // `sqlite://PATH` is what other programs write.
    let path = path.strip_prefix("//").unwrap_or(path);
    // To SQLite these are no paths: one is no file, the other names it in a way of its own.
    if path.is_empty() || path == ":memory:" || path.starts_with("file:") {
        return Err(OpenError::Incomplete {
            url: url.to_owned(),
            expected: "a file, as in sqlite:PATH (memory: is the store without one)",
        });
    }
    let options = options(pairs, clock)?;
    let store = SqliteStore::open(path, options).await?;
    Ok(Arc::new(store))
}

fn options(pairs: &[(&str, &str)], clock: Arc<dyn Clock>) -> Result<Options, OpenError> {
    let mut options = Options {
        clock,
        ..Options::default()
    };
    for (option, value) in pairs {
        match *option {
            "synchronous" => options.synchronous = synchronous(value)?,
            "busy_timeout" => options.busy_timeout = seconds(value)?,
            "share_file" => options.share_file = yes_or_no(value)?,
            _ => {
                return Err(OpenError::UnknownOption {
                    option: (*option).to_owned(),
                    expected: "synchronous, busy_timeout or share_file",
                });
            }
        }
    }
    Ok(options)
}

fn synchronous(value: &str) -> Result<Synchronous, OpenError> {
    match value {
        "full" => Ok(Synchronous::Full),
        "normal" => Ok(Synchronous::Normal),
        _ => refuse("synchronous", value, "full or normal"),
    }
}

fn seconds(value: &str) -> Result<Duration, OpenError> {
    /// The longest that an operation waits for other processes.
    const SECONDS_MAX: u64 = 3_600;
    const EXPECTED: &str = "whole seconds, such as 60, at most 3600";
    match value.parse() {
        Ok(seconds) if seconds <= SECONDS_MAX => Ok(Duration::from_secs(seconds)),
        _ => refuse("busy_timeout", value, EXPECTED),
    }
}

fn yes_or_no(value: &str) -> Result<bool, OpenError> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => refuse("share_file", value, "true or false"),
    }
}

fn refuse<T>(option: &'static str, value: &str, expected: &'static str) -> Result<T, OpenError> {
    Err(OpenError::InvalidOption {
        option,
        value: value.to_owned(),
        expected,
    })
}
