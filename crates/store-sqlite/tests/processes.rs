//! Several stores on one file stand for several processes: they wake each other, and none is turned
//! away because the file is busy.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod support;

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use duly_core::{Decision, Incarnation, State, TaskId};
use duly_store::testing::{KIND, QUEUE, claim_of, id, names, registration, task};
use duly_store::{
    Claim, EventCursor, NewTask, Payload, QueueChange, Settle, Settlement, Store, Submit,
};
use duly_store_sqlite::SqliteStore;
use support::real;

/// What the users of a store are promised.
const WAKE_MAX: Duration = Duration::from_millis(50);
/// Long enough for any machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn file() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    (folder, path)
}

#[tokio::test]
async fn a_commit_elsewhere_wakes_listeners_in_time() {
    let (_folder, path) = file();
    let (web, worker) = (real(&path), real(&path));
    let listener = worker.listen(&names(&[QUEUE]));
    let mut quickest = PATIENCE;
    for n in 1..=10 {
        web.submit(Submit::one(task(n))).await.unwrap();
        let committed = Instant::now();
        tokio::time::timeout(PATIENCE, listener.hint())
            .await
            .expect("a hint comes");
        quickest = quickest.min(committed.elapsed());
        assert!(worker.task(id(n)).await.unwrap().is_some());
    }
    assert!(quickest <= WAKE_MAX, "it took {quickest:?} at best");
}

#[tokio::test]
async fn events_are_heard_of_here_and_elsewhere() {
    let (_folder, path) = file();
    let (web, other) = (real(&path), real(&path));
    let (here, elsewhere) = (web.listen_events(), other.listen_events());
    web.submit(Submit::one(task(1))).await.unwrap();
    let at_once = tokio::time::timeout(Duration::ZERO, here.hint()).await;
    assert!(at_once.is_ok(), "before the answer, if not sooner");
    tokio::time::timeout(PATIENCE, elsewhere.hint())
        .await
        .expect("a hint comes");
    let page = other.events(EventCursor::START, 9).await.unwrap();
    assert_eq!(page.events.len(), 1);
    assert_eq!(
        (&*page.events[0].task_kind, &*page.events[0].queue),
        (KIND, QUEUE)
    );
}

#[tokio::test]
async fn hints_do_not_breed_hints() {
    let (_folder, path) = file();
    let (web, worker) = (real(&path), real(&path));
    let other = registration(duly_store::testing::OTHER, "other");
    web.register(other).await.unwrap();
    let listeners = [
        web.listen(&names(&[QUEUE])),
        worker.listen(&names(&[QUEUE])),
    ];
    let me = registration(duly_store::testing::ME, "me");
    worker.register(me).await.unwrap();
    tokio::time::timeout(PATIENCE, listeners[0].hint())
        .await
        .expect("registering is heard");
    let before = support::commits(&path);
    // What a worker does at every hint: it claims, and finds nothing.
    for _ in 0..20 {
        let claimed = worker.claim(claim_of(1)).await.unwrap();
        assert_eq!(claimed.leases, []);
    }
    assert_eq!(support::commits(&path), before);
    // The watch of the other store has looked more than once when this ends.
    let quiet = tokio::time::timeout(Duration::from_millis(200), listeners[0].hint()).await;
    assert!(
        quiet.is_err(),
        "nothing was committed, and still a hint came"
    );
}

