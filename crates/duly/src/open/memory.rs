//! `memory:`, and `memory:?file=PATH&every=60s`.

use std::sync::Arc;

use duly_store::{Clock, MemoryStore, Store};

use super::OpenError;

#[cfg(not(feature = "archive"))]
pub(super) async fn open(
    pairs: &[(&str, &str)],
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Store>, OpenError> {
    match pairs.first() {
        None => Ok(Arc::new(MemoryStore::new(clock))),
        Some((option, _)) => Err(OpenError::UnknownOption {
            option: (*option).to_owned(),
            expected: "none for a store in memory (the feature `archive` adds file and every)",
        }),
    }
}

#[cfg(feature = "archive")]
pub(super) async fn open(
    pairs: &[(&str, &str)],
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Store>, OpenError> {
    use duly_store::file::{FileOptions, MemoryFile};

    let (mut path, mut every) = (None, None);
    for (option, value) in pairs {
        match *option {
            "file" if value.is_empty() => return refuse("file", value, "a path"),
            "file" => path = Some(*value),
            "every" => every = Some(*value),
            _ => {
                return Err(OpenError::UnknownOption {
                    option: (*option).to_owned(),
                    expected: "file or every",
                });
            }
        }
    }
    match (path, every) {
        (None, None) => Ok(Arc::new(MemoryStore::new(clock))),
        (None, Some(value)) => refuse("every", value, "none without a file"),
        (Some(path), every) => {
            let every = every.map_or(Ok(FileOptions::EVERY_DEFAULT), interval)?;
            let options = FileOptions { clock, every };
            Ok(Arc::new(MemoryFile::open(path, options).await?))
        }
    }
}

#[cfg(feature = "archive")]
fn interval(value: &str) -> Result<std::time::Duration, OpenError> {
    /// The longest time between two saves.
    const EVERY_MAX: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
    let every = duly_core::duration::parse(value).ok();
    every
        .filter(|every| !every.is_zero() && *every <= EVERY_MAX)
        .map_or_else(
            || {
                let expected = "a duration such as 60s or 5m, more than 0s, at most 24h";
                refuse("every", value, expected)
            },
            Ok,
        )
}

#[cfg(feature = "archive")]
fn refuse<T>(option: &'static str, value: &str, expected: &'static str) -> Result<T, OpenError> {
    Err(OpenError::InvalidOption {
        option,
        value: value.to_owned(),
        expected,
    })
}
