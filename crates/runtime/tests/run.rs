//! Work is claimed, run and settled.

use std::time::Duration;

use duly_core::{EventKind, Priority, State};
use duly_runtime::{Context, InvalidWorker, JobError, Verdict};
use duly_store::{Clock, Payload, When};

mod common;

use common::{Bench, Gate, Operation, until};

async fn double(number: u64, _context: Context) -> Result<u64, JobError> {
    Ok(number * 2)
}

#[tokio::test]
async fn a_task_runs_and_its_result_is_kept() {
    let bench = Bench::new();
    let worker = bench.worker().handle("double", double).start().unwrap();
    let id = bench
        .submit_with("double", |task| task.payload = Payload::json("21"))
        .await;
    let task = bench.reaches(id, State::Completed).await;
    assert_eq!(task.result, Some(Payload::json("42")));
    assert_eq!((task.attempt, task.spent, task.error), (1, 1, None));
    let report = worker.shutdown(Duration::from_secs(30)).await;
    assert_eq!(report.abandoned, 0);
    assert!(bench.store.inner().workers().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_raw_handler_gets_bytes_and_says_what_becomes_of_the_task() {
    let bench = Bench::new();
    let echo = |payload: Payload, _context: Context| async move { Verdict::done(Some(payload)) };
    let _worker = bench.worker().handle_raw("echo", echo).start().unwrap();
    let bytes = Payload::bytes(vec![0, 159, 146, 150]);
    let id = bench
        .submit_with("echo", |task| task.payload = bytes.clone())
        .await;
    assert_eq!(
        bench.reaches(id, State::Completed).await.result,
        Some(bytes)
    );
}

#[tokio::test]
async fn never_one_more_handler_runs_than_allowed() {
    let bench = Bench::new();
    let gate = Gate::default();
    let mut ids = Vec::new();
    for _ in 0..100 {
        ids.push(bench.submit("gated").await);
    }
    let worker = bench.worker().handle("gated", gate.handler());
    let _worker = worker.start().unwrap();
    gate.has_started(4).await;
    gate.open(100);
    for id in ids {
        bench.reaches(id, State::Completed).await;
    }
    assert_eq!((gate.most(), gate.started()), (4, 100));
}

#[tokio::test]
async fn the_most_urgent_goes_first() {
    let bench = Bench::new();
    let order = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let note = {
        let order = order.clone();
        move |name: String, _context: Context| {
            order.lock().unwrap().push(name);
            async { Ok::<_, JobError>(()) }
        }
    };
    for (name, priority) in [
        ("c", Priority::Low),
        ("a", Priority::High),
        ("b", Priority::Normal),
    ] {
        bench
            .submit_with("note", |task| {
                task.payload = Payload::json(format!("\"{name}\""));
                task.priority = priority;
            })
            .await;
    }
    let worker = bench.worker().concurrency(1).handle("note", note);
    let _worker = worker.start().unwrap();
    until("three ran", || order.lock().unwrap().len() == 3).await;
    assert_eq!(*order.lock().unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn what_becomes_due_starts_on_time_and_hints_need_no_poll() {
    let bench = Bench::new();
    let gate = Gate::default();
    gate.open(9);
    let worker = bench.worker().handle("gated", gate.handler());
    let _worker = worker.start().unwrap();
    bench.rest().await;
    bench
        .submit_with("gated", |task| {
            task.due = When::After(Duration::from_millis(1_500));
        })
        .await;
    bench.pass(Duration::from_millis(1_250)).await;
    assert_eq!(gate.started(), 0);
    bench.pass(Duration::from_millis(250)).await;
    assert_eq!(gate.started(), 1);
    bench.submit("gated").await;
    gate.has_started(2).await;
}

#[tokio::test]
async fn an_idle_worker_asks_little() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("gated", gate.handler());
    let _worker = worker.start().unwrap();
    bench.rest().await;
    let asked = || {
        [
            Operation::Claim,
            Operation::Heartbeat,
            Operation::CancelRequests,
        ]
        .map(|operation| bench.store.asked(operation))
        .iter()
        .sum::<usize>()
    };
    let before = asked();
    bench.pass(Duration::from_secs(60)).await;
    let a_minute = asked() - before;
    assert!((25..=40).contains(&a_minute), "{a_minute} in a minute");
}

#[tokio::test]
async fn work_of_other_queues_and_kinds_is_left_alone() {
    let bench = Bench::new();
    let worker = bench.worker().queues(["mail"]).handle("double", double);
    let _worker = worker.start().unwrap();
    let other_kind = bench
        .submit_with("treble", |task| task.queue = "mail".into())
        .await;
    let other_queue = bench.submit("double").await;
    let mine = bench
        .submit_with("double", |task| {
            task.queue = "mail".into();
            task.payload = Payload::json("1");
        })
        .await;
    bench.reaches(mine, State::Completed).await;
    for id in [other_kind, other_queue] {
        assert_eq!(bench.state(id).await, State::Pending);
    }
}

#[tokio::test]
async fn started_is_in_the_history_before_the_handler_begins() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("gated", gate.handler());
    let _worker = worker.start().unwrap();
    let id = bench.submit("gated").await;
    gate.has_started(1).await;
    assert_eq!(
        bench.events(id).await,
        [EventKind::Submitted, EventKind::Started]
    );
}

#[tokio::test]
async fn the_context_tells_of_the_task() {
    let bench = Bench::new();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(None));
    let look = {
        let seen = seen.clone();
        move |_job: (), context: Context| {
            *seen.lock().unwrap() = Some(context);
            async { Err::<(), _>("no") }
        }
    };
    let id = bench
        .submit_with("look", |task| {
            task.labels.insert("a".into(), "b".into());
            task.retry.attempts_max = 1;
            task.priority = Priority::High;
        })
        .await;
    let _worker = bench.worker().handle("look", look).start().unwrap();
    bench.reaches(id, State::Failed).await;
    let context = seen.lock().unwrap().take().unwrap();
    assert_eq!((context.task(), context.attempt().attempt), (id, 1));
    assert_eq!((&**context.kind(), &**context.queue()), ("look", "default"));
    assert_eq!((context.spent(), context.attempts_max()), (1, 1));
    assert!(context.is_last_attempt());
    assert_eq!(context.labels()["a"], "b");
    assert_eq!(context.priority(), Priority::High);
    assert_eq!(context.submitted_at(), bench.clock.now());
    assert_eq!(&**context.worker(), "w");
}

#[tokio::test]
async fn a_worker_that_makes_no_sense_does_not_start() {
    let bench = Bench::new();
    let error = bench.worker().start().unwrap_err();
    assert_eq!(error, InvalidWorker::NoHandler);
    let twice = bench.worker().handle("double", double);
    let error = twice.handle("double", double).start().unwrap_err();
    assert!(matches!(error, InvalidWorker::TwoHandlers(kind) if &*kind == "double"));
    for (worker, field) in [
        (bench.worker().concurrency(0), "concurrency"),
        (bench.worker().queues([""; 0]), "queues"),
        (bench.worker().queues(["a\n"]), "queues"),
        (
            bench.worker().queues_by_weight([("a", 3), ("b", 0)]),
            "queues",
        ),
        (bench.worker().queues_by_weight([("a", 101)]), "queues"),
        (bench.worker().queues_by_weight([("", 1); 0]), "queues"),
        (bench.worker().lease(Duration::from_secs(8)), "heartbeat"),
        (bench.worker().name(""), "name"),
    ] {
        let error = worker.handle("double", double).start().unwrap_err();
        let InvalidWorker::InvalidInput(input) = error else {
            panic!("{error}");
        };
        assert_eq!(input.field, field);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_load_on_several_threads_each_task_runs_once_and_never_too_many() {
    use duly_store::{NewTask, Store, Submit, id};
    const TASKS: usize = 4_000;
    let bench = Bench::new();
    let gate = Gate::default();
    gate.open(TASKS);
    let worker = bench.worker().concurrency(8).prefetch(64);
    let _worker = worker.handle("gated", gate.handler()).start().unwrap();
    for _ in 0..TASKS / 100 {
        let new = || NewTask::new(id::task_id(&*bench.clock), "gated", Payload::default());
        let tasks = (0..100).map(|_| new()).collect();
        bench.store.submit(Submit { tasks }).await.unwrap();
    }
    until("all have started", || gate.started() == TASKS).await;
    for _ in 0..1_000_000 {
        let queues = bench.store.queues().await.unwrap();
        if queues[0].counts.of(State::Completed) == TASKS as u64 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let queues = bench.store.queues().await.unwrap();
    assert_eq!(queues[0].counts.unfinished(), 0);
    assert_eq!(gate.started(), TASKS);
    assert!(gate.most() <= 8, "{} at once", gate.most());
}

#[tokio::test]
async fn a_storm_of_hints_costs_a_busy_worker_nothing_and_an_idle_one_a_claim_each_at_most() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench
        .worker()
        .concurrency(1)
        .handle("gated", gate.handler());
    let _worker = worker.start().unwrap();
    bench.rest().await;
    let claims = || bench.store.asked(Operation::Claim);
    let before = claims();
    for _ in 0..100 {
        bench.submit("another").await;
    }
    bench.rest().await;
    assert!(claims() - before <= 3, "hints of one moment are one");
    for _ in 0..100 {
        bench.submit("another").await;
        bench.rest().await;
    }
    assert!(claims() - before <= 110);
    bench.submit("gated").await;
    gate.has_started(1).await;
    bench.rest().await;
    let before = claims();
    for _ in 0..100 {
        bench.submit("another").await;
        bench.rest().await;
    }
    assert_eq!(claims(), before, "no slot is free");
    let looks = bench.store.asked(Operation::CancelRequests);
    assert!(looks <= 2, "{looks} in one moment");
}
