//! What the tests of this store share.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

pub(crate) mod shared;
pub(crate) mod shop;

use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use duly_store::testing::Rig;
use duly_store::{Clock, ManualClock, Store};
use duly_store_sqlite::{OpenError, Options, SqliteStore, Synchronous};

/// Options for a test whose promises do not hang on the disk.
pub(crate) fn options(clock: Arc<dyn Clock>) -> Options {
    Options {
        clock,
        synchronous: Synchronous::Normal,
        ..Options::default()
    }
}

/// Opens a file from a place that cannot wait.
pub(crate) fn open(path: &Path, options: Options) -> Result<SqliteStore, OpenError> {
    let path = path.to_path_buf();
    let opener = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(SqliteStore::open(path, options))
    });
    opener.join().unwrap()
}

/// A folder in memory, where the system has such a place, with a file as a store leaves it that was opened
/// and closed: histories are many, and making a file anew for each would cost more than the history.
fn fresh() -> (tempfile::TempDir, PathBuf) {
    static FRESH: OnceLock<Vec<u8>> = OnceLock::new();
    let folder = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
    let path = folder.path().join("duly.db");
    let bytes = FRESH.get_or_init(|| {
        close(open(&path, options(Arc::<ManualClock>::default())).unwrap());
        std::fs::read(&path).unwrap()
    });
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// Closes a store from a place that cannot wait.
fn close(store: SqliteStore) {
    let closer = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(store.close())
    });
    closer.join().unwrap().unwrap();
}

/// A fresh store on a clock that stands.
pub(crate) fn rig() -> Rig {
    let (folder, path) = fresh();
    rig_on(&path, Arc::default(), Box::new(folder))
}

/// Two stores on one fresh file, on one clock that stands; and the file.
pub(crate) fn rigs() -> (Rig, Rig, PathBuf) {
    let (folder, path) = fresh();
    let one = rig_on(&path, Arc::default(), Box::new(folder));
    let other = rig_on(&path, one.clock.clone(), Box::new(()));
    (one, other, path)
}

fn rig_on(path: &Path, clock: Arc<ManualClock>, guard: Box<dyn Any + Send>) -> Rig {
    let store = open(path, options(clock.clone())).unwrap();
    Rig {
        store: Arc::new(store),
        clock,
        guard,
    }
}

/// How many transactions were committed to the log of a file since it was last begun anew: each ends
/// in a frame that names the size of the database.
pub(crate) fn commits(path: &Path) -> usize {
    const HEADER: usize = 32;
    const FRAME_HEADER: usize = 24;
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    let log = std::fs::read(name).unwrap();
    if log.len() < HEADER {
        return 0;
    }
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let frame = FRAME_HEADER + number(8) as usize;
    let frames = (HEADER..)
        .step_by(frame)
        .take_while(|at| at + frame <= log.len());
    let salt = |at: usize| (number(at), number(at + 4));
    frames
        .filter(|at| number(at + 4) > 0 && salt(at + 8) == salt(16))
        .count()
}

/// A store on the machine's clock, and its file.
pub(crate) fn real(path: &Path) -> Arc<SqliteStore> {
    Arc::new(open(path, options(Arc::new(duly_store::SystemClock))).unwrap())
}
