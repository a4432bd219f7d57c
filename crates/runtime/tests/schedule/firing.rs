//! Ticks become tasks.

use super::*;

#[tokio::test]
async fn each_tick_fires_once_at_its_instant() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let house = bench.keep_house();
    let beside = bench.beside();
    let other = House::default().start(beside.store.clone(), bench.clock.clone());
    let schedules = bench.add(every_10s()).await;
    bench.pass(35 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 20, 30]);
    let task = &bench.fired().await[1];
    assert_eq!(task.submitted_at, task.due_at, "nobody looked late");
    assert_eq!(task.labels[SCHEDULE], "s");
    let tick = duly_schedule::format_instant(begin + 20 * SECOND);
    assert_eq!(task.labels[TICK], tick);
    assert!(!task.labels.contains_key(CAUGHT_UP));
    let info = schedules.show(&"s".into()).await.unwrap();
    assert_eq!(info.standing.progress.runs, 3);
    assert_eq!(info.standing.last_task, Some(bench.fired().await[2].id));
    assert_eq!(info.next(), Some(begin + 40 * SECOND));
    // The other takes over, and nothing is lost between them.
    house.stop().await;
    bench.pass(30 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 20, 30, 40, 50, 60]);
    other.stop().await;
}

#[tokio::test]
async fn a_schedule_that_is_put_is_heard_of_at_once() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    bench.pass(2 * SECOND).await;
    let soon = begin + Duration::from_millis(3_500);
    let schedules = bench.add(with(|s| s.terms.rule = Rule::once(soon))).await;
    bench.pass(2 * SECOND).await;
    let fired = bench.fired().await;
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].submitted_at, soon);
    let info = schedules.show(&"s".into()).await.unwrap();
    assert_eq!((info.next(), info.standing.progress.runs), (None, 1));
}

#[tokio::test]
async fn every_tick_is_one_task_whatever_answers_are_lost() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    let beside = bench.beside();
    let _other = House::default().start(beside.store.clone(), bench.clock.clone());
    bench.add(every_10s()).await;
    for fault in [Fault::Before, Fault::After, Fault::After, Fault::Before] {
        bench.store.fail_next(Operation::Advance, fault);
    }
    bench.pass(60 * SECOND).await;
    assert_eq!(bench.store.faults_left(), 0);
    for (store, seed) in [(&bench.store, 7), (&beside.store, 8)] {
        store.storm(Some(seed));
    }
    bench.pass(300 * SECOND).await;
    for store in [&bench.store, &beside.store] {
        store.storm(None);
    }
    bench.pass(60 * SECOND).await;
    let expected: Vec<u64> = (1..=42).map(|n| n * 10).collect();
    assert_eq!(bench.ticks(begin).await, expected);
}

#[tokio::test]
async fn what_was_missed_is_dealt_with_as_the_schedule_says() {
    let within = Duration::from_secs(260);
    for (missed, ticks, first_dropped, last_dropped) in [
        (Missed::Skip, vec![], 150, 600),
        (Missed::Last, vec![600], 150, 450),
        (Missed::All { within }, vec![450, 600], 150, 300),
    ] {
        let bench = Bench::new();
        let begin = aligned(&bench);
        let rule = Rule::every(Duration::from_secs(150), begin).unwrap();
        let schedules = bench
            .add(with(|s| {
                s.terms.missed = missed;
                s.terms.rule = rule;
            }))
            .await;
        // Nobody kept house for a while.
        bench.clock.advance(Duration::from_secs(700));
        let _house = bench.keep_house();
        bench.pass(10 * SECOND).await;
        let fired = bench.fired().await;
        let expected: Vec<String> = ticks
            .iter()
            .map(|tick| duly_schedule::format_instant(begin + Duration::from_secs(*tick)))
            .collect();
        let found: Vec<&String> = fired.iter().map(|task| &task.labels[TICK]).collect();
        assert_eq!(found, expected.iter().collect::<Vec<_>>(), "{missed:?}");
        assert!(fired.iter().all(|task| task.labels[CAUGHT_UP] == "true"));
        let info = schedules.show(&"s".into()).await.unwrap();
        let dropped = info.standing.dropped.unwrap();
        let since = |at: Timestamp| at.since(begin).as_secs();
        let dropped = (since(dropped.first), since(dropped.last));
        assert_eq!(dropped, (first_dropped, last_dropped), "{missed:?}");
        bench.pass(Duration::from_secs(40)).await;
        assert_eq!(bench.fired().await.len(), ticks.len() + 1, "{missed:?}");
    }
}

