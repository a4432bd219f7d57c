//! Leases: renewed while the worker lives, lost for good once they were taken back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use duly_core::{EventKind, State};
use duly_runtime::{Observer, Started};

mod common;

use common::{Bench, Fault, Gate, Operation, until};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_handler_that_outlives_any_fixed_time_runs_once_while_its_worker_lives() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("long", gate.handler());
    let _worker = worker.start().unwrap();
    let _house = bench.keep_house();
    let id = bench.submit("long").await;
    gate.has_started(1).await;
    bench.pass(600 * SECOND).await;
    assert_eq!(bench.state(id).await, State::Running);
    gate.open(1);
    let task = bench.reaches(id, State::Completed).await;
    assert_eq!((task.attempt, task.lost, gate.started()), (1, 0, 1));
}

#[tokio::test]
async fn who_lost_its_leases_stops_and_begins_a_new_life() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("long", gate.handler());
    let _worker = worker.start().unwrap();
    let id = bench.submit("long").await;
    gate.has_started(1).await;
    let life = |workers: Vec<duly_store::WorkerRecord>| workers[0].registration.incarnation;
    let store = bench.store.inner();
    let first = life(store.workers().await.unwrap());
    bench.take_all_back().await;
    bench.pass(3 * SECOND).await;
    assert_ne!(life(store.workers().await.unwrap()), first);
    gate.has_started(2).await;
    gate.open(1);
    let task = bench.reaches(id, State::Completed).await;
    assert_eq!((task.attempt, task.lost, gate.most()), (2, 1, 1));
    use EventKind::{Completed, Lost, Started, Submitted};
    assert_eq!(
        bench.events(id).await,
        [Submitted, Started, Lost, Started, Completed],
        "the first attempt said nothing of its end"
    );
}

#[tokio::test]
async fn a_claim_under_a_life_that_is_over_begins_another() {
    let bench = Bench::new();
    let gate = Gate::default();
    gate.open(9);
    let worker = bench.worker().handle("quick", gate.handler());
    let _worker = worker.start().unwrap();
    bench.rest().await;
    bench.take_all_back().await;
    let id = bench.submit("quick").await;
    bench.reaches(id, State::Completed).await;
}

#[tokio::test]
async fn out_of_reach_alone_it_stops_before_others_could_begin() {
    let bench = Bench::without_shared_fate();
    let gate = Gate::default();
    let worker = bench.worker().handle("long", gate.handler());
    let _worker = worker.start().unwrap();
    let id = bench.submit("long").await;
    gate.has_started(1).await;
    bench.store.set_away(true);
    bench.pass(7 * SECOND).await;
    assert_eq!(gate.running(), 1);
    bench.pass(2 * SECOND).await;
    until("the handler is gone", || gate.running() == 0).await;
    bench.store.set_away(false);
    bench.pass(3 * SECOND).await;
    let task = bench.reaches(id, State::Running).await;
    assert_eq!((task.attempt, task.spent, task.lost), (2, 1, 0), "refunded");
}

/// Counts attempts that begin.
#[derive(Default)]
struct Begun(AtomicUsize);

impl Observer for Begun {
    fn started(&self, _: &Started<'_>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[tokio::test]
async fn what_is_answered_when_the_lease_may_be_gone_does_not_begin() {
    let bench = Bench::without_shared_fate();
    let gate = Gate::default();
    let begun = Arc::new(Begun::default());
    let worker = bench.worker().handle("long", gate.handler());
    let _worker = worker.observe(begun.clone()).start().unwrap();
    bench.rest().await;
    bench.store.fail_next(Operation::Claim, Fault::Held);
    let id = bench.submit("long").await;
    bench.reaches(id, State::Running).await;
    bench.store.set_away(true);
    bench.pass(9 * SECOND).await;
    bench.store.let_go();
    bench.rest().await;
    assert_eq!(begun.0.load(SeqCst), 0, "another worker may run it by now");
    bench.store.set_away(false);
    bench.pass(3 * SECOND).await;
    gate.has_started(1).await;
    let task = bench.task(id).await;
    assert_eq!((task.attempt, task.spent), (2, 1), "handed back, refunded");
}

#[tokio::test]
async fn who_does_not_know_whether_it_is_registered_tries_under_another_life() {
    let bench = Bench::new();
    let gate = Gate::default();
    gate.open(9);
    bench.store.fail_next(Operation::Register, Fault::After);
    let worker = bench.worker().handle("quick", gate.handler());
    let _worker = worker.start().unwrap();
    bench.pass(SECOND).await;
    let id = bench.submit("quick").await;
    bench.reaches(id, State::Completed).await;
    let workers = bench.store.inner().workers().await.unwrap();
    assert_eq!(
        workers.len(),
        2,
        "the first life was registered all the same"
    );
    bench.pass(3 * SECOND).await;
    let later = bench.store.inner().workers().await.unwrap();
    let renewed = later.iter().filter(|worker| worker.beats > 0);
    assert_eq!(renewed.count(), 1, "nobody renews that one");
}

#[tokio::test]
async fn it_registers_as_soon_as_the_store_answers() {
    let bench = Bench::new();
    let gate = Gate::default();
    gate.open(9);
    bench.store.set_away(true);
    let worker = bench.worker().handle("quick", gate.handler());
    let _worker = worker.start().unwrap();
    bench.pass(60 * SECOND).await;
    let tries = bench.store.asked(Operation::Register);
    assert!((30..=70).contains(&tries), "{tries} tries in a minute");
    bench.store.set_away(false);
    let id = bench.submit("quick").await;
    bench.pass(2 * SECOND).await;
    bench.reaches(id, State::Completed).await;
}

#[tokio::test]
async fn a_clock_set_back_stops_no_heartbeat() {
    use duly_store::Clock;
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("long", gate.handler());
    let _worker = worker.start().unwrap();
    bench.rest().await;
    bench.clock.set(bench.clock.now() - 3600 * SECOND);
    bench.rest().await;
    // Whoever slept until an instant sleeps on; a nudge wakes the coordinator.
    bench.submit("long").await;
    gate.has_started(1).await;
    let before = bench.store.asked(Operation::Heartbeat);
    bench.pass(30 * SECOND).await;
    assert!(bench.store.asked(Operation::Heartbeat) - before >= 9);
}
