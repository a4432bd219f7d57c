//! When the configuration is to be loaded anew: on SIGHUP, and when its file changes.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duly::Clock;
use notify::event::{AccessKind, AccessMode, Event, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::bounds::{SETTLE, SETTLES_MAX};

/// Why the configuration is loaded anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody asks for it.
    Signal,
    /// The file is another.
    File,
}

/// Hears of both.
pub(super) struct Changes {
    hangup: Hangup,
    file: Option<PathBuf>,
    touched: Arc<Notify>,
    clock: Arc<dyn Clock>,
    /// Watches as long as it is there.
    watcher: Option<RecommendedWatcher>,
}

impl Changes {
    /// Listens from now on. Where the system lets nothing be watched, SIGHUP is left.
    pub(super) fn listen(file: Option<&Path>, clock: Arc<dyn Clock>) -> Self {
        let mut changes = Self {
            hangup: hangup(),
            file: file.map(Path::to_owned),
            touched: Arc::default(),
            clock,
            watcher: None,
        };
        changes.watch();
        // It may have changed before anybody watched.
        if file.is_some() {
            changes.touched.notify_one();
        }
        changes
    }

    /// Ends when there is a reason.
    pub(super) async fn next(&mut self) -> Why {
        tokio::select! {
            () = hung_up(&mut self.hangup) => return Why::Signal,
            () = self.touched.notified() => {}
        }
        self.settled().await;
        // Links may lead elsewhere than before.
        self.watch();
        Why::File
    }

    /// Waits until nothing more happens for a while.
    async fn settled(&self) {
        for _ in 0..SETTLES_MAX {
            tokio::select! {
                () = self.clock.sleep(SETTLE) => return,
                () = self.touched.notified() => {}
            }
        }
    }

    /// Watches the folders that decide what the file is: a file that is replaced is another, and only
    /// its folder knows.
    fn watch(&mut self) {
        let Some(file) = &self.file else {
            return;
        };
        let watcher = watcher(file, Arc::clone(&self.touched));
        self.watcher = watcher
            .inspect_err(|error| {
                let file = file.display();
                tracing::warn!(%error, "cannot watch {file}: it is loaded anew on SIGHUP alone");
            })
            .ok();
    }
}

#[cfg(unix)]
type Hangup = Option<tokio::signal::unix::Signal>;
/// There is no such signal here.
#[cfg(not(unix))]
type Hangup = ();

#[cfg(unix)]
fn hangup() -> Hangup {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::hangup())
        .inspect_err(|error| tracing::warn!(%error, "cannot listen for SIGHUP"))
        .ok()
}

#[cfg(not(unix))]
const fn hangup() -> Hangup {}

/// Ends at the next SIGHUP; never, where it cannot be heard.
#[cfg(unix)]
async fn hung_up(hangup: &mut Hangup) {
    if let Some(hangup) = hangup
        && hangup.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

#[cfg(not(unix))]
async fn hung_up((): &mut Hangup) {
    std::future::pending().await
}

fn watcher(file: &Path, touched: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let (folders, names) = places(file);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // What was overlooked may have been the file.
        if event.map_or(true, |event| {
            is_change(event.kind) && is_about(&event, &names)
        }) {
            touched.notify_one();
        }
    })?;
    for folder in folders {
        watcher.watch(&folder, RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

/// The folders that are looked at, and the names in them that matter: those of the file, of what it is a
/// link to, and of the folder on the way there (that is what Kubernetes replaces).
fn places(file: &Path) -> (BTreeSet<PathBuf>, BTreeSet<OsString>) {
    let mut names: BTreeSet<OsString> = file.file_name().map(Into::into).into_iter().collect();
    let mut folders = BTreeSet::from([folder(file)]);
    if let Ok(target) = file.read_link() {
        let first = target.components().next();
        names.extend(first.map(|first| first.as_os_str().to_owned()));
    }
    if let Ok(real) = file.canonicalize() {
        names.extend(real.file_name().map(Into::into));
        folders.insert(folder(&real));
    }
    (folders, names)
}

fn folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Not that somebody reads it: so does this process.
const fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => matches!(access, AccessKind::Close(AccessMode::Write)),
        _ => true,
    }
}

fn is_about(event: &Event, names: &BTreeSet<OsString>) -> bool {
    let is_named = |path: &PathBuf| path.file_name().is_some_and(|name| names.contains(name));
    event.need_rescan() || event.paths.iter().any(is_named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_leads_over_matters_too() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("..1")).unwrap();
        std::fs::write(at("..1/duly.yaml"), "").unwrap();
        std::os::unix::fs::symlink("..1", at("..data")).unwrap();
        std::os::unix::fs::symlink("..data/duly.yaml", at("duly.yaml")).unwrap();
        let (folders, names) = places(&at("duly.yaml"));
        assert_eq!(names, ["..data", "duly.yaml"].map(OsString::from).into());
        let real = folder.path().canonicalize().unwrap().join("..1");
        assert_eq!(folders, [folder.path().to_owned(), real].into());
        let (folders, names) = places(Path::new("duly.yaml"));
        assert_eq!((folders.len(), names.len()), (1, 1));
        assert_eq!(folders.first(), Some(&PathBuf::from(".")));
    }
}
