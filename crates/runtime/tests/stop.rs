//! Attempts that are stopped: by their timeout, by a request, by force.

use std::time::Duration;

use duly_core::{Backoff, Jitter, RetryPolicy, State};
use duly_runtime::{Context, JobError};
use duly_store::{Clock, Duty, KeepHouse, NewTask, When};

mod common;

use common::{Bench, Fault, Gate, Operation, until};

const SECOND: Duration = Duration::from_secs(1);

fn one_second(task: &mut NewTask) {
    task.timeout = Some(SECOND);
    task.retry = RetryPolicy {
        attempts_max: 2,
        backoff: Backoff::Fixed { delay: SECOND },
        jitter: Jitter::None,
    };
}

#[tokio::test]
async fn an_attempt_out_of_time_is_stopped_retried_and_at_last_timed_out() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("slow", gate.polite_handler());
    let _worker = worker.start().unwrap();
    let id = bench.submit_with("slow", one_second).await;
    gate.has_started(1).await;
    bench.pass(SECOND).await;
    let task = bench.reaches(id, State::Retrying).await;
    let error = task.error.unwrap();
    assert_eq!(error, "still running after its timeout of 1s");
    bench.pass(SECOND).await;
    gate.has_started(2).await;
    bench.pass(SECOND).await;
    bench.reaches(id, State::TimedOut).await;
}

#[tokio::test]
async fn who_does_not_heed_the_token_is_aborted_after_the_grace() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().cancel_grace(2 * SECOND);
    let _worker = worker.handle("slow", gate.handler()).start().unwrap();
    let id = bench.submit_with("slow", one_second).await;
    gate.has_started(1).await;
    bench.pass(SECOND).await;
    assert_eq!((gate.running(), bench.state(id).await), (1, State::Running));
    bench.pass(2 * SECOND).await;
    bench.reaches(id, State::Retrying).await;
    assert_eq!(gate.running(), 0);
}

#[tokio::test]
async fn what_finishes_within_the_grace_is_done() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("slow", gate.handler());
    let _worker = worker.start().unwrap();
    let id = bench.submit_with("slow", one_second).await;
    gate.has_started(1).await;
    bench.pass(2 * SECOND).await;
    gate.open(1);
    bench.reaches(id, State::Completed).await;
}

#[tokio::test]
async fn a_request_to_cancel_reaches_the_handler_promptly() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("slow", gate.polite_handler());
    let _worker = worker.start().unwrap();
    let id = bench.submit("slow").await;
    gate.has_started(1).await;
    bench.rest().await;
    bench.store.inner().cancel(id).await.unwrap();
    bench.pass(Duration::from_millis(250)).await;
    bench.reaches(id, State::Cancelled).await;
    assert_eq!(gate.running(), 0);
}

#[tokio::test]
async fn a_request_to_cancel_whose_hint_is_lost_comes_with_the_heartbeat() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("slow", gate.polite_handler());
    let _worker = worker.start().unwrap();
    let id = bench.submit("slow").await;
    gate.has_started(1).await;
    bench.pass(SECOND).await;
    // The answer to the look that the hint leads to is lost.
    bench
        .store
        .fail_next(Operation::CancelRequests, Fault::Before);
    bench.store.inner().cancel(id).await.unwrap();
    bench.rest().await;
    assert_eq!(bench.store.faults_left(), 0);
    assert_eq!(bench.state(id).await, State::Running);
    bench.pass(3 * SECOND).await;
    bench.reaches(id, State::Cancelled).await;
}

#[tokio::test]
async fn a_cancelled_handler_that_does_not_heed_is_aborted() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("slow", gate.handler());
    let _worker = worker.start().unwrap();
    let id = bench.submit("slow").await;
    gate.has_started(1).await;
    bench.store.inner().cancel(id).await.unwrap();
    bench.pass(SECOND).await;
    assert_eq!(bench.state(id).await, State::Running);
    bench.pass(5 * SECOND).await;
    bench.reaches(id, State::Cancelled).await;
}

#[tokio::test]
async fn an_error_after_a_request_to_cancel_is_a_cancellation() {
    let bench = Bench::new();
    let fail = |_job: (), context: Context| async move {
        context.cancelled().cancelled().await;
        Err::<(), _>("connection closed")
    };
    let _worker = bench.worker().handle("fail", fail).start().unwrap();
    let id = bench.submit("fail").await;
    bench.reaches(id, State::Running).await;
    bench.store.inner().cancel(id).await.unwrap();
    bench.pass(SECOND).await;
    let task = bench.reaches(id, State::Cancelled).await;
    assert_eq!(task.error.as_deref(), Some("connection closed"));
}

#[tokio::test]
async fn a_slot_is_free_only_when_its_handler_is_gone() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().concurrency(1);
    let _worker = worker.handle("slow", gate.handler()).start().unwrap();
    let first = bench.submit("slow").await;
    gate.has_started(1).await;
    let second = bench.submit("slow").await;
    bench.store.inner().cancel(first).await.unwrap();
    bench.pass(4 * SECOND).await;
    assert_eq!(bench.state(second).await, State::Pending);
    bench.pass(2 * SECOND).await;
    bench.reaches(second, State::Running).await;
    until("the second runs", || gate.running() == 1).await;
    assert_eq!(gate.most(), 1);
}

