//! Leaving.

use std::time::Duration;

use duly_core::{EventKind, State};
use duly_runtime::{House, Shutdown};

mod common;

use common::{Bench, Fault, Gate, Operation, until};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn what_runs_may_finish_and_nothing_more_is_claimed() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("gated", gate.handler());
    let worker = worker.start().unwrap();
    let running = bench.submit("gated").await;
    gate.has_started(1).await;
    let leaving = tokio::spawn(async move { worker.shutdown(30 * SECOND).await });
    bench.rest().await;
    let late = bench.submit("gated").await;
    bench.pass(10 * SECOND).await;
    assert_eq!(bench.state(late).await, State::Pending);
    gate.open(9);
    let expected = Shutdown {
        finished: 1,
        ..Shutdown::default()
    };
    assert_eq!(leaving.await.unwrap(), expected);
    assert_eq!(bench.state(running).await, State::Completed);
    assert!(bench.store.inner().workers().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_does_not_finish_in_time_goes_back_refunded_to_its_place() {
    let bench = Bench::new();
    let polite = Gate::default();
    let rude = Gate::default();
    let worker = bench.worker().handle("polite", polite.polite_handler());
    let worker = worker.handle("rude", rude.handler()).start().unwrap();
    let ids = [bench.submit("polite").await, bench.submit("rude").await];
    polite.has_started(1).await;
    rude.has_started(1).await;
    let due_at = bench.task(ids[0]).await.due_at;
    let leaving = tokio::spawn(async move { worker.shutdown(20 * SECOND).await });
    bench.rest().await;
    bench.pass(13 * SECOND).await;
    assert_eq!((polite.running(), rude.running()), (1, 1));
    bench.pass(2 * SECOND).await;
    assert_eq!((polite.running(), rude.running()), (0, 1), "told at 14 s");
    bench.pass(5 * SECOND).await;
    let report = leaving.await.unwrap();
    assert_eq!((report.handed_back, report.abandoned), (2, 0));
    for id in ids {
        let task = bench.task(id).await;
        assert_eq!((task.state, task.spent, task.lost), (State::Pending, 0, 0));
        assert_eq!(task.due_at, due_at);
        let last = bench.events(id).await.pop();
        assert_eq!(last, Some(EventKind::HandedBack));
    }
}

#[tokio::test]
async fn a_second_order_ends_at_once() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("gated", gate.handler());
    let worker = std::sync::Arc::new(worker.start().unwrap());
    let id = bench.submit("gated").await;
    gate.has_started(1).await;
    let first = tokio::spawn({
        let worker = worker.clone();
        async move { worker.shutdown(3600 * SECOND).await }
    });
    bench.rest().await;
    let report = worker.shutdown_now().await;
    assert_eq!(report.handed_back, 1);
    assert_eq!(first.await.unwrap(), report);
    assert_eq!(bench.state(id).await, State::Pending);
}

#[tokio::test]
async fn a_worker_that_is_dropped_hands_everything_back() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("gated", gate.handler());
    let worker = worker.start().unwrap();
    let id = bench.submit("gated").await;
    gate.has_started(1).await;
    drop(worker);
    assert_eq!(bench.reaches(id, State::Pending).await.spent, 0);
    until("the handler is gone", || gate.running() == 0).await;
}

#[tokio::test]
async fn the_last_writes_are_made_again_until_the_deadline() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("gated", gate.handler());
    let worker = worker.start().unwrap();
    let id = bench.submit("gated").await;
    gate.has_started(1).await;
    for operation in [Operation::Settle, Operation::TakeBack] {
        bench.store.fail_next(operation, Fault::Before);
        bench.store.fail_next(operation, Fault::After);
    }
    let leaving = tokio::spawn(async move { worker.shutdown(30 * SECOND).await });
    bench.rest().await;
    gate.open(1);
    bench.pass(10 * SECOND).await;
    leaving.await.unwrap();
    assert_eq!(bench.store.faults_left(), 0);
    assert_eq!(bench.state(id).await, State::Completed);
    assert!(bench.store.inner().workers().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_handed_back_after_a_short_grace_is_heard_of_within_a_time_of_its_own() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("gated", gate.handler());
    let worker = worker.start().unwrap();
    let ids = [bench.submit("gated").await, bench.submit("gated").await];
    gate.has_started(2).await;
    bench.store.fail_next(Operation::Settle, Fault::Before);
    let grace = Duration::from_millis(10);
    let leaving = tokio::spawn(async move { worker.shutdown_after(grace, 5 * SECOND).await });
    bench.rest().await;
    assert_eq!(gate.running(), 2, "the grace is not over");
    bench.pass(grace).await;
    assert_eq!(gate.running(), 0);
    assert!(!leaving.is_finished(), "the store has not heard of it");
    bench.pass(SECOND).await;
    assert!(leaving.is_finished(), "it has");
    let expected = Shutdown {
        handed_back: 2,
        ..Shutdown::default()
    };
    assert_eq!(leaving.await.unwrap(), expected);
    for id in ids {
        let task = bench.task(id).await;
        assert_eq!((task.state, task.spent, task.lost), (State::Pending, 0, 0));
    }
}

