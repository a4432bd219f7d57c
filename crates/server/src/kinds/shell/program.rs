//! Finding the program that a name means.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Why there is no program to run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// There is none of that name.
    #[error("program {0}: not found in {1}")]
    NotInPath(String, String),
    /// There is no such file.
    #[error("program {0}: not found")]
    NotFound(String),
    /// It is a folder, or has no right to be executed.
    #[error("program {0}: not executable")]
    NotExecutable(String),
    /// The path is relative.
    #[error("program {0}: expected an absolute path, or a name alone")]
    Relative(String),
}

/// The file that `program` means: itself if it is absolute, or the first of that name in the folders that
/// `path` lists (relative ones are passed over).
pub(super) fn find(program: &Path, path: &OsStr) -> Result<PathBuf, Unfit> {
    let shown = || program.display().to_string();
    if program.is_absolute() {
        return match fs::metadata(program) {
            Ok(found) if is_executable(&found) => Ok(program.to_owned()),
            Ok(_) => Err(Unfit::NotExecutable(shown())),
            Err(_) => Err(Unfit::NotFound(shown())),
        };
    }
    if program.components().count() != 1 || program.file_name() != Some(program.as_os_str()) {
        return Err(Unfit::Relative(shown()));
    }
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    let mut candidates = folders.map(|folder| folder.join(program));
    candidates
        .find(|file| fs::metadata(file).is_ok_and(|found| is_executable(&found)))
        .ok_or_else(|| Unfit::NotInPath(shown(), path.to_string_lossy().into_owned()))
}

fn is_executable(found: &fs::Metadata) -> bool {
    found.is_file() && found.permissions().mode() & 0o111 != 0
}
