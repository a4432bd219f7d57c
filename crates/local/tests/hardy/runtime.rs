//! A Tokio runtime that has other things to do, or is gone.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use duly_local::{Reason, Scheduler, Shutdown, Task, TaskError, block_on, sleep};

use crate::{LONG, within_long};

/// A task that hands in the next one, so that the queue is never empty, until it is told to stop.
fn link(scheduler: Scheduler, stop: Arc<AtomicBool>, until: Instant) -> Task<()> {
    Task::new("link", async move {
        if !stop.load(Ordering::Relaxed) && Instant::now() < until {
            let next = link(scheduler.clone(), stop, until);
            scheduler.try_submit(next).unwrap();
        }
    })
}

#[tokio::test]
async fn workers_that_are_never_out_of_work_let_others_run() {
    let scheduler = Scheduler::builder().workers(1).start();
    let stop = Arc::new(AtomicBool::new(false));
    let begun = Instant::now();
    let chain = link(scheduler.clone(), stop.clone(), begun + LONG);
    scheduler.submit(chain).await.unwrap();
    // poll interval: a timer of the runtime is what the workers must not hold up.
    sleep(Duration::from_millis(20)).await;
    stop.store(true, Ordering::Relaxed);
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
    scheduler.shutdown(Shutdown::Drain).await;
}

/// Works for so long, without yielding.
fn spin(time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        std::hint::spin_loop();
    }
}

#[tokio::test]
async fn who_waits_for_a_task_is_told_before_the_worker_does_the_rest() {
    let scheduler = Scheduler::builder().workers(1).start();
    let work = || Task::new("work", async { spin(Duration::from_millis(3)) });
    let first = scheduler.submit(work()).await.unwrap();
    let rest = (0..30).map(|_| work()).collect();
    scheduler.submit_batch(rest).await.unwrap();
    first.await.unwrap();
    let completed = scheduler.metrics().counts.completed;
    assert!(completed < 10, "{completed} tasks had ended");
    scheduler.shutdown(Shutdown::Drain).await;
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap()
}

#[test]
fn a_runtime_that_goes_takes_the_scheduler_along() {
    within_long(|| {
        let runtime = runtime();
        let builder = Scheduler::builder().tokio(runtime.handle().clone());
        let scheduler = builder.workers(1).start();
        let running = scheduler
            .try_submit(Task::new("running", pending::<()>()))
            .unwrap();
        let queued = scheduler.try_submit(Task::new("queued", async {})).unwrap();
        runtime.block_on(async {
            while scheduler.metrics().running == 0 {
                tokio::task::yield_now().await;
            }
        });
        drop(runtime);
        block_on(scheduler.wait_idle());
        assert_eq!(block_on(running), Err(TaskError::Aborted));
        assert_eq!(block_on(queued), Err(TaskError::Returned));
        let late = scheduler
            .try_submit(Task::new("late", async {}))
            .unwrap_err();
        assert_eq!(late.reason, Reason::Closed);
        let left = block_on(scheduler.shutdown(Shutdown::Drain));
        assert!(left.returned.is_empty() && left.stuck.is_empty());
    });
}

#[test]
fn a_scheduler_that_starts_on_a_runtime_that_is_gone_ends() {
    within_long(|| {
        let handle = runtime().handle().clone();
        let scheduler = Scheduler::builder().tokio(handle).workers(2).build();
        let queued = scheduler.try_submit(Task::new("queued", async {})).unwrap();
        scheduler.start();
        assert_eq!(block_on(queued), Err(TaskError::Returned));
        block_on(scheduler.shutdown(Shutdown::Drain));
    });
}
