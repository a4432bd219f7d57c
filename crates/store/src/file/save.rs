//! Saving: a snapshot into a scratch file, the document from that, and then into its place.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::beside;
use super::document::Document;
use super::error::SaveError;
use super::spool::Spool;
use crate::bounds::PAGE_MAX;
use crate::memory::snapshot::Whole;
use crate::{MemoryStore, Save};

/// What is called before each step that touches the disk; tests let it fail.
type Before = Box<dyn FnMut() -> io::Result<()> + Send>;

/// Saves to one file, which it keeps locked.
pub(super) struct Saver {
    path: PathBuf,
    /// Held as long as the file is this process's.
    lock: Option<File>,
    /// [`MemoryStore::changes`] at the last save; `None` before the first.
    saved: Option<u64>,
    before: Before,
}

impl std::fmt::Debug for Saver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Saver")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Saver {
    pub(super) fn new(path: PathBuf, lock: File) -> Self {
        Self {
            path,
            lock: Some(lock),
            saved: None,
            before: Box::new(|| Ok(())),
        }
    }

    /// What is in the file is what the store holds.
    pub(super) const fn is_saved(&mut self, changes: u64) {
        self.saved = Some(changes);
    }

    /// Lets go of the file; what is saved afterwards goes nowhere.
    pub(super) fn release(&mut self) {
        self.lock = None;
    }

    #[cfg(test)]
    pub(super) const fn saved_changes(&self) -> Option<u64> {
        self.saved
    }

    #[cfg(test)]
    pub(super) fn before(&mut self, before: impl FnMut() -> io::Result<()> + Send + 'static) {
        self.before = Box::new(before);
    }

    pub(super) fn save(&mut self, store: &MemoryStore) -> Result<(), SaveError> {
        if self.lock.is_none() || self.saved == Some(store.changes()) {
            return Ok(());
        }
        let changes = self.write(store).map_err(|source| {
            self.make_room(&source);
            let path = self.path.clone();
            SaveError { path, source }
        })?;
        self.saved = Some(changes);
        Ok(())
    }

    /// Where the disk is full, what was begun is in everybody's way.
    fn make_room(&self, error: &io::Error) {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        if matches!(error.kind(), StorageFull | QuotaExceeded) {
            for begun in [".spool", ".tmp"] {
                // What stays is overwritten by the next save.
                drop(fs::remove_file(beside(&self.path, begun)));
            }
        }
    }

    /// Otherwise nothing is cleaned up on the way out of an error: it must leave no more behind than a process that is
    /// killed there, and the next save begins anew in any case.
    fn write(&mut self, store: &MemoryStore) -> io::Result<u64> {
        let (scratch, temporary) = (beside(&self.path, ".spool"), beside(&self.path, ".tmp"));
        let (spool, whole) = self.spool(store, &scratch)?;
        let file = self.document(spool, &scratch, &whole, &temporary)?;
        (self.before)()?;
        file.sync_all()?;
        drop(file);
        self.keep_the_save_before()?;
        (self.before)()?;
        fs::rename(&temporary, &self.path)?;
        (self.before)()?;
        sync_folder(&self.path)?;
        // It is saved, whatever becomes of the scratch file.
        drop(fs::remove_file(&scratch));
        Ok(whole.changes)
    }

    fn spool(&mut self, store: &MemoryStore, path: &Path) -> io::Result<(Spool, Whole)> {
        (self.before)()?;
        let mut spool = Spool::of(create(path, &self.path)?);
        let mut after = None;
        loop {
            let limit = PAGE_MAX;
            let (tasks, next) = store.snapshot(&Save { after, limit });
            for task in &tasks {
                (self.before)()?;
                spool.add(task)?;
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        let (mut limit, mut left) = (PAGE_MAX as usize, usize::MAX);
        loop {
            (self.before)()?;
            let changed = store.changed(limit);
            for (sequence, task) in &changed.tasks {
                spool.change(*sequence, task.as_ref())?;
            }
            if let Some(whole) = changed.whole {
                return Ok((spool, whole));
            }
            // More at once, for which others wait longer, only where the store changes faster than it is saved:
            // then this comes to an end as well.
            if changed.left >= left {
                limit = limit.saturating_mul(2);
            }
            left = changed.left;
        }
    }

    fn document(
        &mut self,
        spool: Spool,
        scratch: &Path,
        whole: &Whole,
        path: &Path,
    ) -> io::Result<File> {
        (self.before)()?;
        let mut out = BufWriter::new(create(path, &self.path)?);
        let mut document = Document::begin(whole, &mut out)?;
        let before = &mut self.before;
        spool.read(scratch, |task| {
            before()?;
            document.task(task)
        })?;
        document.end()?;
        out.flush()?;
        out.into_inner().map_err(io::IntoInnerError::into_error)
    }

    /// The file stays under its name until the next one takes it.
    fn keep_the_save_before(&mut self) -> io::Result<()> {
        let (kept, link) = (beside(&self.path, ".bak"), beside(&self.path, ".bak-tmp"));
        (self.before)()?;
        remove_if_there(&link)?;
        match fs::hard_link(&self.path, &link) {
            Ok(()) => {
                (self.before)()?;
                fs::rename(&link, &kept)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            // Where there are no links, the file is away for a moment; then the copy is what is loaded.
            Err(_) => fs::rename(&self.path, &kept),
        }
    }
}

/// Makes a file that nobody may read who may not read the one that it is to replace.
fn create(path: &Path, instead_of: &Path) -> io::Result<File> {
    remove_if_there(path)?;
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    match fs::metadata(instead_of) {
        Ok(found) => {
            use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
            options.mode(found.permissions().mode());
            let file = options.open(path)?;
            // What it was made with lacks what this process takes from all its files.
            file.set_permissions(found.permissions())?;
            return Ok(file);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    options.open(path)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A name is on the disk once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
