//! What handlers return, panic with, and say of themselves.

use std::time::Duration;

use duly_core::{Backoff, EventKind, Jitter, RetryPolicy, State};
use duly_runtime::{Context, JobError, Verdict};
use duly_store::{Clock, NewTask, Payload};

mod common;

use common::{Bench, Gate};

const SECOND: Duration = Duration::from_secs(1);

fn twice(task: &mut NewTask) {
    task.retry = RetryPolicy {
        attempts_max: 2,
        backoff: Backoff::Fixed { delay: SECOND },
        jitter: Jitter::None,
    };
}

#[tokio::test]
async fn an_error_is_retried_by_policy_and_then_fails() {
    let bench = Bench::new();
    let refuse = |_job: (), _context: Context| async { Err::<(), _>("no route") };
    let _worker = bench.worker().handle("call", refuse).start().unwrap();
    let id = bench.submit_with("call", twice).await;
    let task = bench.reaches(id, State::Retrying).await;
    assert_eq!(task.error.as_deref(), Some("no route"));
    assert_eq!(task.due_at, bench.clock.now() + SECOND);
    bench.pass(SECOND).await;
    let task = bench.reaches(id, State::Failed).await;
    assert_eq!((task.attempt, task.spent), (2, 2));
    bench.pass(60 * SECOND).await;
    assert_eq!(bench.task(id).await.attempt, 2, "nothing starts it again");
}

#[tokio::test]
async fn a_panic_is_recorded_with_its_message() {
    let bench = Bench::new();
    async fn boom(number: u32, _context: Context) -> Result<(), JobError> {
        panic!("boom {number}");
    }
    let _worker = bench.worker().handle("boom", boom).start().unwrap();
    let id = bench
        .submit_with("boom", |task| {
            twice(task);
            task.payload = Payload::json("7");
        })
        .await;
    let task = bench.reaches(id, State::Retrying).await;
    assert_eq!(task.error.as_deref(), Some("panicked: boom 7"));
    bench.pass(SECOND).await;
    bench.reaches(id, State::Failed).await;
}

/// A value that panics when it is dropped, whatever else goes on.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "a bomb went off");
    }
}

#[tokio::test]
async fn a_panic_without_a_text_or_with_another_in_its_value_is_charged_like_any_other() {
    let bench = Bench::new();
    async fn silent((): (), _context: Context) -> Result<(), JobError> {
        std::panic::panic_any(7);
    }
    async fn nested((): (), _context: Context) -> Result<(), JobError> {
        std::panic::panic_any(Bomb);
    }
    let worker = bench.worker().handle("silent", silent);
    let _worker = worker.handle("nested", nested).start().unwrap();
    for kind in ["silent", "nested"] {
        let id = bench.submit_with(kind, twice).await;
        bench.rest().await;
        let task = bench.reaches(id, State::Retrying).await;
        assert_eq!((task.attempt, task.spent), (1, 1));
        assert_eq!(task.error.as_deref(), Some("panicked: (no message)"));
    }
}

#[tokio::test]
async fn a_panic_while_an_aborted_handler_is_dropped_keeps_neither_its_slot_nor_its_end() {
    let bench = Bench::new();
    async fn stuck((): (), _context: Context) -> Result<(), JobError> {
        let _bomb = Bomb;
        std::future::pending().await
    }
    let gate = Gate::default();
    let worker = bench.worker().concurrency(1).handle("stuck", stuck);
    let _worker = worker.handle("next", gate.handler()).start().unwrap();
    let id = bench
        .submit_with("stuck", |task| {
            twice(task);
            task.timeout = Some(SECOND);
        })
        .await;
    bench.reaches(id, State::Running).await;
    bench.submit("next").await;
    bench.pass(7 * SECOND).await;
    gate.has_started(1).await;
    assert_eq!(bench.task(id).await.spent, 1);
}