#[tokio::test]
async fn runs_that_overlap_are_dealt_with_as_the_schedule_says() {
    for (overlap, states) in [
        (Overlap::Allow, vec![State::Pending; 3]),
        (Overlap::Skip, vec![State::Pending]),
        (Overlap::QueueOne, vec![State::Pending]),
        (
            Overlap::CancelOld,
            vec![State::Cancelled, State::Cancelled, State::Pending],
        ),
    ] {
        let bench = Bench::new();
        aligned(&bench);
        let _house = bench.keep_house();
        bench.add(with(|s| s.terms.overlap = overlap)).await;
        bench.pass(32 * SECOND).await;
        let seen = |tasks: Vec<TaskRecord>| -> Vec<State> {
            tasks.iter().map(|task| task.state).collect()
        };
        assert_eq!(seen(bench.fired().await), states, "{overlap}");
        bench.work().await;
        bench.pass(2 * SECOND).await;
        let held = bench.fired().await.len() - states.len();
        assert_eq!(held, usize::from(overlap == Overlap::QueueOne), "{overlap}");
        bench.work().await;
        bench.pass(6 * SECOND).await;
        let more = bench.fired().await.len() - states.len() - held;
        assert_eq!(more, 1, "{overlap}: it goes on");
    }
}

#[tokio::test]
async fn a_tick_whose_task_is_refused_does_not_stop_the_schedule() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    let schedules = bench
        .add(with(|s| s.task.unique = Some("one".into())))
        .await;
    bench.pass(32 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10]);
    let info = schedules.show(&"s".into()).await.unwrap();
    let refused = info.standing.refused.unwrap();
    assert_eq!((refused.tick, refused.count), (begin + 30 * SECOND, 2));
    assert!(refused.reason.contains("already has the unique key"));
    assert!(!refused.reason.starts_with("task 0:"), "{}", refused.reason);
    assert_eq!(info.standing.progress.runs, 1, "it did not run");
    bench.work().await;
    bench.pass(10 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 40]);
}

#[tokio::test]
async fn nothing_is_called_off_for_a_tick_that_does_not_fire() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    bench
        .add(with(|s| s.terms.overlap = Overlap::CancelOld))
        .await;
    bench.pass(12 * SECOND).await;
    let drain = QueueChange {
        draining: Some(true),
        ..QueueChange::default()
    };
    let store = bench.store.inner();
    store.configure("default".into(), drain).await.unwrap();
    bench.pass(20 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10]);
    let first = &bench.fired().await[0];
    assert_eq!(first.state, State::Pending, "nobody took its place");
}

/// A task of a tick is dropped for one that holds its key.
fn keeping(overlap: Overlap, scope: UniqueScope, on_conflict: OnConflict) -> Definition {
    with(|s| {
        s.terms.overlap = overlap;
        s.task.unique = Some(Unique {
            scope,
            on_conflict,
            ..Unique::new("one")
        });
    })
}

/// Somebody else's task, which holds the key.
async fn held_by_hand(bench: &Bench, scope: UniqueScope) -> TaskId {
    let mut task = NewTask::new(id::task_id(&*bench.clock), "report", Payload::json("2"));
    task.unique = Some(Unique {
        scope,
        ..Unique::new("one")
    });
    let id = task.id;
    bench.store.submit(Submit::one(task)).await.unwrap();
    id
}

