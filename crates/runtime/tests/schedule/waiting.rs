//! What has to wait keeps nobody else from firing.

use super::*;

#[tokio::test]
async fn a_full_queue_delays_ticks_and_loses_none_that_shall_run() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    let bound = |n| QueueChange {
        bound: Some(n),
        ..QueueChange::default()
    };
    let queue: Name = "default".into();
    bench
        .store
        .configure(queue.clone(), bound(2))
        .await
        .unwrap();
    bench
        .add(with(|s| s.terms.missed = Missed::All { within: MINUTE }))
        .await;
    bench.pass(52 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 20], "there is room for two");
    // Room for some of those that wait: they are those that waited for longest.
    bench.work().await;
    bench.pass(2 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 20, 30, 40]);
    bench.work().await;
    bench.pass(2 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 20, 30, 40, 50]);
}

#[tokio::test]
async fn what_waits_keeps_nobody_from_firing_and_is_looked_at_once_a_second() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let full = QueueChange {
        bound: Some(1),
        ..QueueChange::default()
    };
    bench.store.configure("full".into(), full).await.unwrap();
    let schedules = bench.schedules();
    // As many as a store tells of at a time, and one before them in line.
    for n in 0..=duly_store::bounds::PAGE_MAX {
        let waits = with(|s| {
            s.task.queue = "full".into();
            s.terms.rule = Rule::once(begin + 5 * SECOND);
        });
        let name = format!("a{n}");
        schedules.add((*name).into(), waits).await.unwrap();
    }
    bench.add(every_10s()).await;
    let _house = bench.keep_house();
    bench.pass(7 * SECOND).await;
    let before = bench.store.asked(Operation::Advance);
    bench.pass(5 * SECOND).await;
    let looks = (bench.store.asked(Operation::Advance) - before) / 1_000;
    // Each look asks for the step, and writes when to look again.
    assert!((8..=12).contains(&looks), "{looks} in 5 seconds");
    let mut fired = bench.fired().await;
    fired.retain(|task| task.labels[SCHEDULE] == "s");
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].submitted_at, begin + 10 * SECOND, "not late");
    let waits = schedules.show(&"a7".into()).await.unwrap();
    assert_eq!(waits.next(), Some(begin + 5 * SECOND), "it still waits");
}
