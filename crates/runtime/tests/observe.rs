//! Attempts as an observer hears of them, and how busy a worker is.
#![allow(
    clippy::unwrap_used,
    reason = "a test's own helpers, which fail the test"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use duly_core::{Priority, RetryPolicy, State};
use duly_runtime::{Context, Ended, JobError, Observer, Started};
use duly_store::NewTask;

mod common;

use common::{Bench, Fault, Gate, Operation, until};

const SECOND: Duration = Duration::from_secs(1);

/// Writes down what it hears.
#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Diary {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Diary {
    fn started(&self, a: &Started<'_>) {
        let (number, waited) = (a.attempt.attempt, a.waited);
        let (kind, queue, priority, spent) = (a.kind, a.queue, a.priority, a.spent);
        self.note(format!(
            "{kind} of {queue} ({priority}) starts: attempt {number}, spent {spent}, waited {waited:?}"
        ));
    }

    fn ended(&self, a: &Ended<'_>) {
        let (kind, outcome, ran) = (a.kind, a.outcome, a.ran);
        let (spent, retries, is_final) = (a.spent, a.retries, a.is_final());
        self.note(format!(
            "{kind} {outcome} after {ran:?}, spent {spent}, retries {retries}, final {is_final}"
        ));
    }
}

#[tokio::test]
async fn every_attempt_is_told_with_its_wait_and_its_end() {
    let bench = Bench::new();
    let diary = Arc::new(Diary::default());
    let clock = bench.clock.clone();
    let takes_two_seconds = move |(): (), _: Context| {
        clock.advance(2 * SECOND);
        async { Err::<(), _>(JobError::retry_after(4 * SECOND, "no")) }
    };
    let id = bench.submit_with("send", to_mail).await;
    bench.clock.advance(3 * SECOND);
    let worker = bench.worker().queues(["mail"]).observe(diary.clone());
    let worker = worker.handle("send", takes_two_seconds);
    let _worker = worker.start().unwrap();
    bench.reaches(id, State::Retrying).await;
    bench.pass(4 * SECOND).await;
    bench.reaches(id, State::Failed).await;
    assert_eq!(
        diary.lines(),
        [
            "send of mail (high) starts: attempt 1, spent 1, waited 3s",
            "send retrying after 2s, spent 1, retries 0, final false",
            "send of mail (high) starts: attempt 2, spent 2, waited 0ns",
            "send failed after 2s, spent 2, retries 1, final true",
        ]
    );
}

/// A task of another queue, urgent, that may be tried twice.
fn to_mail(task: &mut NewTask) {
    task.queue = "mail".into();
    task.priority = Priority::High;
    task.retry = RetryPolicy {
        attempts_max: 2,
        ..RetryPolicy::default()
    };
}

#[tokio::test]
async fn the_end_of_an_attempt_whose_lease_is_gone_is_told_as_lost() {
    let bench = Bench::new();
    let diary = Arc::new(Diary::default());
    let gate = Gate::default();
    let worker = bench.worker().observe(diary.clone());
    let _worker = worker.handle("slow", gate.handler()).start().unwrap();
    bench.submit("slow").await;
    gate.has_started(1).await;
    bench.take_all_back().await;
    bench.pass(4 * SECOND).await;
    until("it is told", || diary.lines().len() >= 2).await;
    assert!(
        diary.lines()[1].starts_with("slow lost after "),
        "{:?}",
        diary.lines()
    );
}

#[tokio::test]
async fn an_observer_that_panics_harms_nobody() {
    struct Clumsy;
    impl Observer for Clumsy {
        fn started(&self, _: &Started<'_>) {
            panic!("at the start");
        }
        fn ended(&self, _: &Ended<'_>) {
            panic!("at the end");
        }
    }
    let bench = Bench::new();
    let worker = bench.worker().observe(Arc::new(Clumsy));
    let worker = worker.handle("fine", async |(): (), _: Context| Ok::<_, JobError>(()));
    let _worker = worker.start().unwrap();
    for _ in 0..3 {
        let id = bench.submit("fine").await;
        bench.reaches(id, State::Completed).await;
    }
}

