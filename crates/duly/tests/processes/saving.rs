//! A process that is killed while it saves a store in memory to its file, again and again.

use std::path::Path;
use std::time::Duration;

use duly::store::file::{FileOptions, MemoryFile};
use duly::{Duly, Store, Task};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::child;

/// How often a process is killed.
const KILLS: u32 = 12;
/// Tasks of one submit.
const BATCH: u32 = 200;

fn url(file: &Path) -> String {
    format!("memory:?every=1ms&file={}", file.display())
}

/// What a file holds: how many tasks. It must be whole.
async fn count(file: &Path) -> u64 {
    let store = MemoryFile::open(file, FileOptions::default()).await;
    let store = store.expect("a whole file is left");
    assert_eq!(store.notice(), None);
    let queues = store.queues().await.unwrap();
    queues.iter().map(|queue| queue.counts.unfinished()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_while_it_saves_leaves_a_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("duly.json");
    let mut before = 0;
    for kill in 0..KILLS {
        let mut child = child::start("saving", &file, "");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // It saves about all the time; each time it is let go on a little longer.
        for _ in 0..=kill {
            let line = lines.next_line().await.unwrap();
            assert!(line.is_some(), "the child goes on until it is killed");
        }
        child.kill().await.unwrap();
        let now = count(&file).await;
        assert!(
            now >= before,
            "what was saved stays saved: {before}, then {now}"
        );
        assert_eq!(now % u64::from(BATCH), 0, "a submit is there as a whole");
        before = now;
    }
    assert!(before > 0, "some of it was saved");
}

/// Submits until it is killed.
pub(crate) async fn child() {
    let file = child::file();
    let duly = Duly::open(&url(&file)).await.unwrap();
    loop {
        let batch = (0..BATCH).map(|n| Task::new("work", &n));
        duly.submit_all(batch).await.unwrap();
        println!("submitted");
        // poll interval: between two batches the child saves, which is when it is to be killed.
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}
