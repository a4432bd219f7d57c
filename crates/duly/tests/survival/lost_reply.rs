//! Operations that took effect although nobody heard so, or failed and are made again.

use std::time::Duration;

use duly::{EventKind, State};

use crate::common::{Bench, Fault, Gate, Operation};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) async fn a_claim_whose_reply_was_lost_strands_nothing(bench: Bench) {
    let gate = Gate::default();
    gate.open(99);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(bench.submit("work").await);
    }
    bench.store.fail_next(Operation::Claim, Fault::After);
    let worker = bench.worker().handle("work", gate.handler());
    let _worker = worker.start().expect("a worker that can start");
    bench.pass(5 * SECOND).await;
    assert_eq!(bench.store.faults_left(), 0);
    for id in ids {
        let task = bench.reaches(id, State::Completed).await;
        assert_eq!((task.attempt, task.spent, task.lost), (2, 1, 0), "refunded");
        assert!(bench.events(id).await.contains(&EventKind::HandedBack));
    }
    assert_eq!(gate.started(), 3);
}

pub(crate) async fn a_claim_whose_reply_was_lost_harms_nobody_of_the_same_name(bench: Bench) {
    let gate = Gate::default();
    let namesake = bench.beside();
    let other = namesake.worker().handle("work", gate.handler());
    let _other = other.start().expect("a worker that can start");
    let held = bench.submit("work").await;
    gate.has_started(1).await;
    bench.store.fail_next(Operation::Claim, Fault::After);
    let worker = bench.worker().handle("work", gate.handler());
    let _worker = worker.start().expect("a worker that can start");
    bench.pass(90 * SECOND).await;
    assert_eq!(bench.store.faults_left(), 0);
    assert!(
        bench.store.asked(Operation::List) >= 2,
        "at once, and later"
    );
    gate.open(1);
    let task = bench.reaches(held, State::Completed).await;
    assert_eq!((task.attempt, gate.started()), (1, 1));
}

pub(crate) async fn a_settlement_that_failed_is_made_again(bench: Bench) {
    settle_with(bench, Fault::Before).await;
}

pub(crate) async fn a_settlement_whose_reply_was_lost_is_made_once(bench: Bench) {
    settle_with(bench, Fault::After).await;
}

async fn settle_with(bench: Bench, fault: Fault) {
    let gate = Gate::default();
    gate.open(99);
    for _ in 0..3 {
        bench.store.fail_next(Operation::Settle, fault);
    }
    let worker = bench.worker().handle("work", gate.handler());
    let _worker = worker.start().expect("a worker that can start");
    let id = bench.submit("work").await;
    bench.pass(5 * SECOND).await;
    let task = bench.reaches(id, State::Completed).await;
    assert_eq!((task.attempt, gate.started()), (1, 1));
    use EventKind::{Completed, Started, Submitted};
    assert_eq!(bench.events(id).await, [Submitted, Started, Completed]);
    bench.pass(10 * SECOND).await;
    let next = bench.submit("work").await;
    bench.reaches(next, State::Completed).await;
}

pub(crate) async fn a_registration_or_heartbeat_whose_reply_was_lost_does_no_harm(bench: Bench) {
    let _house = bench.keep_house();
    bench.store.fail_next(Operation::Register, Fault::After);
    bench.store.fail_next(Operation::Heartbeat, Fault::After);
    let gate = Gate::default();
    let worker = bench.worker().handle("work", gate.handler());
    let _worker = worker.start().expect("a worker that can start");
    let id = bench.submit("work").await;
    bench.pass(30 * SECOND).await;
    assert_eq!(bench.store.faults_left(), 0);
    gate.open(1);
    let task = bench.reaches(id, State::Completed).await;
    assert_eq!((task.attempt, task.lost), (1, 0));
}
