//! The file that a store was opened on, and whether its name still means it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use duly_store::StoreError;

/// What is the same of a file whatever it is called.
#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(unix)]
fn identity(path: &Path) -> std::io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Where an open file cannot be replaced, its name is enough.
#[cfg(not(unix))]
fn identity(path: &Path) -> std::io::Result<Identity> {
    std::fs::canonicalize(path)
}

/// The file of a store.
#[derive(Debug)]
pub(crate) struct Home {
    /// Absolute: the current folder may change.
    path: PathBuf,
    identity: Identity,
    away: AtomicBool,
}

impl Home {
    /// The file that a path names now.
    pub(crate) fn of(path: &Path) -> std::io::Result<Self> {
        Ok(Self {
            path: std::path::absolute(path)?,
            identity: identity(path)?,
            away: AtomicBool::new(false),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a path names this file.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        identity(path).is_ok_and(|found| found == self.identity)
    }

    /// Looks whether the file is still where it was: what is written to one that was removed is lost.
    pub(crate) fn look(&self) -> Result<(), StoreError> {
        let away = match identity(&self.path) {
            Ok(found) => found != self.identity,
            // Another failure may pass, and says nothing of the file.
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        self.away.store(away, Ordering::Relaxed);
        self.check()
    }

    /// Whether it was there when somebody looked last.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if !self.away.load(Ordering::Relaxed) {
            return Ok(());
        }
        let path = self.path.display();
        Err(StoreError::Unavailable {
            reason: format!(
                "{path} was removed or replaced while it was open: put it back, or open the store anew"
            ),
            outcome_unknown: false,
        })
    }
}
