//! Work taken into store, and suspects.

use std::time::Duration;

use duly_core::{EventKind, Incarnation, State};
use duly_runtime::{Context, JobError};
use duly_store::{Claim, Store, TakeBack, When, id};

mod common;

use common::{Bench, Fault, Gate, Operation};

const SECOND: Duration = Duration::from_secs(1);

async fn nothing(_job: (), _context: Context) -> Result<(), JobError> {
    Ok(())
}

/// A bench whose worker has seen that `quick` runs in no time, and so keeps a store of four: two
/// gated tasks run, four are assigned, and one is pending.
#[allow(clippy::unwrap_used, reason = "a test's own")]
async fn stocked(bench: &Bench, gate: &Gate) -> (duly_runtime::Worker, Vec<duly_core::TaskId>) {
    let worker = bench.worker().concurrency(2).prefetch(4);
    let worker = worker
        .handle("quick", nothing)
        .handle("gated", gate.handler())
        .start()
        .unwrap();
    let quick = bench.submit("quick").await;
    bench.reaches(quick, State::Completed).await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(bench.submit("gated").await);
    }
    bench.rest().await;
    (worker, ids)
}

async fn states(bench: &Bench, ids: &[duly_core::TaskId]) -> Vec<State> {
    let mut states = Vec::new();
    for id in ids {
        states.push(bench.state(*id).await);
    }
    states
}

#[tokio::test]
async fn what_is_in_store_begins_in_batches_and_in_order() {
    use State::{Assigned, Completed, Pending, Running};
    let bench = Bench::new();
    let gate = Gate::default();
    let (_worker, ids) = stocked(&bench, &gate).await;
    assert_eq!(
        states(&bench, &ids).await,
        [
            Running, Running, Assigned, Assigned, Assigned, Assigned, Pending
        ]
    );
    let promotions = bench.store.asked(Operation::Promote);
    gate.open(2);
    bench.rest().await;
    assert_eq!(
        states(&bench, &ids).await[..4],
        [Completed, Completed, Running, Running]
    );
    assert_eq!(gate.most(), 2);
    assert!(bench.store.asked(Operation::Promote) - promotions <= 2);
    gate.open(5);
    for id in &ids {
        bench.reaches(*id, Completed).await;
    }
    assert_eq!((gate.started(), gate.most()), (7, 2));
}

#[tokio::test]
async fn long_handlers_are_not_prefetched_for() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().concurrency(1).prefetch(4);
    let _worker = worker.handle("gated", gate.handler()).start().unwrap();
    let first = bench.submit("gated").await;
    gate.has_started(1).await;
    bench.pass(SECOND).await;
    gate.open(1);
    bench.reaches(first, State::Completed).await;
    let second = bench.submit("gated").await;
    let third = bench.submit("gated").await;
    bench.reaches(second, State::Running).await;
    bench.rest().await;
    assert_eq!(bench.state(third).await, State::Pending);
}

#[tokio::test]
async fn prefetched_work_that_is_called_off_never_begins() {
    let bench = Bench::new();
    let gate = Gate::default();
    let (_worker, ids) = stocked(&bench, &gate).await;
    bench.store.inner().cancel(ids[2]).await.unwrap();
    gate.open(7);
    for (n, id) in ids.iter().enumerate() {
        let state = if n == 2 {
            State::Cancelled
        } else {
            State::Completed
        };
        bench.reaches(*id, state).await;
    }
    assert_eq!(gate.started(), 6);
}

#[tokio::test]
async fn a_promotion_whose_answer_is_lost_is_made_again_and_runs_once() {
    for fault in [Fault::Before, Fault::After] {
        let bench = Bench::new();
        let gate = Gate::default();
        let (_worker, ids) = stocked(&bench, &gate).await;
        bench.store.fail_next(Operation::Promote, fault);
        gate.open(7);
        bench.pass(5 * SECOND).await;
        assert_eq!(bench.store.faults_left(), 0);
        for id in &ids {
            let task = bench.reaches(*id, State::Completed).await;
            assert_eq!((task.attempt, task.spent), (1, 1));
        }
        assert_eq!((gate.started(), gate.most()), (7, 2));
    }
}

#[tokio::test]
async fn a_shutdown_hands_back_what_is_in_store_at_once() {
    let bench = Bench::new();
    let gate = Gate::default();
    let (worker, ids) = stocked(&bench, &gate).await;
    let before = bench.task(ids[2]).await;
    let leaving = tokio::spawn(async move { worker.shutdown(30 * SECOND).await });
    let task = bench.reaches(ids[2], State::Pending).await;
    assert_eq!((task.spent, task.due_at), (0, before.due_at));
    assert_eq!(
        bench.events(ids[2]).await,
        [EventKind::Submitted, EventKind::HandedBack]
    );
    gate.open(7);
    let report = leaving.await.unwrap();
    assert_eq!((report.finished, report.handed_back), (2, 4));
    assert_eq!(gate.started(), 2);
}

