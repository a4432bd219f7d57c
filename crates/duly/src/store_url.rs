//! The URLs of stores.

mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use duly_store::{Clock, Store};

use crate::OpenError;

/// Where a store is, and how it is opened: what [`Duly::open`](crate::Duly::open) makes of a URL. Reading
/// one touches no file.
///
/// | URL | store |
/// |---|---|
/// | `memory:` | in memory |
/// | `memory:?file=PATH&every=60s` | in memory, and kept in a file (feature `archive`); `every`, how often it is saved, more than 0s and at most 24h, is 60s unless given |
/// | `sqlite:PATH`, `sqlite://PATH` | an SQLite file (feature `sqlite`), with the options `synchronous` (`full` or `normal`), `busy_timeout` (whole seconds, at most 3600) and `share_file` (`true` or `false`) |
///
/// Paths are taken as they stand there; nothing in them is decoded.
///
/// ```
/// use duly::StoreUrl;
///
/// let url: StoreUrl = "memory:?file=duly.json".parse()?;
/// assert_eq!(url.file(), Some("duly.json".as_ref()));
/// assert!("redis://localhost".parse::<StoreUrl>().is_err());
/// # Ok::<(), duly::InvalidUrl>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreUrl(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Memory(memory::Place),
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Place),
}

/// Why a text is no URL of a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// It names no kind of store that is known here.
    #[error("\"{url}\" names no known store: expected {}", known())]
    UnknownScheme {
        /// The URL, without its options and credentials.
        url: String,
    },
    /// It lacks what the store needs.
    #[error("\"{url}\" is not complete: expected {expected}")]
    Incomplete {
        /// The URL, without its options.
        url: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The store has no such option.
    #[error("there is no option \"{option}\": expected {expected}")]
    UnknownOption {
        /// Its name.
        option: String,
        /// The options that there are.
        expected: &'static str,
    },
    /// An option has a value that it cannot have.
    #[error("option {option} is \"{value}\": expected {expected}")]
    InvalidOption {
        /// Its name.
        option: &'static str,
        /// The value.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// An option is given more than once.
    #[error("option {option} is given twice: expected once")]
    RepeatedOption {
        /// Its name.
        option: String,
    },
}

impl StoreUrl {
    /// The file that the store is kept in; `None`: it is nowhere but in memory.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Place::Memory(place) => place.file(),
            #[cfg(feature = "sqlite")]
            Place::Sqlite(place) => Some(place.file()),
        }
    }

    pub(crate) async fn open(&self, clock: Arc<dyn Clock>) -> Result<Arc<dyn Store>, OpenError> {
        match &self.0 {
            Place::Memory(place) => place.open(clock).await,
            #[cfg(feature = "sqlite")]
            Place::Sqlite(place) => place.open(clock).await,
        }
    }
}

impl FromStr for StoreUrl {
    type Err = InvalidUrl;

    fn from_str(url: &str) -> Result<Self, InvalidUrl> {
        let (place, options) = url.split_once('?').unwrap_or((url, ""));
        let options = pairs(options)?;
        match place.split_once(':') {
            Some(("memory", "")) => memory::Place::read(&options).map(Place::Memory),
            #[cfg(feature = "sqlite")]
            Some(("sqlite", path)) => sqlite::Place::read(place, path, &options).map(Place::Sqlite),
            _ => Err(InvalidUrl::UnknownScheme {
                url: without_credentials(place),
            }),
        }
        .map(Self)
    }
}

/// What a URL may begin with.
const fn known() -> &'static str {
    if cfg!(feature = "sqlite") {
        "sqlite:PATH or memory:"
    } else {
        "memory: (the feature `sqlite` adds sqlite:PATH)"
    }
}

/// A URL that names another kind of store may well hold a password.
fn without_credentials(place: &str) -> String {
    let Some((before, after)) = place.rsplit_once('@') else {
        return place.to_owned();
    };
    let scheme = before.find("://").map_or("", |at| &before[..at + 3]);
    format!("{scheme}***@{after}")
}

fn pairs(options: &str) -> Result<Vec<(&str, &str)>, InvalidUrl> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for pair in options.split('&').filter(|pair| !pair.is_empty()) {
        let (option, value) = pair.split_once('=').unwrap_or((pair, ""));
        if pairs.iter().any(|(known, _)| *known == option) {
            let option = option.to_owned();
            return Err(InvalidUrl::RepeatedOption { option });
        }
        pairs.push((option, value));
    }
    Ok(pairs)
}

#[cfg(any(feature = "archive", feature = "sqlite"))]
fn refuse<T>(option: &'static str, value: &str, expected: &'static str) -> Result<T, InvalidUrl> {
    Err(InvalidUrl::InvalidOption {
        option,
        value: value.to_owned(),
        expected,
    })
}