#[tokio::test]
async fn an_early_cancel_never_starts() {
    let bench = Bench::new();
    let run = |_job: (), _context: Context| async { Ok::<_, JobError>(()) };
    let id = bench.submit("run").await;
    bench.store.inner().cancel(id).await.unwrap();
    let _worker = bench.worker().handle("run", run).start().unwrap();
    bench.pass(10 * SECOND).await;
    assert_eq!(bench.task(id).await.attempt, 0);
}

/// A task that must end within three seconds; its attempts may take two, and follow each other at once.
fn three_seconds(task: &mut NewTask) {
    task.timeout = Some(2 * SECOND);
    task.finish_by = Some(When::After(3 * SECOND));
    task.retry = RetryPolicy {
        attempts_max: 9,
        backoff: Backoff::Fixed {
            delay: Duration::ZERO,
        },
        jitter: Jitter::None,
    };
}

#[tokio::test]
async fn an_attempt_is_cut_when_its_task_must_have_ended_and_none_follows() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().handle("slow", gate.polite_handler());
    let _worker = worker.start().unwrap();
    let id = bench.submit_with("slow", three_seconds).await;
    gate.has_started(1).await;
    bench.pass(2 * SECOND).await;
    gate.has_started(2).await;
    assert_eq!(bench.state(id).await, State::Running);
    bench.pass(SECOND).await;
    let task = bench.reaches(id, State::TimedOut).await;
    assert_eq!((task.attempt, task.spent), (2, 2));
    let error = task.error.unwrap();
    assert_eq!(
        error,
        "still running when its task had to have ended (finish_by)"
    );
}

#[tokio::test]
async fn a_retry_that_would_come_too_late_is_not_made() {
    let bench = Bench::new();
    let fails = |(), _context: Context| async { Err::<(), _>(JobError::retry("down")) };
    let _worker = bench.worker().handle("fails", fails).start().unwrap();
    let ends = |seconds: u32| {
        move |task: &mut NewTask| {
            task.finish_by = Some(When::After(seconds * SECOND));
            task.retry.backoff = Backoff::Fixed { delay: 5 * SECOND };
            task.retry.jitter = Jitter::None;
        }
    };
    let soon = bench.submit_with("fails", ends(5)).await;
    let later = bench.submit_with("fails", ends(6)).await;
    let failed = bench.reaches(soon, State::Failed).await;
    assert_eq!((failed.attempt, failed.error.as_deref()), (1, Some("down")));
    bench.reaches(later, State::Retrying).await;
    bench.pass(5 * SECOND).await;
    let failed = bench.reaches(later, State::Failed).await;
    assert_eq!(failed.attempt, 2);
}

#[tokio::test]
async fn a_snooze_beyond_the_end_expires_there() {
    let bench = Bench::new();
    let _house = bench.keep_house();
    let snoozes = |(), _context: Context| async { Err::<(), _>(JobError::snooze(60 * SECOND)) };
    let _worker = bench.worker().handle("snoozes", snoozes).start().unwrap();
    let id = bench.submit_with("snoozes", three_seconds).await;
    bench.reaches(id, State::Retrying).await;
    bench.pass(9 * SECOND).await;
    bench.reaches(id, State::Expired).await;
}

#[tokio::test]
async fn a_clock_that_jumps_neither_spares_an_attempt_nor_cuts_it_twice() {
    let ends = |task: &mut NewTask| task.finish_by = Some(When::After(3 * SECOND));
    for hours_back in [true, false] {
        let bench = Bench::new();
        let gate = Gate::default();
        let worker = bench.worker().handle("slow", gate.polite_handler());
        let _worker = worker.start().unwrap();
        let id = bench.submit_with("slow", ends).await;
        gate.has_started(1).await;
        let (hour, now) = (3_600 * SECOND, bench.clock.now());
        if hours_back {
            bench.clock.set(now - hour);
            // Whoever slept until an instant sleeps on; a nudge wakes the coordinator.
            bench.submit("other").await;
            bench.rest().await;
            bench.pass(2 * SECOND).await;
            assert_eq!(bench.state(id).await, State::Running);
            bench.pass(SECOND).await;
        } else {
            bench.clock.set(now + hour);
        }
        let task = bench.reaches(id, State::TimedOut).await;
        assert_eq!((task.attempt, gate.started()), (1, 1));
    }
}

#[tokio::test]
async fn a_worker_that_vanishes_beyond_the_end_leaves_a_task_that_expires() {
    let bench = Bench::new();
    let gate = Gate::default();
    let worker = bench.worker().cancel_grace(600 * SECOND);
    let _worker = worker.handle("slow", gate.handler()).start().unwrap();
    let id = bench.submit_with("slow", three_seconds).await;
    gate.has_started(1).await;
    bench.pass(4 * SECOND).await;
    assert_eq!(bench.state(id).await, State::Running);
    bench.take_all_back().await;
    assert_eq!(bench.state(id).await, State::Pending);
    bench.store.inner().keep_house(EXPIRE).await.unwrap();
    assert_eq!(bench.state(id).await, State::Expired);
}

const EXPIRE: KeepHouse = KeepHouse {
    duty: Duty::Expire,
    limit: 9,
};