#[tokio::test]
async fn what_runs_inline_is_told_too() {
    let bench = Bench::new();
    let diary = Arc::new(Diary::default());
    let worker = bench.worker().observe(diary.clone());
    let worker = worker.handle("fine", async |(): (), _: Context| Ok::<_, JobError>(()));
    bench.submit("fine").await;
    worker.inline().unwrap().run_due(9).await.unwrap();
    let lines = diary.lines();
    assert!(lines[0].contains("waited 0ns"), "{lines:?}");
    assert_eq!(
        lines[1],
        "fine completed after 0ns, spent 1, retries 0, final true"
    );
}

#[tokio::test]
async fn a_worker_shows_how_busy_it_is() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench
        .worker()
        .handle("slow", gate.handler())
        .start()
        .unwrap();
    let shown = || {
        let usage = worker.usage();
        (usage.capacity, usage.running, usage.assigned)
    };
    assert_eq!(shown(), (4, 0, 0));
    for _ in 0..3 {
        bench.submit("slow").await;
    }
    gate.has_started(3).await;
    until("three run", || shown() == (4, 3, 0)).await;
    gate.open(1);
    until("two run", || shown() == (4, 2, 0)).await;
    worker.shutdown_now().await;
    until("nothing runs", || shown() == (4, 0, 0)).await;
}

#[tokio::test]
async fn a_higher_concurrency_counts_at_once() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().concurrency(1).handle("slow", gate.handler());
    let worker = worker.start().unwrap();
    for _ in 0..5 {
        bench.submit("slow").await;
    }
    gate.has_started(1).await;
    bench.rest().await;
    assert_eq!(gate.running(), 1);
    worker.set_concurrency(3).unwrap();
    gate.has_started(3).await;
    bench.rest().await;
    assert_eq!((gate.running(), worker.usage().capacity), (3, 3));
    assert_eq!(capacity(&bench).await, 3, "the store has heard of it");
}

#[tokio::test]
async fn of_a_lower_concurrency_what_runs_goes_on_and_less_begins() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench
        .worker()
        .handle("slow", gate.handler())
        .start()
        .unwrap();
    for _ in 0..8 {
        bench.submit("slow").await;
    }
    gate.has_started(4).await;
    worker.set_concurrency(1).unwrap();
    bench.rest().await;
    assert_eq!((gate.running(), capacity(&bench).await), (4, 1));
    gate.open(3);
    until("one runs", || gate.running() == 1).await;
    bench.rest().await;
    assert_eq!(gate.started(), 4, "none may begin beside it");
    gate.open(1);
    gate.has_started(5).await;
    bench.rest().await;
    assert_eq!((gate.started(), gate.running()), (5, 1));
}

#[tokio::test]
async fn a_concurrency_out_of_bounds_is_refused_and_changes_nothing() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench
        .worker()
        .handle("slow", gate.handler())
        .start()
        .unwrap();
    for (handlers, value) in [(0, "0"), (100_001, "100001")] {
        let refusal = worker.set_concurrency(handlers).unwrap_err();
        assert_eq!(
            (refusal.field, refusal.value.as_str()),
            ("concurrency", value)
        );
        assert_eq!(refusal.expected, "1 to 100000");
    }
    assert_eq!(worker.usage().capacity, 4);
}

#[tokio::test]
async fn a_store_that_is_away_hears_of_a_new_concurrency_later() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench
        .worker()
        .handle("slow", gate.handler())
        .start()
        .unwrap();
    bench.submit("slow").await;
    gate.has_started(1).await;
    bench.store.fail_next(Operation::Register, Fault::Before);
    worker.set_concurrency(7).unwrap();
    bench.rest().await;
    assert_eq!((bench.store.faults_left(), capacity(&bench).await), (0, 4));
    bench.pass(SECOND).await;
    assert_eq!(capacity(&bench).await, 7);
    assert_eq!(gate.running(), 1, "nothing was stopped for it");
}

#[tokio::test]
async fn a_worker_that_leaves_is_not_registered_again_by_a_late_change() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench
        .worker()
        .handle("slow", gate.handler())
        .start()
        .unwrap();
    bench.submit("slow").await;
    gate.has_started(1).await;
    worker.set_concurrency(9).unwrap();
    worker.shutdown_now().await;
    bench.rest().await;
    assert_eq!(bench.store.inner().workers().await.unwrap(), []);
}

async fn capacity(bench: &Bench) -> u32 {
    let workers = bench.store.inner().workers().await.unwrap();
    workers[0].registration.capacity
}
