//! Clocks that were ahead and are set back.

use super::*;

#[tokio::test]
async fn what_waited_while_the_clock_was_ahead_is_looked_at_when_it_is_set_back() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let house = bench.keep_house();
    let bound = |n| QueueChange {
        bound: Some(n),
        ..QueueChange::default()
    };
    let store = bench.store.inner();
    store.configure("default".into(), bound(1)).await.unwrap();
    bench.add(every_10s()).await;
    bench.pass(12 * SECOND).await;
    bench.clock.advance(Duration::from_secs(3600));
    bench.pass(12 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10]);
    house.stop().await;
    bench.clock.set(begin + 12 * SECOND);
    let _house = bench.keep_house();
    bench.pass(SECOND).await;
    bench.work().await;
    bench.pass(10 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 20]);
}

#[tokio::test]
async fn a_clock_that_was_ahead_stops_no_schedule() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let house = bench.keep_house();
    bench.add(every_10s()).await;
    bench.pass(12 * SECOND).await;
    bench.clock.advance(Duration::from_secs(10 * 24 * 3600));
    bench.pass(12 * SECOND).await;
    let ahead = bench.fired().await.len();
    assert!(ahead > 1);
    house.stop().await;
    bench.clock.set(begin + 12 * SECOND);
    let _house = bench.keep_house();
    bench.pass(30 * SECOND).await;
    let ticks = bench.ticks(begin).await;
    assert_eq!(ticks[ahead..], [20, 30, 40]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_runs_nothing_twice_though_its_tasks_are_gone() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let house = bench.keep_house();
    let most = with(|s| s.terms.max_runs = 8.try_into().ok());
    let schedules = bench.add(most).await;
    bench.pass(32 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 20, 30]);
    bench.work().await;
    for task in bench.fired().await {
        let gone = bench.store.change(task.id, Change::Discard).await;
        gone.unwrap();
    }
    bench.pass(30 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [40, 50, 60]);
    house.stop().await;
    bench.clock.set(begin + 2 * SECOND);
    let _house = bench.keep_house();
    bench.pass(4 * MINUTE).await;
    assert_eq!(bench.ticks(begin).await, [40, 50, 60, 70, 80]);
    let info = schedules.show(&"s".into()).await.unwrap();
    assert_eq!(info.standing.progress.runs, 8, "each counts once");
}

#[tokio::test]
async fn a_schedule_that_was_over_by_the_clock_that_was_ahead_goes_on() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let house = bench.keep_house();
    let schedules = bench
        .add(with(|s| {
            s.terms.missed = Missed::Skip;
            s.terms.end = Some(begin + MINUTE);
        }))
        .await;
    bench.pass(12 * SECOND).await;
    bench.clock.advance(Duration::from_secs(24 * 3600));
    bench.pass(2 * MINUTE).await;
    let over = schedules.show(&"s".into()).await.unwrap();
    assert_eq!(over.next(), None);
    house.stop().await;
    bench.clock.set(begin + 15 * SECOND);
    let _house = bench.keep_house();
    bench.pass(MINUTE).await;
    assert_eq!(bench.ticks(begin).await, [10, 20, 30, 40, 50]);
}

#[tokio::test]
async fn a_run_is_not_called_off_by_its_own_tick_when_the_clock_was_set_back() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let house = bench.keep_house();
    bench
        .add(with(|s| {
            s.terms.rule = Rule::every(10 * MINUTE, begin).unwrap();
            s.terms.overlap = Overlap::CancelOld;
        }))
        .await;
    bench.pass(21 * MINUTE).await;
    let states = async || -> Vec<State> {
        let fired = bench.fired().await;
        fired.iter().map(|task| task.state).collect()
    };
    assert_eq!(states().await, [State::Cancelled, State::Pending]);
    house.stop().await;
    bench.clock.set(begin + 5 * MINUTE);
    let _house = bench.keep_house();
    // The instants at which it and the one before it were due come again.
    for _ in 0..16 {
        bench.pass(MINUTE).await;
        assert_eq!(states().await, [State::Cancelled, State::Pending]);
    }
    bench.pass(10 * MINUTE).await;
    assert_eq!(
        states().await,
        [State::Cancelled, State::Cancelled, State::Pending],
        "the next one takes its place"
    );
}
