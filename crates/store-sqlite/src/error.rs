//! What can go wrong at SQLite's door.

use std::path::PathBuf;

use duly_store::StoreError;
use rusqlite::ErrorCode;

/// Why a file could not be opened. A file that was refused is left as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is not a database, or a damaged one.
    #[error(
        "{} is not a usable database ({reason}): restore it from a backup, or name another file",
        .path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// It holds the tables of another application.
    #[error(
        "{} is the database of another application (it has a table \"{table}\"): name another file, or \
         set `share_file` to install Duly's tables (all named duly_…) beside the others",
        .path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// One of the tables that were found.
        table: String,
    },
    /// A newer Duly has changed its schema beyond what this one understands.
    #[error(
        "{} has schema version {found}, which this Duly (schema version {known}) is too old to open: \
         upgrade Duly",
        .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
    /// A migration was applied that differs from the one of that version known here.
    #[error(
        "{} was made by another build of Duly (migration {version}, \"{name}\", is not the one known \
         here): open it with that build, or name another file",
        .path.display()
    )]
    Altered {
        /// The file.
        path: PathBuf,
        /// The version.
        version: i64,
        /// The name of the migration as it was applied.
        name: String,
    },
    /// The SQLite that is linked in may corrupt a database that several connections write.
    #[error(
        "SQLite {found} may damage a database when several connections write it: link version 3.51.3 \
         or later (feature `bundled` of rusqlite)"
    )]
    OldSqlite {
        /// Its version.
        found: &'static str,
    },
    /// A setting was not taken: without it, promises would be broken.
    #[error(
        "{}: SQLite answers {found} to `PRAGMA {pragma} = {expected}`: is the file on a network or \
         read-only filesystem?",
        .path.display()
    )]
    Pragma {
        /// The file.
        path: PathBuf,
        /// Which setting.
        pragma: &'static str,
        /// What was asked for.
        expected: String,
        /// What SQLite said.
        found: String,
    },
    /// Other processes kept the file busy beyond `busy_timeout`.
    #[error("{} is kept busy by another process: try again later", .path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{} cannot be opened ({reason}): check that its folder exists and may be written", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
}

impl OpenError {
    /// What an error of SQLite at `path` means for opening it.
    pub(crate) fn of(path: &std::path::Path, error: &rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::DiskFull,
            ) => Self::Io { path, reason },
            _ => Self::Corrupt { path, reason },
        }
    }
}

/// Why an operation inside a transaction stopped.
#[derive(Debug)]
pub(crate) enum Fault<E> {
    /// What was asked is refused; the transaction goes on without it.
    Refused(E),
    /// SQLite failed, or what it holds cannot be read: the transaction is undone.
    Broken(rusqlite::Error),
}

impl<E> From<rusqlite::Error> for Fault<E> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Broken(error)
    }
}

/// An error of SQLite, as the port says it.
pub(crate) fn store_error(error: &rusqlite::Error, outcome_unknown: bool) -> StoreError {
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::OperationInterrupted
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::SchemaChanged,
        ) => StoreError::Unavailable {
            reason,
            outcome_unknown,
        },
        _ => StoreError::Corrupt { reason },
    }
}

/// What is answered when nobody answers any more.
pub(crate) fn closed(outcome_unknown: bool) -> StoreError {
    StoreError::Unavailable {
        reason: "it was closed".into(),
        outcome_unknown,
    }
}