#[tokio::test]
async fn who_holds_the_key_of_a_tick_stands_for_it() {
    for on_conflict in [OnConflict::Keep, OnConflict::Replace(Replace::PAYLOAD)] {
        for overlap in [
            Overlap::Allow,
            Overlap::Skip,
            Overlap::QueueOne,
            Overlap::CancelOld,
        ] {
            let scope = UniqueScope::Unfinished;
            let what = format!("{overlap}, {on_conflict:?}");
            let bench = Bench::new();
            aligned(&bench);
            let _house = bench.keep_house();
            let holder = held_by_hand(&bench, scope).await;
            let schedules = bench.add(keeping(overlap, scope, on_conflict)).await;
            bench.pass(32 * SECOND).await;
            assert_eq!(bench.fired().await.len(), 0, "{what}: it has the key");
            let standing = schedules.show(&"s".into()).await.unwrap().standing;
            assert_eq!(standing.last_task, Some(holder), "{what}");
            let state = bench.store.task(holder).await.unwrap().unwrap().state;
            assert_eq!(state, State::Pending, "{what}: nothing came in its place");
            // Those of 20 and 30 seconds, unless they were skipped or wait.
            let decided = match overlap {
                Overlap::Skip | Overlap::QueueOne => 1,
                Overlap::Allow | Overlap::CancelOld => 3,
            };
            assert_eq!(standing.progress.runs, decided, "{what}");
            let waits = overlap == Overlap::QueueOne;
            assert_eq!(standing.progress.held.is_some(), waits, "{what}");
            bench.work().await;
            bench.pass(2 * SECOND).await;
            let fired = bench.fired().await;
            assert_eq!(fired.len(), usize::from(waits), "{what}");
            bench.pass(6 * SECOND).await;
            let last = bench.fired().await.last().map(|task| task.id);
            let standing = schedules.show(&"s".into()).await.unwrap().standing;
            assert_eq!(standing.last_task, last, "{what}: one of its own");
        }
    }
}

#[tokio::test]
async fn a_run_that_keeps_the_key_of_the_next_is_not_called_off_for_it() {
    for on_conflict in [OnConflict::Keep, OnConflict::Replace(Replace::PAYLOAD)] {
        let bench = Bench::new();
        let begin = aligned(&bench);
        let _house = bench.keep_house();
        let scope = UniqueScope::Unfinished;
        let schedules = bench
            .add(keeping(Overlap::CancelOld, scope, on_conflict))
            .await;
        bench.pass(32 * SECOND).await;
        assert_eq!(bench.ticks(begin).await, [10], "{on_conflict:?}");
        let first = &bench.fired().await[0];
        assert_eq!(first.state, State::Pending, "{on_conflict:?}");
        let standing = schedules.show(&"s".into()).await.unwrap().standing;
        assert_eq!(standing.last_task, Some(first.id), "{on_conflict:?}");
    }
}

#[tokio::test]
async fn who_has_ended_and_has_the_key_still_stands_for_a_tick() {
    let scope = UniqueScope::Period(MINUTE);
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    let schedules = bench
        .add(keeping(Overlap::QueueOne, scope, OnConflict::Keep))
        .await;
    bench.pass(12 * SECOND).await;
    bench.work().await;
    bench.pass(20 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10], "one a minute");
    let first = bench.fired().await[0].id;
    let standing = schedules.show(&"s".into()).await.unwrap().standing;
    assert_eq!(standing.last_task, Some(first));
    assert_eq!(standing.progress.held, None, "it has ended");
    bench.pass(40 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 70]);
}

#[tokio::test]
async fn who_holds_the_key_of_a_run_that_was_asked_for_stands_for_it() {
    let bench = Bench::new();
    aligned(&bench);
    let scope = UniqueScope::Unfinished;
    let holder = held_by_hand(&bench, scope).await;
    let schedules = bench
        .add(keeping(Overlap::Allow, scope, OnConflict::Keep))
        .await;
    let submitted = schedules.trigger(&"s".into()).await.unwrap();
    assert_eq!(
        (submitted.id, submitted.admission),
        (holder, Admission::Kept)
    );
    let standing = schedules.show(&"s".into()).await.unwrap().standing;
    assert_eq!(standing.last_task, Some(holder));
}

#[tokio::test]
async fn who_holds_the_key_of_a_period_s_tick_stands_for_it() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    let scope = UniqueScope::Unfinished;
    let holder = held_by_hand(&bench, scope).await;
    let schedules = bench
        .add(keeping(Overlap::Allow, scope, OnConflict::Keep))
        .await;
    let period = BackfillPeriod {
        from: Timestamp::from_micros(begin.as_micros() - 20_000_000),
        to: begin,
        overlap: Overlap::QueueOne,
        again: false,
    };
    schedules.pause(&"s".into()).await.unwrap();
    schedules.backfill(&"s".into(), period).await.unwrap();
    bench.pass(3 * SECOND).await;
    let standing = schedules.show(&"s".into()).await.unwrap().standing;
    assert_eq!(standing.last_task, Some(holder));
    assert_eq!(
        standing.filling.map(|filling| filling.backfill.left()),
        Some(1)
    );
    bench.work().await;
    bench.pass(3 * SECOND).await;
    assert_eq!(bench.fired().await.len(), 1, "in its turn");
}

