//! Opening: the lock, the file, and the save before it.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duly_core::{Timestamp, duration};

use super::beside;
use super::document::{self, Unread};
use super::error::FileError;
use super::save::Saver;
use crate::{Clock, MemoryStore};

/// A store with what its file held.
pub(super) struct Loaded {
    pub(super) store: Box<MemoryStore>,
    pub(super) saver: Saver,
    /// What its user should know.
    pub(super) notice: Option<String>,
}

/// What one file came to.
enum Found {
    Good(Box<MemoryStore>, Timestamp),
    Nothing,
    Damaged(String),
}

pub(super) fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Loaded, FileError> {
    let path = &settled(path).map_err(failed("find", path))?;
    let mut saver = Saver::new(path.to_owned(), lock(path)?);
    let backup = beside(path, ".bak");
    let problem = match read(path, &clock)? {
        Found::Good(store, _) => {
            saver.is_saved(store.changes());
            let notice = None;
            return Ok(Loaded {
                store,
                saver,
                notice,
            });
        }
        Found::Nothing => None,
        Found::Damaged(problem) => Some(problem),
    };
    let (store, at) = match (read(&backup, &clock)?, &problem) {
        (Found::Good(store, at), _) => (store, at),
        (Found::Nothing, None) => {
            let (store, notice) = (Box::new(MemoryStore::new(clock)), None);
            return Ok(Loaded {
                store,
                saver,
                notice,
            });
        }
        (found, _) => return Err(damaged(path, problem, backup, found)),
    };
    let aside = match problem {
        Some(problem) => set_aside(path, &problem, &*clock)?,
        None => format!(
            "{} is not there, although it was saved before (to begin with nothing, move {} away too)",
            path.display(),
            backup.display()
        ),
    };
    let age = duration::rough(clock.now().since(at));
    let notice = Some(format!(
        "{aside}. The save before it was loaded, from {}: it is {age} old, and what happened since may be lost",
        backup.display()
    ));
    Ok(Loaded {
        store,
        saver,
        notice,
    })
}

/// Where a path leads, once and for all: the current folder may change, and what is beside the file lies
/// where the file does, not where a link to it does.
fn settled(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::path::absolute(path),
        found => found,
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError::Io { what, path, source }
}

fn lock(path: &Path) -> Result<File, FileError> {
    let lock = beside(path, ".lock");
    let open = File::options().create(true).append(true).open(&lock);
    let file = open.map_err(failed("open the lock file", &lock))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FileError::InUse {
            path: path.to_owned(),
            lock,
        }),
        Err(TryLockError::Error(error)) => Err(failed("lock", &lock)(error)),
    }
}

fn read(path: &Path, clock: &Arc<dyn Clock>) -> Result<Found, FileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(failed("open", path)(error)),
    };
    let store = Box::new(MemoryStore::new(clock.clone()));
    match document::load(BufReader::new(file), &store) {
        Ok(at) => Ok(Found::Good(store, at)),
        Err(Unread::Damaged(problem)) => Ok(Found::Damaged(problem)),
        Err(Unread::Io(error)) => Err(failed("read", path)(error)),
        Err(Unread::Later(version)) => Err(FileError::Later {
            path: path.to_owned(),
            version,
        }),
    }
}

/// Neither the file nor the save before is good.
fn damaged(path: &Path, problem: Option<String>, backup: PathBuf, found: Found) -> FileError {
    let missing = || "it is not there".to_owned();
    FileError::Damaged {
        path: path.to_owned(),
        problem: problem.unwrap_or_else(missing),
        backup,
        backup_problem: match found {
            Found::Damaged(problem) => problem,
            Found::Good(..) | Found::Nothing => missing(),
        },
    }
}

fn set_aside(path: &Path, problem: &str, clock: &dyn Clock) -> Result<String, FileError> {
    let aside = beside(path, &format!(".damaged-{}", clock.now().as_micros()));
    fs::rename(path, &aside).map_err(failed("set aside", path))?;
    Ok(format!(
        "{} is damaged ({problem}), and lies at {} now",
        path.display(),
        aside.display()
    ))
}
