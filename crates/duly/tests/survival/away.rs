//! A store that does not answer for a while.

use std::time::Duration;

use duly::State;

use crate::common::{Bench, Fault, Gate, Operation};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) async fn a_store_away_for_30_seconds_loses_no_settlement_and_costs_no_lease(
    bench: Bench,
) {
    let _house = bench.keep_house();
    let (ends, goes_on) = (Gate::default(), Gate::default());
    let worker = bench.worker().concurrency(8);
    let _worker = worker
        .handle("ends", ends.handler())
        .handle("goes_on", goes_on.handler())
        .start()
        .expect("a worker that can start");
    let mut done = Vec::new();
    for _ in 0..4 {
        done.push(bench.submit("ends").await);
    }
    let long = bench.submit("goes_on").await;
    ends.has_started(4).await;
    goes_on.has_started(1).await;
    bench.pass(5 * SECOND).await;

    bench.store.set_away(true);
    ends.open(4);
    bench.pass(30 * SECOND).await;
    assert!(
        bench.store.asked(Operation::Settle) > 10,
        "it went on trying"
    );
    bench.store.set_away(false);
    bench.pass(3 * SECOND).await;

    for id in done {
        let task = bench.reaches(id, State::Completed).await;
        assert_eq!((task.attempt, task.lost), (1, 0));
    }
    bench.pass(30 * SECOND).await;
    goes_on.open(1);
    let task = bench.reaches(long, State::Completed).await;
    assert_eq!((task.attempt, task.lost), (1, 0));
    assert_eq!((ends.started(), goes_on.started()), (4, 1));
}

pub(crate) async fn a_busy_store_delays_and_loses_nothing(bench: Bench) {
    let _house = bench.keep_house();
    let gate = Gate::default();
    gate.open(1_000);
    let worker = bench.worker().handle("work", gate.handler());
    let _worker = worker.start().expect("a worker that can start");
    let mut ids = Vec::new();
    for n in 0..40 {
        for operation in [Operation::Claim, Operation::Settle, Operation::Heartbeat] {
            if n % 4 == 0 {
                bench.store.fail_next(operation, Fault::Before);
            }
        }
        ids.push(bench.submit("work").await);
        bench.pass(SECOND).await;
    }
    bench.pass(10 * SECOND).await;
    for id in ids {
        let task = bench.reaches(id, State::Completed).await;
        assert_eq!((task.attempt, task.lost), (1, 0));
    }
    assert_eq!(gate.started(), 40);
}
