//! What the tests of this store share.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::Path;
use std::sync::Arc;

use duly_store::testing::Rig;
use duly_store::{Clock, ManualClock};
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
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(SqliteStore::open(path, options))
    });
    opener.join().unwrap()
}

/// A fresh store on a clock that stands.
pub(crate) fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let store = open(&folder.path().join("duly.db"), options(clock.clone())).unwrap();
    Rig {
        store: Arc::new(store),
        clock,
        guard: Box::new(folder),
    }
}
