//! Where a run lives: the folder `.duly` beside its file, with its store and its lock.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::TaskFile;

/// The folder beside the file.
const FOLDER: &str = ".duly";
/// Version control passes the folder over.
const IGNORED: &str = "*\n";

/// Nobody else runs the file while this is held.
#[derive(Debug)]
#[must_use = "dropping it lets others in"]
pub struct Lock(#[expect(dead_code, reason = "the lock ends when the file is closed")] File);

/// Why a run has no home.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HomeError {
    /// Somebody runs the file.
    #[error("{} is being run by another process: wait for it, or stop it", .0.display())]
    Busy(PathBuf),
    /// The folder cannot be made, or nothing can be made in it.
    #[error("{} cannot be used: {error}: expected a folder that can be written to, or \
             `--store memory:`, which leaves nothing behind", .path.display())]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The path cannot stand in a URL.
    #[error("the store {} cannot be named by a URL: expected a path in UTF-8 without a ?; name one \
             with --store", .0.display())]
    Unnameable(PathBuf),
}

impl TaskFile {
    /// The URL of the store that its runs use: the one that it names, or a file of their own beside it,
    /// `.duly/NAME.db`.
    ///
    /// # Errors
    /// [`HomeError::Unnameable`].
    pub fn store_url(&self) -> Result<String, HomeError> {
        let path = match self.store() {
            None => self.home().join(format!("{}.db", self.name())),
            Some(url) => match relative(url) {
                None => return Ok(url.to_owned()),
                Some((path, options)) => {
                    let url = sqlite(&self.beside(path))?;
                    return Ok(format!("{url}{options}"));
                }
            },
        };
        sqlite(&path)
    }

    /// Makes its runs' folder, and keeps others from running the file.
    ///
    /// # Errors
    /// [`HomeError`]: somebody else runs it, or the folder cannot be used.
    pub fn lock(&self) -> Result<Lock, HomeError> {
        let home = self.home();
        let unusable = |path: &Path| {
            let path = path.to_owned();
            |error| HomeError::Unusable { path, error }
        };
        fs::create_dir_all(&home).map_err(unusable(&home))?;
        let ignored = home.join(".gitignore");
        if !ignored.exists() {
            fs::write(&ignored, IGNORED).map_err(unusable(&ignored))?;
        }
        let path = home.join(format!("{}.lock", self.name()));
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = file.map_err(unusable(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(HomeError::Busy(self.path().to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(&path)(error)),
        }
    }

    fn home(&self) -> PathBuf {
        self.beside(FOLDER)
    }

    /// A path from the file's folder on, in short.
    fn beside(&self, path: &str) -> PathBuf {
        let whole = self.folder().join(path);
        whole.strip_prefix(".").map(Path::to_owned).unwrap_or(whole)
    }
}

/// The path and the options of an embedded file's URL, if that is relative.
fn relative(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, options) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    let is_file = !path.is_empty() && !path.starts_with([':', '/']) && !path.starts_with("file:");
    is_file.then_some((path, options))
}

fn sqlite(path: &Path) -> Result<String, HomeError> {
    let text = path.to_str().filter(|text| !text.contains('?'));
    let text = text.ok_or_else(|| HomeError::Unnameable(path.to_owned()))?;
    Ok(format!("sqlite:{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &Path, head: &str) -> TaskFile {
        let text = format!("{head}tasks: [{{name: a, command: [x]}}]");
        TaskFile::parse(path, &text).unwrap()
    }

    #[test]
    fn a_store_lies_beside_the_file_unless_it_is_named() {
        let url = |path: &str, head: &str| file(Path::new(path), head).store_url();
        assert_eq!(url("x/a.yaml", "").unwrap(), "sqlite:x/.duly/a.db");
        assert_eq!(url("a.yaml", "name: b\n").unwrap(), "sqlite:.duly/b.db");
        let named = |store: &str| url("x/a.yaml", &format!("store: '{store}'\n")).unwrap();
        assert_eq!(named("memory:"), "memory:");
        assert_eq!(
            named("sqlite:b.db?synchronous=normal"),
            "sqlite:x/b.db?synchronous=normal"
        );
        assert_eq!(named("sqlite:/b.db"), "sqlite:/b.db");
        assert!(url("x?/a.yaml", "").is_err());
    }

    #[test]
    fn one_process_runs_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder.path().join("a.yaml"), "");
        let lock = file.lock().unwrap();
        let refusal = file.lock().unwrap_err().to_string();
        assert!(
            refusal.contains("a.yaml is being run by another process"),
            "{refusal}"
        );
        drop(lock);
        drop(file.lock().unwrap());
        let ignored = fs::read_to_string(folder.path().join(".duly/.gitignore")).unwrap();
        assert_eq!(ignored, "*\n");
    }
}
