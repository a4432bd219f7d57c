//! Housekeeping.

use std::time::Duration;

use duly_core::{EventKind, State};
use duly_runtime::House;
use duly_store::{Duty, KeepHouse, NewTask, QueueChange, When};

mod common;

use common::{Bench, Gate, Operation};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn the_leases_of_a_worker_that_is_gone_are_back_within_15_seconds() {
    let bench = Bench::new();
    let gate = Gate::default();
    let _house = bench.keep_house();
    let worker = bench.worker().handle("long", gate.handler());
    let worker = worker.start().unwrap();
    let id = bench.submit("long").await;
    gate.has_started(1).await;
    // Nothing of what it does reaches the store any more.
    bench.store.set_away(true);
    drop(worker);
    bench.pass(SECOND).await;
    bench.store.set_away(false);
    bench.pass(8 * SECOND).await;
    assert_eq!(bench.state(id).await, State::Running);
    bench.pass(6 * SECOND).await;
    let task = bench.task(id).await;
    assert_eq!((task.state, task.spent, task.lost), (State::Pending, 0, 1));
    assert_eq!(bench.events(id).await.pop(), Some(EventKind::Lost));
}

#[tokio::test]
async fn one_leads_and_another_takes_over() {
    let bench = Bench::new();
    let first = bench.keep_house();
    bench.rest().await;
    let second = bench.keep_house();
    bench.pass(60 * SECOND).await;
    let lead = bench.store.asked(Operation::Lead);
    assert!((30..=50).contains(&lead), "{lead} in a minute, by two");
    let kept = bench.store.asked(Operation::KeepHouse);
    assert!((37..=52).contains(&kept), "{kept} in a minute, by one");
    first.stop().await;
    bench.pass(20 * SECOND).await;
    let kept = bench.store.asked(Operation::KeepHouse) - kept;
    assert!(kept >= 5, "{kept} in twenty seconds, by the other");
    second.stop().await;
    let kept = bench.store.asked(Operation::KeepHouse);
    bench.pass(30 * SECOND).await;
    assert_eq!(bench.store.asked(Operation::KeepHouse), kept);
}

#[tokio::test]
async fn a_leader_that_vanished_is_followed_by_another() {
    let bench = Bench::new();
    let first = bench.keep_house();
    bench.rest().await;
    let _second = bench.keep_house();
    bench.rest().await;
    // It goes without giving up the lead.
    bench.store.set_away(true);
    drop(first);
    bench.rest().await;
    bench.store.set_away(false);
    let kept = bench.store.asked(Operation::KeepHouse);
    bench.pass(25 * SECOND).await;
    assert!(bench.store.asked(Operation::KeepHouse) > kept);
}

#[tokio::test]
async fn deadlines_pass_although_nobody_claims() {
    let bench = Bench::new();
    let _house = bench.keep_house();
    let id = bench
        .submit_with("late", |task| task.deadline = Some(When::After(SECOND)))
        .await;
    bench.pass(6 * SECOND).await;
    assert_eq!(bench.state(id).await, State::Expired);
}

/// What has to have begun within a second, and ended within two.
fn watched(task: &mut NewTask) {
    task.alert_unstarted = Some(SECOND);
    task.alert_unfinished = Some(2 * SECOND);
}

#[tokio::test]
async fn what_is_late_is_told_of_once_however_many_keep_house() {
    let bench = Bench::new();
    let _houses = [bench.keep_house(), bench.keep_house()];
    let id = bench.submit_with("late", watched).await;
    bench.pass(60 * SECOND).await;
    let store = bench.store.inner();
    let alert = KeepHouse {
        duty: Duty::Alert,
        limit: 9,
    };
    // Whoever thinks that it leads may do the same once more.
    store.keep_house(alert).await.unwrap();
    let expected = [
        EventKind::Submitted,
        EventKind::LateToStart,
        EventKind::LateToFinish,
    ];
    assert_eq!(bench.events(id).await, expected);
}

