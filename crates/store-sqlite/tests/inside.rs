//! Submitting inside the application's own transactions: its rows and the tasks stand or fall together.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use duly_core::State;
use duly_store::testing::{QUEUE, id, names, task, task_with};
use duly_store::{
    NewTask, QueueChange, Store, StoreError, Submit, SubmitError, SubmitReply, Submitted,
    SystemClock,
};
use duly_store_sqlite::{Options, SqliteStore, SubmitInError};
use rusqlite::{Connection, TransactionBehavior};
use support::shop;

/// What users are promised.
const WAKE_MAX: Duration = Duration::from_millis(50);
/// Long enough for any machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A file that an application and a store share.
struct World {
    shop: Connection,
    store: Arc<SqliteStore>,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    World {
        shop: shop::open(&path),
        store: shop::store(&path),
        path,
        _folder: folder,
    }
}

fn keyed(n: u8) -> NewTask {
    task_with(n, |task| task.unique = Some("the one".into()))
}

impl World {
    fn submit_in(&self, tasks: Vec<NewTask>) -> Result<SubmitReply, SubmitInError> {
        self.store.submit_in(&self.shop, Submit { tasks })
    }

    fn run(&self, sql: &str) {
        self.shop.execute_batch(sql).unwrap();
    }

    async fn is_there(&self, n: u8) -> bool {
        self.store.task(id(n)).await.unwrap().is_some()
    }

    async fn pending(&self) -> u64 {
        let queues = self.store.queues().await.unwrap();
        let pending = queues.iter().map(|queue| queue.counts.of(State::Pending));
        pending.sum()
    }
}

#[tokio::test]
async fn the_task_is_there_exactly_if_the_row_is() {
    let mut world = world();
    for (n, commits) in [(1, true), (2, false), (3, true)] {
        let order = world
            .shop
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .unwrap();
        order
            .execute("INSERT INTO orders VALUES (?1)", [n])
            .unwrap();
        let reply = world.store.submit_in(&order, Submit::one(task(n))).unwrap();
        assert_eq!(reply.tasks[0].state, State::Pending);
        assert!(world.store.task(id(n)).await.unwrap().is_none(), "not yet");
        if commits {
            order.commit().unwrap();
        } else {
            order.rollback().unwrap();
        }
        assert_eq!(world.is_there(n).await, commits);
    }
    assert_eq!(shop::orders(&world.shop), [1, 3]);
    assert_eq!(world.pending().await, 2);
    let sequence = world.store.task(id(3)).await.unwrap().unwrap().sequence;
    assert_eq!(sequence, 2, "what was rolled back used up none");
    let next = world.store.submit(Submit::one(task(4))).await.unwrap();
    assert!(!next.tasks[0].existed());
    let sequence = world.store.task(id(4)).await.unwrap().unwrap().sequence;
    assert_eq!(sequence, 3, "the writer counts on");
    let totals = world.store.queues().await.unwrap()[0].totals;
    assert_eq!(totals.of(duly_core::EventKind::Submitted), 3);
}

#[tokio::test]
async fn a_savepoint_takes_its_tasks_with_it() {
    let mut world = world();
    let mut order = world
        .shop
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    let submit = |connection: &Connection, n| {
        world
            .store
            .submit_in(connection, Submit::one(task(n)))
            .unwrap()
    };
    submit(&order, 1);
    let mut savepoint = order.savepoint().unwrap();
    submit(&savepoint, 2);
    savepoint.rollback().unwrap();
    submit(&savepoint, 3);
    savepoint.commit().unwrap();
    submit(&order, 4);
    order.commit().unwrap();
    let there = [1, 2, 3, 4].map(|n| world.is_there(n));
    let [one, two, three, four] = there;
    let there = tokio::join!(one, two, three, four);
    assert_eq!(there, (true, false, true, true));
    assert_eq!(world.pending().await, 3);
}

