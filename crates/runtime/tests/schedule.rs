//! Schedules are fired by whoever keeps house.
#![allow(
    clippy::unwrap_used,
    reason = "a test ends where it fails; all of its functions are tests' own"
)]

use std::time::Duration;

use duly_core::{Decision, State, TaskId, Timestamp};
use duly_runtime::House;
use duly_runtime::schedule::labels::{CAUGHT_UP, SCHEDULE, TICK};
use duly_runtime::schedule::{
    BackfillPeriod, Definition, Put, Removed, Schedules, SchedulesError, UnreadableSchedule,
};
use duly_schedule::{Missed, Overlap, Rule, Terms};
use duly_store::{
    Change, Claim, Clock, List, Name, NewTask, Payload, QueueChange, Registration, ScheduleError,
    Settle, Settlement, Store, SubmitError, TaskRecord, When, id,
};

mod common;

use common::{Bench, Fault, Operation};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Every 10 seconds, from the epoch on.
fn every_10s() -> Definition {
    let rule = Rule::every(10 * SECOND, Timestamp::default()).unwrap();
    let task = NewTask::new(TaskId::from_bytes([0; 16]), "report", Payload::json("1"));
    Definition {
        terms: Terms::new(rule),
        task,
    }
}

fn with(change: impl FnOnce(&mut Definition)) -> Definition {
    let mut definition = every_10s();
    change(&mut definition);
    definition
}

impl Bench {
    fn schedules(&self) -> Schedules {
        Schedules::new(self.store.clone(), self.clock.clone())
    }

    async fn add(&self, definition: Definition) -> Schedules {
        let schedules = self.schedules();
        schedules.add("s".into(), definition).await.unwrap();
        schedules
    }

    /// The tasks of schedules, the oldest first.
    async fn fired(&self) -> Vec<TaskRecord> {
        let list = List {
            limit: 1_000,
            ..List::default()
        };
        let mut tasks = self.store.inner().list(list).await.unwrap().tasks;
        tasks.reverse();
        tasks.retain(|task| task.labels.contains_key(SCHEDULE));
        tasks
    }

    /// After how many seconds of the clock's life each tick was due.
    async fn ticks(&self, begin: Timestamp) -> Vec<u64> {
        let fired = self.fired().await;
        let since = |task: &TaskRecord| task.due_at.since(begin).as_secs();
        fired.iter().map(since).collect()
    }

    /// Ends, as done, all that waits.
    async fn work(&self) {
        let store = self.store.inner();
        let incarnation = id::incarnation(&*self.clock);
        let registration = Registration {
            incarnation,
            name: "w".into(),
            queues: vec!["default".into()],
            kinds: vec!["report".into()],
            labels: duly_store::Labels::new(),
            capacity: 1,
        };
        store.register(registration).await.unwrap();
        let claim = Claim {
            weights: Vec::new(),
            incarnation,
            queues: vec!["default".into()],
            kinds: vec!["report".into()],
            run: 1_000,
            prefetch: 0,
            suspect: true,
            turn: 0,
        };
        let leases = store.claim(claim).await.unwrap().leases;
        let done = |lease: &duly_store::Lease| Settlement::new(lease.attempt, Decision::Complete);
        let settle = Settle {
            incarnation,
            settlements: leases.iter().map(done).collect(),
        };
        store.settle(settle).await.unwrap();
    }
}

