//! A memory store that keeps itself in a file.
//!
//! [`MemoryFile`] loads the file when it is opened, and saves to it now and then and when it is closed. The file is one
//! JSON document, with the queues and tasks of an [archive](crate::archive) as elements, one a line:
//!
//! ```text
//! {"format":"duly-memory","version":1,"at_us":1767225600000000,"queues":[
//! {"name":"default",…}
//! ],"tasks":[
//! {"id":"01932f5e-…",…,"events":[…]}
//! ],"end":{"queues":1,"tasks":1,"events":1}}
//! ```
//!
//! - **What is in it.** Everything, exactly as it was at one instant, that of the end of a save. The store works on while it is saved: it
//!   is taken page by page into a scratch file, then once more what has changed meanwhile, and the last of that in one step.
//! - **What may be lost.** If the process is killed, what happened since the last save. That includes what ended: it runs again. What is
//!   closed loses nothing.
//! - **Files beside it.** `PATH.bak`, the save before; `PATH.tmp` and `PATH.spool`, while it saves; `PATH.lock`, by which a second process is kept out;
//!   `PATH.damaged-…`, what could not be read.
//! - **Atomic.** A save is written to `PATH.tmp` and on the disk before it takes the place of `PATH`. A process that is killed at any point
//!   leaves a whole file.
//! - **Rights.** A save keeps those of the file. A link to a file stays one: what is beside the file lies where the file does.
//! - **Damage.** A file that cannot be read is set aside, and the save before is loaded; that is warned about. Without one, opening fails and changes
//!   nothing: it never begins with nothing instead.

mod document;
mod error;
mod load;
mod save;
mod spool;
mod store;
#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;

pub use error::{FileError, SaveError};
use save::Saver;

use crate::{Clock, MemoryStore, SystemClock};

/// How a [`MemoryFile`] is opened.
#[derive(Clone, Debug)]
pub struct FileOptions {
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// How often it is saved, if anything has changed.
    pub every: Duration,
}

impl FileOptions {
    /// How often it is saved, unless told otherwise: every 60 seconds.
    pub const EVERY_DEFAULT: Duration = Duration::from_secs(60);
}

impl Default for FileOptions {
    /// The system's clock; saved every 60 seconds.
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            every: Self::EVERY_DEFAULT,
        }
    }
}

/// A memory store that keeps itself in a file; see [the module](self).
///
/// It is saved when it is closed, not when it is dropped.
///
/// ```
/// use duly_store::file::{FileOptions, MemoryFile};
/// use duly_store::Store;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("duly.json");
/// let store = MemoryFile::open(&path, FileOptions::default()).await?;
/// store.configure("mail".into(), Default::default()).await?;
/// store.close().await?;
///
/// let again = MemoryFile::open(&path, FileOptions::default()).await?;
/// assert_eq!(&*again.queues().await?[0].name, "mail");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryFile {
    inner: Arc<Inner>,
    notice: Option<String>,
    stop: Arc<Notify>,
}

#[derive(Debug)]
struct Inner {
    store: MemoryStore,
    saver: Mutex<Saver>,
}

impl MemoryFile {
    /// Opens the store of a file, which is made by the first save if there is none. Needs a Tokio runtime, on which it
    /// goes on to save; reading and writing happen on threads of their own.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn open(path: impl AsRef<Path>, options: FileOptions) -> Result<Self, FileError> {
        let path = path.as_ref().to_owned();
        let clock = options.clock.clone();
        let load = tokio::task::spawn_blocking(move || load::open(&path, clock));
        let loaded = load.await.map_err(|_| FileError::Interrupted)??;
        if let Some(notice) = &loaded.notice {
            tracing::warn!("{notice}");
        }
        let inner = Arc::new(Inner {
            store: *loaded.store,
            saver: Mutex::new(loaded.saver),
        });
        let stop = Arc::new(Notify::new());
        tokio::spawn(keep_saving(Arc::downgrade(&inner), options, stop.clone()));
        Ok(Self {
            inner,
            notice: loaded.notice,
            stop,
        })
    }

    /// What there was to say when it was opened: that a file was damaged, and what was loaded instead.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Saves now, unless nothing has changed since the last save.
    ///
    /// # Errors
    /// [`SaveError`]; the file is as it was.
    pub async fn save(&self) -> Result<(), SaveError> {
        save(self.inner.clone()).await
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        self.stop.notify_one();
    }
}

impl Inner {
    fn save(&self) -> Result<(), SaveError> {
        let mut saver = self.saver.lock().unwrap_or_else(PoisonError::into_inner);
        saver.save(&self.store)
    }
}

/// Saves on a thread that may block.
async fn save(inner: Arc<Inner>) -> Result<(), SaveError> {
    let there = inner.clone();
    let saved = tokio::task::spawn_blocking(move || there.save()).await;
    // A runtime that shuts down begins nothing more; then this thread has to.
    saved.unwrap_or_else(|_| inner.save())
}

/// Saves again and again, until the store is closed or dropped.
async fn keep_saving(inner: Weak<Inner>, options: FileOptions, stop: Arc<Notify>) {
    loop {
        tokio::select! {
            () = options.clock.sleep(options.every) => {}
            () = stop.notified() => return,
        }
        let Some(inner) = inner.upgrade() else {
            return;
        };
        if let Err(error) = save(inner).await {
            tracing::warn!(%error, "the state was not saved; it is tried again");
        }
    }
}

/// A file beside `path`, with more behind its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
