//! Tasks that are submitted inside the application's own transactions: real workers run them in time.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use duly::sqlite::rusqlite::{Connection, TransactionBehavior};
use duly::sqlite::{self, Options, SubmitInError, Submitter};
use duly::{Context, Duly, State, SubmitError, Task};
use tokio::sync::mpsc;

/// What users are promised.
const WAKE_MAX: Duration = Duration::from_millis(50);
/// Long enough for any machine.
const PATIENCE: Duration = Duration::from_secs(30);

async fn shop() -> (tempfile::TempDir, Connection, Duly, Submitter) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.db");
    let shop = Connection::open(&file).unwrap();
    shop.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY)")
        .unwrap();
    let options = Options {
        share_file: true,
        ..Options::default()
    };
    let (duly, tasks) = sqlite::open(&file, options).await.unwrap();
    (folder, shop, duly, tasks)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_begins_soon_after_the_commit_and_never_without_it() {
    let (_folder, mut shop, duly, tasks) = shop().await;
    let (began, mut begun) = mpsc::unbounded_channel();
    let note = move |n: u32, _: Context| {
        let sent = began.send((n, Instant::now()));
        async move {
            sent.expect("the test listens");
            Ok::<_, Infallible>(())
        }
    };
    let worker = duly.worker().handle("note", note).start().unwrap();
    let mut times = Vec::new();
    for n in 0..20 {
        let order = shop
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .unwrap();
        let row = "INSERT INTO orders VALUES (?1)";
        order.execute(row, [n]).unwrap();
        tasks.submit_in(&order, Task::new("note", &n)).unwrap();
        if n % 2 == 1 {
            order.rollback().unwrap();
            continue;
        }
        order.commit().unwrap();
        let committed = Instant::now();
        let heard = tokio::time::timeout(PATIENCE, begun.recv()).await;
        let (ran, at) = heard.expect("it begins").unwrap();
        assert_eq!(ran, n, "what was rolled back never runs");
        times.push(at.saturating_duration_since(committed));
    }
    times.sort_unstable();
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("from commit to handler: median {median:?}, at most {slowest:?}");
    assert!(median <= WAKE_MAX, "it took {median:?}");
    worker.shutdown(PATIENCE).await;
    let counts = duly.queues().await.unwrap()[0].counts;
    assert_eq!((counts.of(State::Completed), counts.unfinished()), (10, 0));
    assert!(begun.try_recv().is_err(), "nothing else ran");
    duly.close().await.unwrap();
}

#[tokio::test]
async fn what_is_refused_is_named_and_the_transaction_goes_on() {
    let (_folder, shop, duly, tasks) = shop().await;
    let submit = |task| tasks.submit_in(&shop, task);
    assert_eq!(
        submit(Task::new("note", &1)),
        Err(SubmitInError::NoTransaction)
    );
    shop.execute_batch("BEGIN IMMEDIATE; INSERT INTO orders VALUES (1)")
        .unwrap();
    let keys_are_no_strings = BTreeMap::from([((1, 2), 3)]);
    let refused = submit(Task::new("note", &keys_are_no_strings)).unwrap_err();
    assert!(
        matches!(
            &refused,
            SubmitInError::Submit(SubmitError::InvalidInput { index: 0, .. })
        ),
        "{refused}"
    );
    let batch = (0..3).map(|n| Task::new("note", &n).unique_key("one"));
    let refused = tasks.submit_all_in(&shop, batch).unwrap_err();
    assert!(
        matches!(
            &refused,
            SubmitInError::Submit(SubmitError::TaskExists { index: 1, .. })
        ),
        "{refused}"
    );
    let task = submit(Task::new("note", &2).unique_key("one")).unwrap();
    shop.execute_batch("COMMIT").unwrap();
    assert_eq!(duly.task(task.id).await.unwrap().unwrap().sequence, 1);
    duly.close().await.unwrap();
}
