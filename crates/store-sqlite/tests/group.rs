//! Many operations share one commit, and none hurts its neighbours.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use duly_core::{State, TaskId};
use duly_store::testing::{KIND, claim_of, id, registration, task, task_with};
use duly_store::{
    Claim, KeepHouse, List, ManualClock, NewTask, Payload, QueueChange, Store, StoreError, Submit,
    SubmitError,
};
use duly_store_sqlite::SqliteStore;
use rusqlite::Connection;
use support::{commits, options};
use tokio::task::JoinSet;

struct World {
    store: Arc<SqliteStore>,
    clock: Arc<ManualClock>,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    let clock = Arc::new(ManualClock::default());
    let store = support::open(&path, options(clock.clone())).unwrap();
    World {
        store: Arc::new(store),
        clock,
        path,
        _folder: folder,
    }
}

fn numbered(n: u32) -> NewTask {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    NewTask::new(TaskId::from_bytes(bytes), KIND, Payload::default())
}

async fn submit(store: &SqliteStore, tasks: Vec<NewTask>) {
    store.submit(Submit { tasks }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_submitters_share_commits() {
    const SUBMITS: u32 = 2_000;
    let world = world();
    let before = commits(&world.path);
    let mut submitters = JoinSet::new();
    for n in 0..SUBMITS {
        let store = Arc::clone(&world.store);
        submitters.spawn(async move { store.submit(Submit::one(numbered(n))).await });
    }
    while let Some(reply) = submitters.join_next().await {
        assert!(!reply.unwrap().unwrap().tasks[0].existed());
    }
    let shared = commits(&world.path) - before;
    assert!(
        shared * 4 <= SUBMITS as usize,
        "{SUBMITS} submits took {shared} commits"
    );
    let counts = world.store.queues().await.unwrap()[0].counts;
    assert_eq!(counts.of(State::Pending), u64::from(SUBMITS));
}

#[tokio::test]
async fn what_is_refused_does_not_hurt_its_neighbours() {
    let world = world();
    let bound = QueueChange {
        bound: Some(3),
        ..QueueChange::default()
    };
    world.store.configure("small".into(), bound).await.unwrap();
    let small = |n| task_with(n, |task| task.queue = "small".into());
    let batch = |tasks| world.store.submit(Submit { tasks });
    let (first, refused, mixed, last) = tokio::join!(
        batch(vec![small(1), small(2)]),
        batch(vec![task(3), small(4), small(5)]),
        batch(vec![task(6), small(7)]),
        batch(vec![task(8)]),
    );
    assert!(first.is_ok() && mixed.is_ok() && last.is_ok());
    let expected = SubmitError::QueueFull {
        index: 2,
        queue: "small".into(),
        bound: 3,
    };
    assert_eq!(refused, Err(expected));
    for n in [1, 2, 6, 7, 8] {
        assert!(world.store.task(id(n)).await.unwrap().is_some(), "{n}");
    }
    for n in [3, 4, 5] {
        assert_eq!(world.store.task(id(n)).await, Ok(None), "{n}");
    }
    let queues = world.store.queues().await.unwrap();
    let pending = queues.iter().map(|queue| queue.counts.of(State::Pending));
    assert_eq!(pending.collect::<Vec<_>>(), [2, 3]);
    let sequence = world.store.task(id(8)).await.unwrap().unwrap().sequence;
    assert_eq!(sequence, 5, "what was refused used up no sequence");
}

#[tokio::test]
async fn what_changes_nothing_writes_nothing() {
    let world = world();
    let me = registration(duly_store::testing::ME, "me");
    world.store.register(me).await.unwrap();
    let late = task_with(1, |task| {
        task.due = duly_store::When::After(Duration::from_secs(60))
    });
    submit(&world.store, vec![late]).await;
    let other = Connection::open(&world.path).unwrap();
    let version = || {
        other
            .query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let before = (version(), commits(&world.path));
    for _ in 0..3 {
        let claimed = world.store.claim(claim_of(9)).await.unwrap();
        assert_eq!(claimed.leases, []);
        assert!(claimed.next_at.is_some());
        for duty in [
            duly_store::Duty::Promote,
            duly_store::Duty::Expire,
            duly_store::Duty::Prune,
            duly_store::Duty::Forget,
        ] {
            world
                .store
                .keep_house(KeepHouse { duty, limit: 9 })
                .await
                .unwrap();
        }
        let unknown = Claim {
            incarnation: duly_store::testing::OTHER,
            ..claim_of(9)
        };
        world.store.claim(unknown).await.unwrap_err();
        submit(&world.store, vec![task(1)]).await;
    }
    assert_eq!((version(), commits(&world.path)), before);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(
        world.store.claim(claim_of(9)).await.unwrap().leases.len(),
        1
    );
    assert_ne!(version(), before.0, "the test would notice a write");
}

#[tokio::test]
async fn closing_ends_what_was_begun() {
    let world = world();
    let store = Arc::clone(&world.store);
    let mut answers = JoinSet::new();
    for n in 0..100 {
        let store = Arc::clone(&store);
        answers.spawn(async move { store.submit(Submit::one(numbered(n))).await });
    }
    let first = answers.join_next().await;
    assert!(first.is_some_and(|answer| answer.unwrap().is_ok()));
    store.close().await.unwrap();
    let mut taken = 1;
    while let Some(answer) = answers.join_next().await {
        match answer.unwrap() {
            Ok(_) => taken += 1,
            Err(error) => assert_eq!(error, SubmitError::Store(unavailable())),
        }
    }
    assert_eq!(store.task(numbered(0).id).await, Err(unavailable()));
    assert_eq!(store.claim(claim_of(1)).await, Err(unavailable().into()));
    let again = support::open(&world.path, options(world.clock.clone())).unwrap();
    let counts = again.queues().await.unwrap()[0].counts;
    assert_eq!(counts.unfinished(), taken, "as many as were answered");
}

fn unavailable() -> StoreError {
    StoreError::Unavailable {
        reason: "it was closed".into(),
        outcome_unknown: false,
    }
}

#[tokio::test]
async fn a_page_that_finds_nothing_gives_up_in_time() {
    const TASKS: u32 = duly_store::bounds::SCAN_MAX + 10;
    let world = world();
    let rare = NewTask {
        kind: "rare".into(),
        ..numbered(0)
    };
    submit(&world.store, vec![rare]).await;
    let rest: Vec<_> = (1..=TASKS).map(numbered).collect();
    for tasks in rest.chunks(10_000) {
        submit(&world.store, tasks.to_vec()).await;
    }
    let mut list = List {
        limit: 10,
        ..List::default()
    };
    list.filter.kind = Some("rare".into());
    let page = world.store.list(list.clone()).await.unwrap();
    assert_eq!(page.tasks, []);
    list.after = page.next;
    assert!(list.after.is_some(), "more may follow");
    let page = world.store.list(list.clone()).await.unwrap();
    assert_eq!((page.tasks.len(), page.next), (1, None));
    list.after = None;
    list.filter.states = vec![State::Running, State::Failed];
    let page = world.store.list(list).await.unwrap();
    assert_eq!(
        (page.tasks, page.next),
        (vec![], None),
        "the small indexes are enough"
    );
}