#[tokio::test]
async fn retry_after_and_snooze_are_obeyed_and_snooze_is_not_charged() {
    let bench = Bench::new();
    let snooze = |_job: (), context: Context| async move {
        match context.attempt().attempt {
            1 => Err(JobError::snooze(2 * SECOND)),
            2 => Err(JobError::retry_after(3 * SECOND, "busy")),
            _ => Ok(()),
        }
    };
    let _worker = bench.worker().handle("poll", snooze).start().unwrap();
    let id = bench.submit_with("poll", twice).await;
    let task = bench.reaches(id, State::Retrying).await;
    assert_eq!((task.spent, &task.error), (0, &None));
    assert_eq!(task.due_at, bench.clock.now() + 2 * SECOND);
    bench.pass(2 * SECOND).await;
    let task = bench.reaches(id, State::Retrying).await;
    assert_eq!((task.spent, task.error.as_deref()), (1, Some("busy")));
    assert_eq!(task.due_at, bench.clock.now() + 3 * SECOND);
    bench.pass(3 * SECOND).await;
    let task = bench.reaches(id, State::Completed).await;
    assert_eq!((task.attempt, task.spent), (3, 2));
}

#[tokio::test]
async fn failing_for_good_is_for_good() {
    let bench = Bench::new();
    let refuse = |_job: (), _context: Context| async { Err::<(), _>(JobError::fail("never")) };
    let _worker = bench.worker().handle("call", refuse).start().unwrap();
    let id = bench.submit("call").await;
    let task = bench.reaches(id, State::Failed).await;
    assert_eq!((task.spent, task.error.as_deref()), (1, Some("never")));
}

#[tokio::test]
async fn a_payload_that_does_not_decode_fails_and_is_not_shown() {
    let bench = Bench::new();
    let ok = |_job: u64, _context: Context| async { Ok::<_, JobError>(()) };
    let _worker = bench.worker().handle("count", ok).start().unwrap();
    let id = bench
        .submit_with("count", |task| task.payload = Payload::json("\"hunter2\""))
        .await;
    let error = bench.reaches(id, State::Failed).await.error.unwrap();
    assert!(error.contains("kind \"count\""), "{error}");
    assert!(error.contains("found string, expected u64"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_result_that_is_too_large_fails_and_names_the_bound() {
    let bench = Bench::new();
    let large = |_payload: Payload, _context: Context| async {
        Verdict::done(Some(Payload::bytes(vec![0; (1 << 20) + 1])))
    };
    let _worker = bench.worker().handle_raw("large", large).start().unwrap();
    let id = bench.submit("large").await;
    let error = bench.reaches(id, State::Failed).await.error.unwrap();
    assert!(error.contains("RESULT_BYTES_MAX"), "{error}");
}

#[tokio::test]
async fn progress_goes_with_the_heartbeat_and_the_last_one_wins() {
    let bench = Bench::new();
    let gate = Gate::default();
    let wait = gate.handler();
    let work = move |job: (), context: Context| {
        context.progress(0.25, "a quarter");
        context.progress(7.0, "all");
        wait(job, context)
    };
    let _worker = bench.worker().handle("work", work).start().unwrap();
    let id = bench.submit("work").await;
    gate.has_started(1).await;
    bench.rest().await;
    assert_eq!(bench.task(id).await.progress, None, "it costs no write");
    bench.pass(3 * SECOND).await;
    let progress = bench.task(id).await.progress.unwrap();
    assert_eq!((progress.fraction, progress.text.as_str()), (1.0, "all"));
}

#[tokio::test]
async fn a_handler_may_cancel_its_own_task() {
    let bench = Bench::new();
    let stop = |_job: (), _context: Context| async { Err::<(), _>(JobError::cancelled()) };
    let _worker = bench.worker().handle("stop", stop).start().unwrap();
    let id = bench.submit("stop").await;
    bench.reaches(id, State::Cancelled).await;
    assert_eq!(bench.events(id).await.last(), Some(&EventKind::Cancelled));
}