/// Makes all pending tasks suspects: a worker runs them, and is gone.
#[allow(clippy::unwrap_used, reason = "a test's own")]
async fn lose_all(bench: &Bench) {
    let gone: Incarnation = id::incarnation(&*bench.clock);
    let store = bench.store.inner();
    let registration = duly_store::Registration {
        incarnation: gone,
        name: "gone".into(),
        queues: vec!["default".into()],
        kinds: vec!["gated".into()],
        labels: duly_store::Labels::new(),
        capacity: 9,
    };
    store.register(registration).await.unwrap();
    let claim = Claim {
        incarnation: gone,
        queues: vec!["default".into()],
        kinds: vec!["gated".into()],
        run: 9,
        prefetch: 0,
        suspect: true,
        weights: Vec::new(),
        turn: 0,
    };
    store.claim(claim).await.unwrap();
    let goodbye = TakeBack {
        incarnation: gone,
        beats: None,
        limit: 100,
    };
    assert!(store.take_back(goodbye).await.unwrap().gone);
}

#[tokio::test]
async fn suspects_run_one_at_a_time() {
    let bench = Bench::new();
    let gate = Gate::default();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(bench.submit("gated").await);
    }
    lose_all(&bench).await;
    let innocent = bench.submit("gated").await;
    let worker = bench.worker().handle("gated", gate.handler());
    let _worker = worker.start().unwrap();
    bench.rest().await;
    assert_eq!(bench.state(innocent).await, State::Running);
    assert_eq!(gate.running(), 2, "one suspect, one innocent");
    gate.open(4);
    for id in ids {
        assert_eq!(bench.reaches(id, State::Completed).await.lost, 1);
    }
    assert_eq!((gate.started(), gate.most()), (4, 2));
}

#[tokio::test]
async fn a_suspect_that_no_claim_could_ask_for_begins_when_a_slot_is_free() {
    let bench = Bench::new();
    let gate = Gate::default();
    let suspect = bench.submit("gated").await;
    lose_all(&bench).await;
    bench
        .store
        .configure("default".into(), pause(true))
        .await
        .unwrap();
    let worker = bench
        .worker()
        .concurrency(1)
        .prefetch(4)
        .queues(["quick", "default"]);
    let worker = worker
        .handle("quick", nothing)
        .handle("gated", gate.handler());
    let _worker = worker.start().unwrap();
    let in_quick = |task: &mut duly_store::NewTask| task.queue = "quick".into();
    let quick = bench.submit_with("quick", in_quick).await;
    bench.reaches(quick, State::Completed).await;
    let first = bench.submit_with("gated", in_quick).await;
    bench.reaches(first, State::Running).await;
    bench
        .store
        .configure("default".into(), pause(false))
        .await
        .unwrap();
    bench.rest().await;
    assert_eq!(
        bench.state(suspect).await,
        State::Pending,
        "the one slot is taken"
    );
    gate.open(2);
    bench.reaches(suspect, State::Completed).await;
}

fn pause(paused: bool) -> duly_store::QueueChange {
    duly_store::QueueChange {
        paused: Some(paused),
        ..Default::default()
    }
}

#[tokio::test]
async fn what_is_in_store_and_too_late_to_begin_goes_back_and_expires() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().concurrency(2).prefetch(4);
    let worker = worker
        .handle("quick", nothing)
        .handle("gated", gate.handler());
    let _worker = worker.start().unwrap();
    let quick = bench.submit("quick").await;
    bench.reaches(quick, State::Completed).await;
    for _ in 0..2 {
        bench.submit("gated").await;
    }
    gate.has_started(2).await;
    let begin = |task: &mut duly_store::NewTask| task.deadline = Some(When::After(SECOND));
    let end = |task: &mut duly_store::NewTask| task.finish_by = Some(When::After(2 * SECOND));
    let ids = [
        bench.submit_with("gated", begin).await,
        bench.submit_with("gated", end).await,
        bench.submit("gated").await,
    ];
    bench.rest().await;
    assert_eq!(states(&bench, &ids).await, [State::Assigned; 3]);
    bench.pass(SECOND).await;
    bench.reaches(ids[0], State::Expired).await;
    assert_eq!(bench.state(ids[1]).await, State::Assigned);
    bench.pass(SECOND).await;
    bench.reaches(ids[1], State::Expired).await;
    let history = bench.events(ids[1]).await;
    let expected = [
        EventKind::Submitted,
        EventKind::HandedBack,
        EventKind::Expired,
    ];
    assert_eq!(history, expected);
    gate.open(9);
    bench.reaches(ids[2], State::Completed).await;
    assert_eq!(gate.started(), 3, "what expired never began");
}
