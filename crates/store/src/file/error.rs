//! What can go wrong with the file.

use std::io;
use std::path::PathBuf;

/// Why the file was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Another process works with it, or this one does already.
    #[error(
        "{} is in use by another process, which holds {}: only one at a time may work with it",
        .path.display(), .lock.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// The file that is locked.
        lock: PathBuf,
    },
    /// It cannot be read, and there is no good copy. Nothing was changed.
    #[error(
        "{} is damaged ({problem}), and there is no good copy of it ({}: {backup_problem}). Nothing was changed: \
         put a good copy in its place, or move both away to begin with nothing",
        .path.display(), .backup.display()
    )]
    Damaged {
        /// The file; it lies where it lay.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// Where the save before should be.
        backup: PathBuf,
        /// What is wrong with that one.
        backup_problem: String,
    },
    /// A later version of Duly wrote it. Nothing was changed.
    #[error(
        "{} was written by a later version of Duly (format {version}, and 1 is the newest known here): use that version, or export from it",
        .path.display()
    )]
    Later {
        /// The file.
        path: PathBuf,
        /// The version of its format.
        version: u32,
    },
    /// The system refuses.
    #[error("cannot {what} {}: {source}", .path.display())]
    Io {
        /// What was tried, as a verb.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The runtime was shut down meanwhile.
    #[error("the file was not opened: the runtime was shut down meanwhile")]
    Interrupted,
}

/// Why the state was not saved. The file is as it was.
#[derive(Debug, thiserror::Error)]
#[error("cannot save to {}: {source}. The file is as it was, and changes since then are in memory only", .path.display())]
pub struct SaveError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}