#[tokio::test]
async fn paused_it_rests_and_resumed_it_goes_on_with_what_is_to_come() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    let schedules = bench.add(every_10s()).await;
    let name: Name = "s".into();
    bench.pass(12 * SECOND).await;
    assert!(schedules.pause(&name).await.unwrap().is_paused());
    bench.pass(20 * SECOND).await;
    let triggered = schedules.trigger(&name).await.unwrap();
    assert_eq!(triggered.state, State::Pending, "by hand, it runs");
    assert!(!schedules.resume(&name).await.unwrap().is_paused());
    bench.pass(10 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 32, 40]);
    assert_eq!(bench.fired().await[1].id, triggered.id);
    schedules.remove(&name).await.unwrap();
    bench.pass(20 * SECOND).await;
    assert_eq!(bench.fired().await.len(), 3, "it is gone");
    let gone = schedules.pause(&name).await;
    let not_found = ScheduleError::NotFound(name.clone()).into();
    assert_eq!(gone, Err(not_found));
}

#[tokio::test]
async fn a_change_of_the_definition_counts_from_the_next_tick() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    let schedules = bench.add(every_10s()).await;
    bench.pass(12 * SECOND).await;
    let urgent = with(|s| s.task.priority = duly_core::Priority::High);
    let exists = schedules.add("s".into(), urgent.clone()).await;
    assert_eq!(exists, Err(SchedulesError::Exists("s".into())));
    schedules.put("s".into(), urgent, None).await.unwrap();
    bench.pass(10 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 20]);
    let priorities: Vec<_> = bench.fired().await.iter().map(|t| t.priority).collect();
    assert_eq!(
        priorities,
        [duly_core::Priority::Normal, duly_core::Priority::High]
    );
    let rarely = Rule::every(15 * SECOND, begin).unwrap();
    let (changed, _) = schedules
        .put("s".into(), with(|s| s.terms.rule = rarely), None)
        .await
        .unwrap();
    assert_eq!(changed.next(), Some(begin + 30 * SECOND));
    assert_eq!(
        changed.standing.progress.runs, 2,
        "it goes on from where it is"
    );
}

#[tokio::test]
async fn a_period_is_filled_in_by_its_own_rules() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    let schedules = bench.add(every_10s()).await;
    let name: Name = "s".into();
    bench.pass(12 * SECOND).await;
    schedules.pause(&name).await.unwrap();
    bench.work().await;
    let period = BackfillPeriod {
        from: begin - 30 * SECOND,
        to: begin + 11 * SECOND,
        overlap: Overlap::QueueOne,
        again: false,
    };
    let info = schedules.backfill(&name, period).await.unwrap();
    assert_eq!(info.standing.filling.unwrap().backfill.left(), 5);
    let twice = schedules.backfill(&name, period).await;
    assert!(matches!(twice, Err(SchedulesError::Filling { .. })));
    let mut done = bench.fired().await.len();
    for _ in 0..4 {
        bench.pass(3 * SECOND).await;
        done += 1;
        assert_eq!(bench.fired().await.len(), done, "one after the other");
        assert_eq!(bench.fired().await[done - 1].labels[CAUGHT_UP], "true");
        bench.work().await;
    }
    bench.pass(3 * SECOND).await;
    assert_eq!(bench.fired().await.len(), done, "what ran already does not");
    let info = schedules.show(&name).await.unwrap();
    assert_eq!(info.standing.filling, None);
    let again = BackfillPeriod {
        again: true,
        overlap: Overlap::Allow,
        ..period
    };
    schedules.backfill(&name, again).await.unwrap();
    bench.pass(3 * SECOND).await;
    assert_eq!(
        bench.fired().await.len(),
        done + 5,
        "unless it is asked for"
    );
}

#[tokio::test]
async fn many_ticks_are_filled_in_step_by_step() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    let schedules = bench.add(every_10s()).await;
    let period = BackfillPeriod {
        from: begin - 4_500 * SECOND,
        to: begin,
        overlap: Overlap::Allow,
        again: false,
    };
    schedules.backfill(&"s".into(), period).await.unwrap();
    bench.pass(5 * SECOND).await;
    assert_eq!(bench.fired().await.len(), 450);
}
