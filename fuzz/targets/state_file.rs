//! The file of a memory store: either it is loaded whole, and saved as the same; or it is refused, told of,
//! and left as it was. Never does a store begin with less than its file says.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use duly_store::file::{FileError, FileOptions, MemoryFile};
use duly_store::{EventCursor, ManualClock, QueueRecord, Save, SavedTask, Store};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// The save before: a queue, and no task.
const BEFORE: &[u8] = br#"{"format":"duly-memory","version":1,"at_us":0,"queues":[
{"name":"before","paused":false,"bound":5,"retention_completed_us":0,"retention_failed_us":0}
],"tasks":[
],"end":{"queues":1,"tasks":0,"events":0}}
"#;

struct Place {
    runtime: Runtime,
    folder: PathBuf,
}

thread_local! {
    static PLACE: Place = Place::new();
}

fuzz_target!(|input: &[u8]| {
    PLACE.with(|place| place.runtime.block_on(place.check(input)));
});

impl Place {
    fn new() -> Self {
        let name = format!("duly-fuzz-state-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        let runtime = Builder::new_current_thread().enable_time().build();
        Self {
            runtime: runtime.expect("a runtime"),
            folder,
        }
    }

    async fn check(&self, input: &[u8]) {
        let (path, backup) = (self.file("duly.json"), self.file("duly.json.bak"));
        self.empty();
        write(&path, input);
        match open(&path).await {
            Ok(store) => {
                let held = held(&store).await;
                counts(input, &held);
                store.save().await.expect("there is room");
                store.close().await.expect("there is room");
                let again = open(&path).await.expect("what was saved can be loaded");
                assert!(self::held(&again).await == held, "saved as something else");
                again.close().await.expect("there is room");
            }
            Err(FileError::Later { version, .. }) => assert!(version > 1),
            Err(error) => {
                assert!(matches!(error, FileError::Damaged { .. }), "{error}");
                assert!(
                    error.to_string().contains("duly.json is damaged ("),
                    "{error}"
                );
                assert_eq!(read(&path), input, "it is left as it was");
                write(&backup, BEFORE);
                let store = open(&path).await.expect("the save before");
                assert!(
                    store
                        .notice()
                        .is_some_and(|notice| notice.contains("is damaged ("))
                );
                assert_eq!(held(&store).await.0.len(), 1, "its queue");
                store.close().await.expect("there is room");
            }
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn empty(&self) {
        let entries = std::fs::read_dir(&self.folder).expect("the folder");
        for entry in entries {
            std::fs::remove_file(entry.expect("the folder").path()).expect("a file of its own");
        }
    }
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("there is room");
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("it is there")
}

async fn open(path: &Path) -> Result<MemoryFile, FileError> {
    let options = FileOptions {
        clock: Arc::new(ManualClock::default()),
        ..FileOptions::default()
    };
    MemoryFile::open(path, options).await
}

/// All that a store has; where its events stand in the feed is its own affair.
async fn held(store: &MemoryFile) -> (Vec<QueueRecord>, Vec<SavedTask>) {
    let (after, limit) = (None, 1_000);
    let page = Store::save(store, Save { after, limit }).await;
    let mut tasks = page.expect("a store in memory").tasks;
    for saved in &mut tasks {
        saved.task.sequence = 0;
        for event in &mut saved.events {
            event.sequence = 0;
            event.cursor = EventCursor::START;
        }
    }
    (store.queues().await.expect("a store in memory"), tasks)
}

/// As many queues and tasks as a reader of plain JSON finds.
fn counts(input: &[u8], (queues, tasks): &(Vec<QueueRecord>, Vec<SavedTask>)) {
    let Ok(document) = serde_json::from_slice::<Value>(input) else {
        // Deeper, or of larger numbers, than plain values can be.
        return;
    };
    let count = |field: &str| document[field].as_array().map_or(0, Vec::len);
    assert!(queues.len() >= count("queues"));
    assert_eq!(tasks.len(), count("tasks"));
    assert_eq!(document["end"]["tasks"], tasks.len());
}
