//! The memory store under the conformance suite, and once more with a file.

use std::sync::Arc;

use duly_store::testing::Rig;
use duly_store::{ManualClock, MemoryStore};

fn rig() -> Rig {
    let clock = Arc::new(ManualClock::default());
    let store = Arc::new(MemoryStore::new(clock.clone()));
    Rig {
        store,
        clock,
        guard: Box::new(()),
    }
}

duly_store::conformance!(rig);

#[cfg(feature = "archive")]
mod in_a_file {
    use std::sync::Arc;

    use duly_store::ManualClock;
    use duly_store::file::{FileOptions, MemoryFile};
    use duly_store::testing::Rig;

    fn rig() -> Rig {
        let clock = Arc::new(ManualClock::default());
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("duly.json");
        let options = FileOptions {
            clock: clock.clone(),
            ..FileOptions::default()
        };
        // A test is under way on this thread's runtime, so the file is opened on another's.
        let opened = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .expect("a runtime");
            runtime.block_on(MemoryFile::open(path, options))
        });
        let opened = opened.join().expect("the thread ends");
        Rig {
            store: Arc::new(opened.expect("the file opens")),
            clock,
            guard: Box::new(folder),
        }
    }

    duly_store::conformance!(rig);
}