/// An instant at which a tick of every 10 seconds lies.
fn aligned(bench: &Bench) -> Timestamp {
    let micros = bench.clock.now().as_micros();
    let begin = Timestamp::from_micros(micros - micros % 10_000_000 + 10_000_000);
    bench.clock.set(begin);
    begin
}

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

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let schedules = bench.schedules();
    let refusal = async |definition| {
        let refused = schedules.add("s".into(), definition).await;
        refused.unwrap_err().to_string()
    };
    let past = refusal(with(|s| s.terms.rule = Rule::once(begin))).await;
    assert_eq!(
        past,
        "schedule \"s\" would never fire: expected a rule with a tick in the future"
    );
    let due = refusal(with(|s| s.task.due = When::After(SECOND))).await;
    assert!(due.starts_with("due is given: expected nothing"), "{due}");
    let deadline = refusal(with(|s| s.task.deadline = Some(When::At(begin)))).await;
    assert!(deadline.starts_with("deadline is given: expected a time from the tick"));
    let kind = refusal(with(|s| s.task.kind = "".into())).await;
    assert!(kind.starts_with("kind is \"\": expected"), "{kind}");
    let name = schedules.add("".into(), every_10s()).await.unwrap_err();
    assert!(name.to_string().starts_with("name is \"\""), "{name}");
    assert!(bench.store.schedule("s".into()).await.unwrap().is_none());
    let trigger = schedules.trigger(&"s".into()).await.unwrap_err();
    assert_eq!(trigger.to_string(), "there is no schedule \"s\"");
    bench.add(with(|s| s.task.unique = Some("u".into()))).await;
    schedules.trigger(&"s".into()).await.unwrap();
    let taken = schedules.trigger(&"s".into()).await.unwrap_err();
    assert!(
        matches!(
            taken,
            SchedulesError::Store(ScheduleError::Refused(SubmitError::TaskExists { .. }))
        ),
        "{taken:?}"
    );
}

#[tokio::test]
async fn declared_schedules_converge() {
    let bench = Bench::new();
    aligned(&bench);
    let schedules = bench.add(every_10s()).await;
    let declare = |names: &[&str], definition: Definition| {
        let declared = names.iter().map(|n| (Name::from(*n), definition.clone()));
        schedules.converge(declared.collect(), "config".into())
    };
    let first = declare(&["a", "b"], every_10s()).await.unwrap();
    assert_eq!(first.added, ["a", "b"].map(Name::from));
    schedules.pause(&"a".into()).await.unwrap();
    let again = declare(&["a", "b"], every_10s()).await.unwrap();
    assert_eq!((again.unchanged, again.changed.len()), (2, 0));
    let other = with(|s| s.task.queue = "other".into());
    let third = declare(&["a", "s"], other).await.unwrap();
    assert_eq!(third.changed, ["a", "s"].map(Name::from), "s is taken over");
    assert_eq!(third.removed, ["b"].map(Name::from));
    let a = schedules.show(&"a".into()).await.unwrap();
    assert!(a.is_paused(), "what was paused stays so");
    let more = vec![(Name::from("more"), every_10s())];
    let more = schedules.declare(more, "config".into()).await.unwrap();
    assert_eq!((more.added, more.removed), (vec!["more".into()], vec![]));
    let past = with(|s| s.terms.rule = Rule::once(Timestamp::default()));
    let last = declare(&["over"], past).await.unwrap();
    assert_eq!(last.over, ["over"].map(Name::from));
    assert_eq!(last.removed, ["a", "more", "s"].map(Name::from));
    let page = schedules.list(None, 10).await.unwrap();
    assert!(page.schedules.is_empty());
}

/// Text that another version of Duly wrote, and text that is damaged.
const FOREIGN: &str = "{\"version\":2}";
const DAMAGED: &str = "{\"version\":1}";

impl Bench {
    async fn put_unreadable(&self, name: &str, text: &str, owner: Option<&str>) {
        let unreadable = duly_store::PutSchedule {
            name: name.into(),
            owner: owner.map(Name::from),
            definition: text.into(),
            state: text.into(),
            next_at: Some(self.clock.now()),
            expected: duly_store::Expected::Nothing,
        };
        self.store.put_schedule(unreadable).await.unwrap();
    }
}

