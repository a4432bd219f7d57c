//! `memory:`, and `memory:?file=PATH&every=60s`.

use std::path::Path;
use std::sync::Arc;

use duly_store::{Clock, MemoryStore, Store};

use super::InvalidUrl;
use crate::OpenError;

/// A store in memory, which may keep itself in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    #[cfg(feature = "archive")]
    file: Option<File>,
}

#[cfg(not(feature = "archive"))]
impl Place {
    pub(super) fn read(pairs: &[(&str, &str)]) -> Result<Self, InvalidUrl> {
        match pairs.first() {
            None => Ok(Self {}),
            Some((option, _)) => Err(InvalidUrl::UnknownOption {
                option: (*option).to_owned(),
                expected: "none for a store in memory (the feature `archive` adds file and every)",
            }),
        }
    }

    pub(super) const fn file(&self) -> Option<&Path> {
        None
    }

    pub(super) async fn open(&self, clock: Arc<dyn Clock>) -> Result<Arc<dyn Store>, OpenError> {
        Ok(Arc::new(MemoryStore::new(clock)))
    }
}

/// A file, and how often the store is saved to it.
#[cfg(feature = "archive")]
#[derive(Clone, Debug, PartialEq, Eq)]
struct File {
    path: std::path::PathBuf,
    every: std::time::Duration,
}

#[cfg(feature = "archive")]
impl Place {
    pub(super) fn read(pairs: &[(&str, &str)]) -> Result<Self, InvalidUrl> {
        use duly_store::file::FileOptions;

        let (mut path, mut every) = (None, None);
        for (option, value) in pairs {
            match *option {
                "file" if value.is_empty() => return super::refuse("file", value, "a path"),
                "file" => path = Some(*value),
                "every" => every = Some(*value),
                _ => {
                    return Err(InvalidUrl::UnknownOption {
                        option: (*option).to_owned(),
                        expected: "file or every",
                    });
                }
            }
        }
        let file = match (path, every) {
            (None, None) => None,
            (None, Some(value)) => return super::refuse("every", value, "none without a file"),
            (Some(path), every) => Some(File {
                path: path.into(),
                every: every.map_or(Ok(FileOptions::EVERY_DEFAULT), interval)?,
            }),
        };
        Ok(Self { file })
    }

    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| &*file.path)
    }

    pub(super) async fn open(&self, clock: Arc<dyn Clock>) -> Result<Arc<dyn Store>, OpenError> {
        use duly_store::file::{FileOptions, MemoryFile};

        let Some(File { path, every }) = &self.file else {
            return Ok(Arc::new(MemoryStore::new(clock)));
        };
        let options = FileOptions {
            clock,
            every: *every,
        };
        Ok(Arc::new(MemoryFile::open(path, options).await?))
    }
}

#[cfg(feature = "archive")]
fn interval(value: &str) -> Result<std::time::Duration, InvalidUrl> {
    /// The longest time between two saves.
    const EVERY_MAX: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
    let every = duly_core::duration::parse(value).ok();
    every
        .filter(|every| !every.is_zero() && *every <= EVERY_MAX)
        .map_or_else(
            || {
                let expected = "a duration such as 60s or 5m, more than 0s, at most 24h";
                super::refuse("every", value, expected)
            },
            Ok,
        )
}