#[tokio::test]
async fn a_batch_is_taken_in_whole_or_leaves_nothing_and_the_transaction_goes_on() {
    let world = world();
    let bound = QueueChange {
        bound: Some(40),
        ..QueueChange::default()
    };
    world.store.configure(QUEUE.into(), bound).await.unwrap();
    world.run("BEGIN IMMEDIATE; INSERT INTO orders VALUES (1)");
    let batch = |range: std::ops::Range<u8>| range.map(task).collect::<Vec<_>>();
    let reply = world.submit_in(batch(0..20)).unwrap();
    assert_eq!(reply.tasks.len(), 20);
    let refused = world.submit_in(batch(10..50)).unwrap_err();
    let expected = SubmitError::QueueFull {
        index: 30,
        queue: QUEUE.into(),
        bound: 40,
    };
    assert_eq!(refused, SubmitInError::Submit(expected), "10 were there");
    let refused = world
        .submit_in(vec![task_with(60, |task| task.kind = "".into())])
        .unwrap_err();
    assert!(
        refused.to_string().starts_with("task 0: kind is \"\""),
        "{refused}"
    );
    assert!(!world.submit_in(batch(20..40)).unwrap().tasks[0].existed());
    world.run("COMMIT");
    assert_eq!(shop::orders(&world.shop), [1]);
    assert_eq!(world.pending().await, 40);
    let list = duly_store::List {
        limit: 50,
        ..duly_store::List::default()
    };
    let tasks = world.store.list(list).await.unwrap().tasks;
    let sequences: Vec<i64> = tasks.iter().rev().map(|task| task.sequence).collect();
    assert_eq!(sequences, (1..=40).collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_unique_key_is_one_inside_a_transaction_and_beside_it() {
    let world = world();
    let taken_by = |n| {
        SubmitInError::Submit(SubmitError::TaskExists {
            index: 0,
            existing: id(n),
            key: "the one".into(),
        })
    };
    world.run("BEGIN IMMEDIATE");
    world.submit_in(vec![keyed(1)]).unwrap();
    assert_eq!(world.submit_in(vec![keyed(2)]), Err(taken_by(1)));
    let beside = tokio::spawn({
        let store = Arc::clone(&world.store);
        async move { store.submit(Submit::one(keyed(3))).await }
    });
    // It is asked now, and waits for the transaction.
    tokio::task::yield_now().await;
    world.run("COMMIT");
    let refused = beside.await.unwrap().unwrap_err();
    assert!(
        matches!(refused, SubmitError::TaskExists { existing, .. } if existing == id(1)),
        "{refused}"
    );
    world.run("BEGIN IMMEDIATE");
    assert_eq!(world.submit_in(vec![keyed(4)]), Err(taken_by(1)));
    world.run("ROLLBACK");
    world.store.cancel(id(1)).await.unwrap();
    world.run("BEGIN IMMEDIATE");
    world.submit_in(vec![keyed(5)]).unwrap();
    world.run("ROLLBACK");
    world.store.submit(Submit::one(keyed(6))).await.unwrap();
}

#[tokio::test]
async fn the_same_id_is_one_task() {
    let world = world();
    world.store.submit(Submit::one(task(1))).await.unwrap();
    world.run("BEGIN");
    let reply = world.submit_in(vec![task(1), task(2), task(2)]).unwrap();
    let existed: Vec<bool> = reply.tasks.iter().map(Submitted::existed).collect();
    assert_eq!(existed, [true, false, true]);
    world.run("COMMIT");
    assert_eq!(world.pending().await, 2);
}

#[tokio::test]
async fn a_transaction_that_has_read_too_early_is_told_how_to_begin() {
    let world = world();
    world.run("BEGIN DEFERRED");
    assert_eq!(shop::orders(&world.shop), [0; 0]);
    world.store.submit(Submit::one(task(1))).await.unwrap();
    let refused = world.submit_in(vec![task(2)]).unwrap_err();
    assert_eq!(refused, SubmitInError::Stale);
    assert!(refused.to_string().contains("begin it IMMEDIATE"));
    world.run("ROLLBACK; BEGIN DEFERRED");
    world.store.submit(Submit::one(task(3))).await.unwrap();
    world
        .submit_in(vec![task(2)])
        .expect("what has not read yet may write");
    world.run("COMMIT");
    assert_eq!(world.pending().await, 3);
}

#[tokio::test]
async fn a_connection_that_does_not_fit_is_refused() {
    let world = world();
    let submit = |connection: &Connection| {
        let refused = world.store.submit_in(connection, Submit::one(task(1)));
        refused.unwrap_err()
    };
    assert_eq!(submit(&world.shop), SubmitInError::NoTransaction);
    let memory = Connection::open_in_memory().unwrap();
    let other = world.path.with_file_name("other.db");
    drop(shop::store(&other));
    for (connection, named) in [
        (memory, "no file"),
        (Connection::open(other).unwrap(), "other.db"),
    ] {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let refused = submit(&connection);
        assert!(
            matches!(refused, SubmitInError::OtherFile { .. }),
            "{refused}"
        );
        assert!(refused.to_string().contains(named), "{refused}");
    }
    world.run("INSERT INTO duly_schema VALUES (9, 'later', 'x', 9, 0); BEGIN IMMEDIATE");
    assert_eq!(
        submit(&world.shop),
        SubmitInError::Schema { found: 9, known: 3 }
    );
    world.run("DELETE FROM duly_schema WHERE version = 9; COMMIT; BEGIN IMMEDIATE");
    world.submit_in(vec![task(1)]).expect("it fits again");
    world.run("ROLLBACK; BEGIN IMMEDIATE");
    world.store.close().await.unwrap();
    let closed = submit(&world.shop);
    assert!(closed.to_string().contains("closed"), "{closed}");
}

#[tokio::test]
async fn what_fails_in_our_tables_does_not_undo_theirs() {
    let world = world();
    world.store.submit(Submit::one(task(1))).await.unwrap();
    // The place of the next event is taken, which only damage could bring about.
    world.run(
        "INSERT INTO duly_event (sequence, task, kind, at, attempt) VALUES (2, 1, 0, 0, 0);
         BEGIN IMMEDIATE; INSERT INTO orders VALUES (1)",
    );
    let refused = world.submit_in(vec![task(2)]).unwrap_err();
    assert!(
        matches!(
            refused,
            SubmitInError::Submit(SubmitError::Store(StoreError::Corrupt { .. }))
        ),
        "{refused}"
    );
    world.run("COMMIT");
    assert_eq!(shop::orders(&world.shop), [1]);
    assert!(!world.is_there(2).await);
}

#[cfg(unix)]
#[tokio::test]
async fn another_name_of_the_file_is_the_file() {
    let world = world();
    let link = world.path.with_file_name("link.db");
    std::os::unix::fs::symlink(&world.path, &link).unwrap();
    let connection = Connection::open(link).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let submit = Submit::one(task(1));
    world.store.submit_in(&connection, submit).unwrap();
    connection.execute_batch("COMMIT").unwrap();
    assert!(world.is_there(1).await);
}

#[tokio::test]
async fn a_busy_file_is_unavailable() {
    let world = world();
    let other = shop::open(&world.path);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    world.shop.busy_timeout(Duration::ZERO).unwrap();
    world.run("BEGIN DEFERRED");
    let refused = world.submit_in(vec![task(1)]).unwrap_err();
    let SubmitInError::Submit(SubmitError::Store(error)) = refused else {
        panic!("{refused}");
    };
    assert!(
        matches!(error, StoreError::Unavailable { .. }) && !error.outcome_unknown(),
        "{error}"
    );
}

#[tokio::test]
async fn a_commit_wakes_listeners_in_time() {
    let world = world();
    let listener = world.store.listen(&names(&[QUEUE]));
    let mut times = Vec::new();
    for n in 1..=21 {
        world.run("BEGIN IMMEDIATE");
        world.submit_in(vec![task(n)]).unwrap();
        world.run("COMMIT");
        let committed = Instant::now();
        tokio::time::timeout(PATIENCE, listener.hint())
            .await
            .expect("a hint comes");
        times.push(committed.elapsed());
        assert!(world.is_there(n).await);
    }
    times.sort_unstable();
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("from commit to hint: median {median:?}, at most {slowest:?}");
    assert!(median <= WAKE_MAX, "it took {median:?}");
}

/// How many transactions each of the application's threads makes.
const ORDERS: u32 = 200;

/// Every fourth order is rolled back; the others have one to three tasks.
fn sell(path: &Path, store: &SqliteStore, user: u32) {
    let mut shop = shop::open(path);
    for n in 0..ORDERS {
        let order = shop
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .unwrap();
        let number = user * ORDERS + n;
        for part in 0..=n % 3 {
            let row = number * 3 + part;
            order
                .execute("INSERT INTO orders VALUES (?1)", [row])
                .unwrap();
        }
        let tasks = (0..=n % 3).map(|part| shop::numbered(number * 3 + part));
        let tasks = tasks.collect();
        store.submit_in(&order, Submit { tasks }).unwrap();
        if n % 4 == 3 {
            order.rollback().unwrap();
        } else {
            order.commit().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_while_users_commit_and_workers_drain() {
    let world = world();
    let elsewhere = support::open(
        &world.path,
        Options {
            share_file: true,
            ..support::options(Arc::new(SystemClock))
        },
    );
    let elsewhere = Arc::new(elsewhere.unwrap());
    let users: Vec<_> = (0..2)
        .map(|user| {
            let (path, store) = (world.path.clone(), Arc::clone(&world.store));
            tokio::task::spawn_blocking(move || sell(&path, &store, user))
        })
        .collect();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let workers = [
        shop::drain(Arc::clone(&world.store), 1, Arc::clone(&stop)),
        shop::drain(elsewhere, 2, Arc::clone(&stop)),
    ]
    .map(tokio::spawn);
    for user in users {
        user.await.unwrap();
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut ran = Vec::new();
    for worker in workers {
        ran.extend(worker.await.unwrap());
    }
    ran.sort_unstable();
    let mut rows = shop::orders(&world.shop);
    rows.sort_unstable();
    assert_eq!(ran, rows, "each row has its task, which ran once");
    let queue = &world.store.queues().await.unwrap()[0];
    let n = rows.len() as u64;
    assert_eq!(queue.counts.of(State::Completed), n);
    assert_eq!(queue.counts.unfinished(), 0);
    for kind in [
        duly_core::EventKind::Submitted,
        duly_core::EventKind::Started,
        duly_core::EventKind::Completed,
    ] {
        assert_eq!(queue.totals.of(kind), n, "{kind}");
    }
}

const PART: &str = "DULY_CHILD_PART";
const FILE: &str = "DULY_CHILD_FILE";

/// A process of its own, if it is told so; otherwise it has nothing to do.
#[test]
fn child_process() {
    let Ok(part) = std::env::var(PART) else {
        return;
    };
    let path = PathBuf::from(std::env::var_os(FILE).unwrap());
    let (shop, store) = (shop::open(&path), shop::store(&path));
    shop.execute_batch("BEGIN IMMEDIATE; INSERT INTO orders VALUES (1)")
        .unwrap();
    store.submit_in(&shop, Submit::one(task(1))).unwrap();
    if part == "commits" {
        shop.execute_batch("COMMIT").unwrap();
    }
    println!("\nready");
    // It is killed here.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

/// Starts a child, waits until it says that it is ready, and kills it.
fn kill(part: &str, path: &Path) {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child_process", "--exact", "--nocapture", "--quiet"])
        .env(PART, part)
        .env(FILE, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let ready = output.lines().any(|line| line.unwrap() == "ready");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(ready, "it came as far as that");
}

#[tokio::test]
async fn who_is_killed_before_the_commit_leaves_neither() {
    for (part, expected) in [("dies", false), ("commits", true)] {
        let world = world();
        kill(part, &world.path);
        assert_eq!(!shop::orders(&world.shop).is_empty(), expected, "{part}");
        assert_eq!(world.is_there(1).await, expected, "{part}");
        world.store.submit(Submit::one(task(2))).await.unwrap();
        assert_eq!(world.pending().await, 1 + u64::from(expected));
    }
}