#[tokio::test]
async fn one_that_cannot_be_read_does_not_stop_the_others() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    bench.put_unreadable("foreign", FOREIGN, None).await;
    bench.put_unreadable("broken", DAMAGED, None).await;
    let schedules = bench.add(every_10s()).await;
    bench.pass(22 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 20]);
    let error = schedules.show(&"foreign".into()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the store cannot be read: schedule \"foreign\" was written in version 2, which this Duly does not know: \
         use the version of Duly that wrote it, or remove it"
    );
    let page = schedules.list(None, 10).await.unwrap();
    let names: Vec<&str> = page.schedules.iter().map(|info| &*info.name).collect();
    assert_eq!(names, ["s"]);
    let unreadable = page.unreadable.iter();
    let unreadable: Vec<_> = unreadable.map(|one| (&*one.name, one.written_in)).collect();
    assert_eq!(unreadable, [("broken", None), ("foreign", Some(2))]);
    assert!(
        page.unreadable[0]
            .problem
            .starts_with("is damaged (missing field")
    );
}

#[tokio::test]
async fn one_that_cannot_be_read_is_removed_and_replaced_only_if_it_is_damaged() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    let schedules = bench.schedules();
    bench.put_unreadable("foreign", FOREIGN, None).await;
    bench.put_unreadable("broken", DAMAGED, None).await;
    let put = schedules.put("foreign".into(), every_10s(), None).await;
    let Err(SchedulesError::Unreadable(foreign)) = put else {
        panic!("it is not replaced: {put:?}");
    };
    assert_eq!((&*foreign.name, foreign.written_in), ("foreign", Some(2)));
    let added = schedules.add("foreign".into(), every_10s()).await;
    assert_eq!(added, Err(SchedulesError::Exists("foreign".into())));
    let kept = bench
        .store
        .schedule("foreign".into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&*kept.definition, FOREIGN);
    let (_, put) = schedules
        .put("broken".into(), every_10s(), None)
        .await
        .unwrap();
    assert_eq!(put, Put::Changed);
    let removed = schedules.remove(&"foreign".into()).await;
    assert_eq!(removed, Ok(Removed::Unreadable(foreign)));
    let removed = schedules.remove(&"foreign".into()).await;
    let not_found = ScheduleError::NotFound("foreign".into());
    assert_eq!(removed, Err(not_found.into()), "it is gone");
    bench.pass(12 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10], "what was put fires");
}

#[tokio::test]
async fn what_converges_leaves_alone_what_it_cannot_read() {
    let bench = Bench::new();
    aligned(&bench);
    let schedules = bench.schedules();
    let names = ["a-newer", "b-damaged", "c-gone", "d-own", "e-plain"];
    bench
        .put_unreadable("a-newer", FOREIGN, Some("config"))
        .await;
    bench
        .put_unreadable("b-damaged", DAMAGED, Some("config"))
        .await;
    bench
        .put_unreadable("c-gone", FOREIGN, Some("config"))
        .await;
    bench.put_unreadable("other", FOREIGN, Some("other")).await;
    let declare = |names: &[&str]| {
        let declared = names.iter().map(|name| (Name::from(*name), every_10s()));
        schedules.converge(declared.collect(), "config".into())
    };
    declare(&["d-own", "e-plain"]).await.unwrap();
    let done = declare(&["a-newer", "b-damaged", "e-plain"]).await.unwrap();
    assert_eq!((done.unchanged, done.removed), (1, vec!["d-own".into()]));
    let left = |done: &[UnreadableSchedule]| -> Vec<Name> {
        done.iter().map(|one| one.name.clone()).collect()
    };
    let expected = ["a-newer", "b-damaged", "c-gone"].map(Name::from);
    let mut unreadable = left(&done.unreadable);
    unreadable.dedup();
    assert_eq!(unreadable, expected, "each is told of once");
    assert_eq!(done.unreadable.len(), 3);
    for name in ["a-newer", "b-damaged", "c-gone", "other"] {
        assert!(bench.store.schedule(name.into()).await.unwrap().is_some());
    }
    let withdrawn = names.iter().map(|name| Name::from(*name)).collect();
    let done = schedules
        .withdraw(withdrawn, &"config".into())
        .await
        .unwrap();
    assert_eq!(done.removed, [Name::from("e-plain")]);
    assert_eq!(left(&done.unreadable), expected);
}
