//! The store that a command works on itself.

use std::path::PathBuf;

use duly::{Duly, OpenError, StoreUrl};

use crate::failure::Failure;
use crate::output;

/// Opens the store that a URL names; a file that is not there is made.
pub(crate) async fn open(url: &str) -> Result<Duly, Failure> {
    open_as("--store", url).await
}

/// The same; a URL that makes no sense is said to come from there.
pub(crate) async fn open_as(origin: &str, url: &str) -> Result<Duly, Failure> {
    Duly::open(url).await.map_err(|error| match error {
        OpenError::Url(error) => Failure::Usage(format!("{origin}: {error}")),
        other => anyhow::Error::new(other)
            .context(format!("cannot open {}", plain(url)))
            .into(),
    })
}

/// Whether a URL makes sense, before anything is opened.
pub(crate) fn check_as(origin: &str, url: &str) -> Result<(), Failure> {
    let checked = url.parse::<StoreUrl>();
    checked.map_err(|error| Failure::Usage(format!("{origin}: {error}")))?;
    Ok(())
}

/// The same for who only looks at what is there: a name that was mistyped makes no new file.
pub(crate) async fn open_existing(url: &str) -> Result<Duly, Failure> {
    if let Some(path) = file(url)
        && !path.exists()
    {
        return Err(Failure::Usage(format!(
            "--store: there is no file {}: expected a store that `duly serve`, `duly submit` or \
             `duly import` made",
            output::printable(&path.to_string_lossy())
        )));
    }
    open(url).await
}

/// Closes a store, and tells if what it held could not be kept. What went wrong before comes first.
pub(crate) async fn close(duly: &Duly, outcome: Result<(), Failure>) -> Result<(), Failure> {
    let Err(lost) = duly.close().await else {
        return outcome;
    };
    match outcome {
        Ok(()) => Err(anyhow::Error::new(lost).into()),
        Err(failure) => Err(failure.followed_by(lost.to_string())),
    }
}

/// The file that a URL names.
pub(crate) fn file(url: &str) -> Option<PathBuf> {
    let url: StoreUrl = url.parse().ok()?;
    url.file().map(Into::into)
}

/// A URL without its options: they may hold what is secret.
fn plain(url: &str) -> &str {
    url.split_once('?').map_or(url, |(place, _)| place)
}