#[tokio::test]
async fn what_another_changed_counts_at_once() {
    let (_folder, path) = file();
    let (one, other) = (real(&path), real(&path));
    let me = registration(duly_store::testing::ME, "me");
    one.register(me).await.unwrap();
    one.submit(Submit::one(task(1))).await.unwrap();
    other.submit(Submit::one(task(2))).await.unwrap();
    assert_eq!(other.task(id(2)).await.unwrap().unwrap().sequence, 2);
    let pause = QueueChange {
        paused: Some(true),
        ..QueueChange::default()
    };
    other.configure(QUEUE.into(), pause).await.unwrap();
    assert_eq!(one.claim(claim_of(9)).await.unwrap().leases, []);
    let resume = QueueChange {
        paused: Some(false),
        bound: Some(2),
        ..QueueChange::default()
    };
    other.configure(QUEUE.into(), resume).await.unwrap();
    one.submit(Submit::one(task(3))).await.unwrap_err();
    assert_eq!(one.claim(claim_of(9)).await.unwrap().leases.len(), 2);
    let counts = other.queues().await.unwrap()[0].counts;
    assert_eq!(
        (counts.of(State::Running), counts.of(State::Pending)),
        (2, 0)
    );
}

/// One process: it submits, claims and settles until all tasks of all processes are done.
struct Process {
    store: Arc<SqliteStore>,
    number: u8,
    started: Arc<Mutex<Vec<TaskId>>>,
}

const TASKS: u32 = 1_500;
const PROCESSES: u8 = 3;

impl Process {
    fn new(path: &Path, number: u8, started: &Arc<Mutex<Vec<TaskId>>>) -> Self {
        Self {
            store: real(path),
            number,
            started: Arc::clone(started),
        }
    }

    async fn submit(&self) {
        for n in 0..TASKS {
            let mut bytes = [self.number; 16];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            let task = NewTask::new(TaskId::from_bytes(bytes), KIND, Payload::default());
            self.store
                .submit(Submit::one(task))
                .await
                .expect("never busy");
        }
    }

    async fn work(&self) {
        let incarnation = Incarnation::from_bytes([self.number; 16]);
        let me = registration(incarnation, "worker");
        self.store.register(me).await.expect("never busy");
        let all = usize::from(PROCESSES) * TASKS as usize;
        while self.started.lock().unwrap().len() < all {
            let claim = Claim {
                incarnation,
                ..claim_of(7)
            };
            let leases = self.store.claim(claim).await.expect("never busy").leases;
            let attempts: Vec<_> = leases.iter().map(|lease| lease.attempt).collect();
            self.started
                .lock()
                .unwrap()
                .extend(attempts.iter().map(|attempt| attempt.task));
            let settlements = attempts
                .into_iter()
                .map(|attempt| Settlement::new(attempt, Decision::Complete));
            let settle = Settle {
                incarnation,
                settlements: settlements.collect(),
            };
            let settled = self.store.settle(settle).await.expect("never busy");
            assert!(settled.attempts.iter().all(Result::is_ok));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_turned_away_and_nothing_starts_twice() {
    let (_folder, path) = file();
    let started = Arc::new(Mutex::new(Vec::new()));
    let mut running = tokio::task::JoinSet::new();
    for number in 1..=PROCESSES {
        let process = Process::new(&path, number, &started);
        running.spawn(async move { tokio::join!(process.submit(), process.work()) });
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    let started = std::mem::take(&mut *started.lock().unwrap());
    let distinct: HashSet<_> = started.iter().collect();
    assert_eq!(distinct.len(), started.len(), "something started twice");
    let counts = real(&path).queues().await.unwrap()[0].counts;
    assert_eq!(counts.of(State::Completed), distinct.len() as u64);
    assert_eq!(counts.unfinished(), 0);
}

#[tokio::test]
async fn a_file_that_stays_busy_is_unavailable_in_the_end() {
    let (_folder, path) = file();
    let options = duly_store_sqlite::Options {
        busy_timeout: Duration::from_millis(30),
        ..support::options(Arc::new(duly_store::SystemClock))
    };
    let store = support::open(&path, options).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.submit(Submit::one(task(1))).await.unwrap_err();
    let duly_store::SubmitError::Store(error) = error else {
        panic!("{error}");
    };
    assert!(error.retryable() && !error.outcome_unknown(), "{error}");
    other.execute_batch("COMMIT").unwrap();
    store.submit(Submit::one(task(1))).await.unwrap();
}
