//! The end of a scheduler, while others hand in, wait and call off.

use std::time::Duration;

use duly_local::{Reason, Scheduler, Shutdown, Task, TaskError, WhenFull, block_on};
use shuttle::thread;

use crate::{check, nap};

/// Hands tasks in while a scheduler ends, and checks that each has one end.
fn end_under_load(how: Shutdown) {
    let builder = Scheduler::builder().workers(2).capacity(2);
    let scheduler = builder.threads().start();
    let busy = scheduler.clone();
    let submitter = thread::spawn(move || {
        let mut handles = Vec::new();
        for _ in 0..3 {
            let nap = Task::new("nap", nap(Duration::from_millis(1)));
            match block_on(busy.submit(nap)) {
                Ok(handle) => handles.push(handle),
                Err(refused) => assert_eq!(refused.reason, Reason::Closed),
            }
        }
        handles
    });
    let waits = scheduler.clone();
    let idle = thread::spawn(move || block_on(waits.wait_idle()));
    let left = block_on(scheduler.shutdown(how));
    idle.join().unwrap();
    let handles = submitter.join().unwrap();
    let (taken, returned) = (handles.len(), left.returned.len());
    drop(left);
    let mut done = 0;
    for handle in handles {
        match block_on(handle) {
            Ok(()) => done += 1,
            Err(error) => {
                let of_the_end = matches!(error, TaskError::Aborted | TaskError::Returned);
                assert!(of_the_end && how != Shutdown::Drain, "{error:?}");
            }
        }
    }
    let counts = scheduler.metrics().counts;
    assert_eq!(counts.submitted, taken as u64);
    assert_eq!(counts.completed, done);
    assert_eq!(counts.returned, returned as u64);
    assert_eq!(
        counts.completed + counts.aborted + counts.returned,
        taken as u64
    );
    let refused = scheduler
        .try_submit(Task::new("late", async {}))
        .unwrap_err();
    assert_eq!(refused.reason, Reason::Closed);
}

#[test]
fn a_drain_under_load_finishes_what_was_taken() {
    check(|| end_under_load(Shutdown::Drain));
}

#[test]
fn a_graceful_end_under_load_loses_nothing() {
    check(|| end_under_load(Shutdown::Graceful(Duration::from_millis(1))));
}

#[test]
fn an_end_now_under_load_loses_nothing() {
    check(|| end_under_load(Shutdown::Now));
}

#[test]
fn two_who_end_it_both_come_back() {
    check(|| {
        let scheduler = Scheduler::builder().workers(2).threads().start();
        let handle = scheduler
            .try_submit(Task::new("nap", nap(Duration::from_millis(1))))
            .unwrap();
        let other = scheduler.clone();
        let other = thread::spawn(move || block_on(other.shutdown(Shutdown::Drain)));
        drop(block_on(scheduler.shutdown(Shutdown::Now)));
        drop(other.join().unwrap());
        let end = block_on(handle);
        let ended = matches!(end, Ok(()) | Err(TaskError::Aborted | TaskError::Returned));
        assert!(ended, "{end:?}");
        block_on(scheduler.wait_idle());
    });
}

#[test]
fn what_ended_can_be_read_once_it_is_idle() {
    check(|| {
        let builder = Scheduler::builder().workers(2).threads();
        let (builder, mut completions) = builder.completions(2, WhenFull::HoldWorkers);
        let scheduler = builder.start();
        for _ in 0..2 {
            scheduler.try_submit(Task::new("n", async {})).unwrap();
        }
        block_on(scheduler.wait_idle());
        assert_eq!(completions.ready().len(), 2);
        block_on(scheduler.shutdown(Shutdown::Drain));
    });
}

#[test]
fn what_recurs_ends_with_the_scheduler() {
    check(|| {
        let scheduler = Scheduler::builder().workers(1).threads().start();
        scheduler.every(Duration::from_millis(1), || Task::new("tick", async {}));
        block_on(nap(Duration::from_millis(1)));
        let left = block_on(scheduler.shutdown(Shutdown::Drain));
        assert!(left.stuck.is_empty());
        drop(left);
        block_on(scheduler.wait_idle());
        let metrics = scheduler.metrics();
        assert_eq!((metrics.queued(), metrics.running), (0, 0));
    });
}

#[test]
fn what_was_returned_goes_on_under_the_hands_of_its_owner() {
    check(|| {
        let first = Scheduler::builder().workers(1).threads().build();
        let handle = first.try_submit(Task::new("n", async {})).unwrap();
        let left = block_on(first.shutdown(Shutdown::Now));
        let second = Scheduler::builder().workers(1).threads().start();
        let mover = second.clone();
        let mover = thread::spawn(move || {
            for returned in left.returned {
                mover.resubmit(returned).unwrap();
            }
        });
        let cancelled = handle.cancel();
        let end = block_on(handle);
        assert!(
            end == Ok(()) || (cancelled && end == Err(TaskError::Cancelled)),
            "{end:?}"
        );
        mover.join().unwrap();
        block_on(second.shutdown(Shutdown::Drain));
    });
}

#[test]
fn a_scheduler_that_is_dropped_leaves_no_handle_waiting() {
    check(|| {
        let scheduler = Scheduler::builder().workers(1).threads().start();
        let handles: Vec<_> = (0..2)
            .map(|_| scheduler.try_submit(Task::new("n", async {})).unwrap())
            .collect();
        drop(scheduler);
        for handle in handles {
            let end = block_on(handle);
            let ended = matches!(end, Ok(()) | Err(TaskError::Aborted | TaskError::Returned));
            assert!(ended, "{end:?}");
        }
    });
}

#[test]
fn a_drain_hears_of_the_cancel_of_the_last() {
    check(|| {
        let scheduler = Scheduler::builder().workers(2).threads().start();
        let task = Task::new("late", async {}).after(Duration::from_secs(1));
        let late = scheduler.try_submit(task).unwrap();
        let canceller = thread::spawn(move || {
            late.cancel();
            block_on(late)
        });
        let left = block_on(scheduler.shutdown(Shutdown::Drain));
        assert!(left.returned.is_empty() && left.stuck.is_empty());
        let end = canceller.join().unwrap();
        assert!(matches!(end, Ok(()) | Err(TaskError::Cancelled)), "{end:?}");
    });
}