#[tokio::test]
async fn the_last_writes_have_an_end_whatever_the_store_does() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("gated", gate.handler());
    let worker = worker.start().unwrap();
    bench.submit("gated").await;
    gate.has_started(1).await;
    bench.store.set_away(true);
    let leaving = tokio::spawn(async move { worker.shutdown_after(SECOND, 5 * SECOND).await });
    bench.rest().await;
    bench.pass(5 * SECOND).await;
    assert!(!leaving.is_finished());
    bench.pass(SECOND).await;
    assert!(leaving.is_finished());
    assert_eq!(leaving.await.unwrap().abandoned, 1);
}

#[tokio::test]
async fn a_store_that_is_away_does_not_keep_anybody_beyond_the_deadline() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("gated", gate.handler());
    let worker = worker.start().unwrap();
    bench.submit("gated").await;
    gate.has_started(1).await;
    bench.store.set_away(true);
    let leaving = tokio::spawn(async move { worker.shutdown(10 * SECOND).await });
    bench.rest().await;
    bench.pass(10 * SECOND).await;
    assert_eq!(leaving.await.unwrap().abandoned, 1);
}

#[tokio::test]
async fn a_store_that_never_answers_does_not_keep_the_house_beyond_the_deadline_either() {
    let bench = Bench::new();
    let start = || {
        let worker = bench.worker().house(House::default());
        worker.handle("gated", Gate::default().handler()).start()
    };
    let workers = [start().unwrap(), start().unwrap(), start().unwrap()];
    bench.pass(2 * SECOND).await;
    bench.store.fall_silent();
    bench.pass(8 * SECOND).await;
    let [told, insisted, heard] = workers.map(std::sync::Arc::new);
    let waiting = heard.clone();
    let leaving = [
        tokio::spawn(async move { told.shutdown(10 * SECOND).await }),
        tokio::spawn(async move { insisted.shutdown_now().await }),
        tokio::spawn(async move { heard.shutdown(9 * SECOND).await }),
        tokio::spawn(async move { waiting.finished().await }),
    ];
    bench.rest().await;
    bench.pass(SECOND).await;
    assert!(leaving[1].is_finished(), "half a second");
    bench.pass(9 * SECOND).await;
    let over = leaving.map(|leaving| leaving.is_finished());
    assert_eq!(over, [true; 4]);
}

#[tokio::test]
async fn what_a_late_claim_brings_goes_back() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("gated", gate.handler());
    let worker = worker.start().unwrap();
    bench.rest().await;
    let id = bench.submit("gated").await;
    // The order to leave meets a claim that is under way, or comes before it.
    let report = worker.shutdown(30 * SECOND).await;
    assert!(gate.started() <= 1);
    let task = bench.task(id).await;
    assert_eq!((task.state, task.spent), (State::Pending, 0));
    assert_eq!(report.abandoned, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_its_thread_is_reported_as_abandoned() {
    let bench = Bench::new();
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = std::sync::Arc::new(std::sync::Mutex::new(blocked));
    let (entered, has_entered) = tokio::sync::oneshot::channel();
    let entered = std::sync::Mutex::new(Some(entered));
    let block = move |_job: (), _context: duly_runtime::Context| {
        if let Some(entered) = entered.lock().unwrap().take() {
            entered.send(()).unwrap();
        }
        let blocked = blocked.clone();
        async move {
            let _ = blocked.lock().unwrap().recv();
            Ok::<_, duly_runtime::JobError>(())
        }
    };
    let worker = bench.worker().handle("block", block).start().unwrap();
    let id = bench.submit("block").await;
    has_entered.await.unwrap();
    let leaving = tokio::spawn(async move { worker.shutdown_now().await });
    while !leaving.is_finished() {
        bench.clock.advance(Duration::from_millis(100));
        tokio::task::yield_now().await;
    }
    let report = leaving.await.unwrap();
    assert_eq!(report.abandoned, 1);
    assert_eq!(bench.state(id).await, State::Running, "it does run");
    drop(release);
}
