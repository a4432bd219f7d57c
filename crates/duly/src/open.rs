//! What can go wrong when a store is opened.

use crate::InvalidUrl;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL is none of a store.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
    /// The file could not be opened.
    #[cfg(feature = "sqlite")]
    #[error(transparent)]
    Sqlite(#[from] duly_store_sqlite::OpenError),
    /// The file of a store in memory could not be opened.
    #[cfg(feature = "archive")]
    #[error(transparent)]
    File(#[from] duly_store::file::FileError),
}
