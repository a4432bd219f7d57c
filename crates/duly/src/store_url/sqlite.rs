//! `sqlite:PATH?options`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use duly_store::{Clock, Store};
use duly_store_sqlite::{Options, SqliteStore, Synchronous};

use super::{InvalidUrl, refuse};
use crate::OpenError;

/// A file, and how it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    path: PathBuf,
    synchronous: Synchronous,
    busy_timeout: Duration,
    share_file: bool,
}

impl Place {
    pub(super) fn read(url: &str, path: &str, pairs: &[(&str, &str)]) -> Result<Self, InvalidUrl> {
        // `sqlite://PATH` is what other programs write.
        let path = path.strip_prefix("//").unwrap_or(path);
        // To SQLite these are no paths: one is no file, the other names it in a way of its own.
        if path.is_empty() || path == ":memory:" || path.starts_with("file:") {
            return Err(InvalidUrl::Incomplete {
                url: url.to_owned(),
                expected: "a file, as in sqlite:PATH (memory: is the store without one)",
            });
        }
        let unless_given = Options::default();
        let mut place = Self {
            path: path.into(),
            synchronous: unless_given.synchronous,
            busy_timeout: unless_given.busy_timeout,
            share_file: unless_given.share_file,
        };
        for (option, value) in pairs {
            place.option(option, value)?;
        }
        Ok(place)
    }

    fn option(&mut self, option: &str, value: &str) -> Result<(), InvalidUrl> {
        match option {
            "synchronous" => self.synchronous = synchronous(value)?,
            "busy_timeout" => self.busy_timeout = seconds(value)?,
            "share_file" => self.share_file = yes_or_no(value)?,
            _ => {
                return Err(InvalidUrl::UnknownOption {
                    option: option.to_owned(),
                    expected: "synchronous, busy_timeout or share_file",
                });
            }
        }
        Ok(())
    }

    pub(super) fn file(&self) -> &Path {
        &self.path
    }

    pub(super) async fn open(&self, clock: Arc<dyn Clock>) -> Result<Arc<dyn Store>, OpenError> {
        let options = Options {
            clock,
            synchronous: self.synchronous,
            busy_timeout: self.busy_timeout,
            share_file: self.share_file,
        };
        let store = SqliteStore::open(&self.path, options).await?;
        Ok(Arc::new(store))
    }
}

fn synchronous(value: &str) -> Result<Synchronous, InvalidUrl> {
    match value {
        "full" => Ok(Synchronous::Full),
        "normal" => Ok(Synchronous::Normal),
        _ => refuse("synchronous", value, "full or normal"),
    }
}

fn seconds(value: &str) -> Result<Duration, InvalidUrl> {
    /// The longest that an operation waits for other processes.
    const SECONDS_MAX: u64 = 3_600;
    const EXPECTED: &str = "whole seconds, such as 60, at most 3600";
    match value.parse() {
        Ok(seconds) if seconds <= SECONDS_MAX => Ok(Duration::from_secs(seconds)),
        _ => refuse("busy_timeout", value, EXPECTED),
    }
}

fn yes_or_no(value: &str) -> Result<bool, InvalidUrl> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => refuse("share_file", value, "true or false"),
    }
}