#[tokio::test]
async fn what_ends_in_time_is_not_told_of() {
    let bench = Bench::new();
    let gate = Gate::default();
    gate.open(1);
    let worker = bench.worker().house(House::default().alert(SECOND / 2));
    let _worker = worker.handle("quick", gate.handler()).start().unwrap();
    let id = bench.submit_with("quick", watched).await;
    bench.reaches(id, State::Completed).await;
    bench.pass(9 * SECOND).await;
    let expected = [
        EventKind::Submitted,
        EventKind::Started,
        EventKind::Completed,
    ];
    assert_eq!(bench.events(id).await, expected);
}

#[tokio::test]
async fn an_alert_comes_within_the_rhythm_of_the_house() {
    let bench = Bench::new();
    let house = House::default().alert(SECOND / 2);
    let _house = house.start(bench.store.clone(), bench.clock.clone());
    let id = bench.submit_with("late", watched).await;
    bench.pass(SECOND).await;
    bench.pass(SECOND / 2).await;
    assert!(bench.task(id).await.late_to_start);
}

#[tokio::test]
async fn finished_tasks_are_removed_after_their_retention() {
    let bench = Bench::new();
    let gate = Gate::default();
    gate.open(9);
    let worker = bench.worker().house(House::default());
    let _worker = worker.handle("quick", gate.handler()).start().unwrap();
    let change = QueueChange {
        retention_completed: Some(30 * SECOND),
        ..QueueChange::default()
    };
    let store = bench.store.inner();
    store.configure("default".into(), change).await.unwrap();
    let id = bench.submit("quick").await;
    bench.reaches(id, State::Completed).await;
    bench.pass(29 * SECOND).await;
    assert!(store.task(id).await.unwrap().is_some());
    bench.pass(12 * SECOND).await;
    assert_eq!(store.task(id).await.unwrap(), None);
}

#[tokio::test]
async fn an_idle_house_asks_little() {
    let bench = Bench::new();
    let _house = bench.keep_house();
    bench.rest().await;
    let asked = || {
        [Operation::Lead, Operation::Workers, Operation::KeepHouse]
            .map(|operation| bench.store.asked(operation))
            .iter()
            .sum::<usize>()
    };
    let before = asked();
    bench.pass(60 * SECOND).await;
    let a_minute = asked() - before;
    assert!((60..=130).contains(&a_minute), "{a_minute} in a minute");
}

#[tokio::test]
async fn a_workers_house_knows_its_lease_in_whatever_order_they_are_told() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().lease(60 * SECOND).heartbeat(20 * SECOND);
    let worker = worker.house(House::default());
    let _worker = worker.handle("long", gate.handler()).start().unwrap();
    let id = bench.submit("long").await;
    gate.has_started(1).await;
    bench.pass(40 * SECOND).await;
    assert_eq!(bench.state(id).await, State::Running);
    assert_eq!(gate.started(), 1, "a worker that lives keeps its lease");
}

#[tokio::test]
async fn intervals_of_nothing_and_of_ages_neither_spin_nor_overflow() {
    let bench = Bench::new();
    let nothing = House::default();
    let nothing = nothing.look(Duration::ZERO).reign(Duration::ZERO);
    let nothing = nothing.prune(Duration::ZERO);
    let house = nothing.start(bench.store.clone(), bench.clock.clone());
    bench.rest().await;
    let asked = bench.store.asked(Operation::Workers) + bench.store.asked(Operation::Lead);
    assert!(asked <= 3, "{asked} while the clock stood still");
    house.stop().await;
    let ages = House::default().lease(Duration::MAX).look(Duration::MAX);
    let ages = ages.reign(Duration::MAX).prune(Duration::MAX);
    let _house = ages.start(bench.store.clone(), bench.clock.clone());
    bench.rest().await;
    let kept = bench.store.asked(Operation::KeepHouse);
    bench.pass(20 * SECOND).await;
    assert!(bench.store.asked(Operation::KeepHouse) > kept, "it leads");
}
