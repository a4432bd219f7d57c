//! A task that kills its process, among many innocent ones.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use duly::{Context, Filter, House, List, State, Task};

use crate::child;

/// The payload that kills.
const POISON: u32 = 100;
/// Innocent tasks beside it.
const INNOCENT: u32 = 200;
/// Handlers at once: many innocents run when the process dies.
const CONCURRENCY: u32 = 64;
/// What an innocent task takes.
const WORK: Duration = Duration::from_millis(30);
/// Short, so that lost attempts come back soon.
const LEASE: Duration = Duration::from_millis(1_500);
/// Far more deaths than there may be.
const DEATHS_MAX: u32 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poison_task_is_given_up_and_no_innocent_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("duly.db");
    let duly = child::open(&file).await;
    let tasks = (0..=INNOCENT).map(|n| Task::new("work", &n));
    let submitted = duly.submit_all(tasks).await.unwrap();
    let mut deaths = 0;
    loop {
        let mut worker = child::start("poison", &file, "");
        let all_ended = async {
            for task in &submitted {
                duly.wait(task.id).await.unwrap();
            }
        };
        tokio::select! {
            () = all_ended => break,
            died = worker.wait() => {
                assert_eq!(died.unwrap().signal(), Some(6), "it aborts");
                deaths += 1;
                assert!(deaths < DEATHS_MAX, "the poison is never given up");
            }
        }
    }
    let tasks = duly
        .list(List {
            limit: 1_000,
            filter: Filter::default(),
            after: None,
            brief: false,
        })
        .await;
    for task in tasks.unwrap().tasks {
        if *task.payload.bytes == *POISON.to_string().as_bytes() {
            assert_eq!((task.state, task.lost), (State::Failed, 3), "{task:?}");
        } else {
            assert_eq!(task.state, State::Completed, "{task:?}");
        }
    }
    assert_eq!(deaths, 3);
    duly.close().await.unwrap();
}

/// Works until it dies.
pub(crate) async fn child() {
    let duly = child::store().await;
    let work = |n: u32, _: Context| async move {
        if n == POISON {
            std::process::abort();
        }
        // poll interval: stands for what an innocent task does
        tokio::time::sleep(WORK).await;
        Ok::<_, std::convert::Infallible>(())
    };
    let worker = duly
        .worker()
        .concurrency(CONCURRENCY)
        .lease(LEASE)
        .heartbeat(LEASE / 5)
        .house(House::default().lease(LEASE).look(LEASE / 10).reign(LEASE))
        .handle("work", work)
        .start()
        .unwrap();
    worker.finished().await;
}
