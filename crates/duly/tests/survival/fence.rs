//! Whoever lost an attempt has no say in it.

use std::time::Duration;

use duly::{Context, JobError, State};

use crate::common::{Bench, Gate};

const SECOND: Duration = Duration::from_secs(1);

/// A handler that waits at the gate, and returns who it was.
fn named(
    gate: &Gate,
    name: &'static str,
) -> impl Fn((), Context) -> duly::store::BoxFuture<'static, Result<&'static str, JobError>>
+ Send
+ Sync
+ 'static {
    let wait = gate.handler();
    move |job, context| {
        let waited = wait(job, context);
        Box::pin(async move { waited.await.map(|()| name) })
    }
}

pub(crate) async fn a_worker_restarted_under_the_same_name_cannot_settle_its_predecessors_attempts(
    bench: Bench,
) {
    let (old_gate, new_gate) = (Gate::default(), Gate::default());
    let old = bench.worker().handle("work", named(&old_gate, "old"));
    let _old = old.start().expect("a worker that can start");
    let id = bench.submit("work").await;
    old_gate.has_started(1).await;
    bench.store.set_away(true);
    old_gate.open(1);
    bench.rest().await;

    bench.take_all_back().await;
    let beside = bench.beside();
    let new = beside.worker().handle("work", named(&new_gate, "new"));
    let _new = new.start().expect("a worker that can start");
    new_gate.has_started(1).await;
    bench.store.set_away(false);
    bench.pass(10 * SECOND).await;
    let task = bench.task(id).await;
    assert_eq!((task.state, task.attempt), (State::Running, 2));

    new_gate.open(1);
    let task = bench.reaches(id, State::Completed).await;
    let result = task.result.expect("a result").bytes;
    assert_eq!(&*result, br#""new""#);
}

pub(crate) async fn a_settlement_after_its_attempt_was_taken_back_changes_nothing(bench: Bench) {
    let gate = Gate::default();
    let worker = bench.worker().handle("work", gate.handler());
    let _worker = worker.start().expect("a worker that can start");
    let id = bench.submit("work").await;
    gate.has_started(1).await;
    // So that nobody begins it anew.
    let duly = duly::Duly::with_store(bench.store.inner().clone(), bench.clock.clone());
    duly.pause("default").await.expect("a pause");
    bench.take_all_back().await;
    let before = bench.events(id).await;
    gate.open(1);
    bench.pass(10 * SECOND).await;
    let task = bench.task(id).await;
    assert_eq!(
        (task.state, task.attempt, task.lost),
        (State::Pending, 1, 1)
    );
    assert_eq!(bench.events(id).await, before);
}

pub(crate) async fn a_handler_that_outlives_any_fixed_time_runs_once_while_its_heartbeat_lives(
    bench: Bench,
) {
    let _house = bench.keep_house();
    let gate = Gate::default();
    let worker = bench.worker().handle("long", gate.handler());
    let _worker = worker.start().expect("a worker that can start");
    let _other = bench
        .beside()
        .worker()
        .handle("long", gate.handler())
        .start()
        .expect("a worker that can start");
    let id = bench.submit("long").await;
    gate.has_started(1).await;
    bench.pass(120 * SECOND).await;
    gate.open(1);
    let task = bench.reaches(id, State::Completed).await;
    assert_eq!((task.attempt, task.lost, gate.started()), (1, 0, 1));
}
