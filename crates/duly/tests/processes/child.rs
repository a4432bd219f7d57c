//! Starting child processes, and being one.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use duly::Duly;
use tokio::process::{Child, Command};

const PART: &str = "DULY_CHILD_PART";
const FILE: &str = "DULY_CHILD_FILE";
const ARGUMENT: &str = "DULY_CHILD_ARGUMENT";

/// The part that this process plays, if it is a child.
pub(crate) fn part() -> Option<String> {
    std::env::var(PART).ok()
}

/// What the child was told beside its part.
pub(crate) fn argument() -> String {
    std::env::var(ARGUMENT).unwrap()
}

/// The file of a child.
pub(crate) fn file() -> PathBuf {
    PathBuf::from(std::env::var_os(FILE).unwrap())
}

/// The store of a child.
pub(crate) async fn store() -> Duly {
    open(&file()).await
}

/// The store in a file.
pub(crate) async fn open(file: &Path) -> Duly {
    Duly::open(&format!("sqlite:{}", file.display()))
        .await
        .unwrap()
}

/// Starts a child; what it prints can be read, and it dies with its handle.
pub(crate) fn start(part: &str, file: &Path, argument: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child_process", "--exact", "--nocapture", "--quiet"])
        .env(PART, part)
        .env(FILE, file)
        .env(ARGUMENT, argument)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}
