//! Workers that wait for tasks, and those who wait for what became of them.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use duly_local::{Context, Rate, RetryPolicy, Scheduler, Shutdown, Task, TaskError, block_on};
use shuttle::sync::Mutex;
use shuttle::thread;

use crate::check;

fn start(workers: usize) -> Scheduler {
    Scheduler::builder().workers(workers).threads().start()
}

fn drain(scheduler: &Scheduler) {
    let left = block_on(scheduler.shutdown(Shutdown::Drain));
    assert!(
        left.returned.is_empty() && left.stuck.is_empty(),
        "{left:?}"
    );
    let metrics = scheduler.metrics();
    assert_eq!((metrics.queued(), metrics.running), (0, 0));
}

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn an_idle_worker_hears_of_every_task() {
    check(|| {
        let scheduler = start(2);
        let submitters: Vec<_> = (0..2)
            .map(|from| {
                let scheduler = scheduler.clone();
                thread::spawn(move || {
                    for n in 0..2 {
                        let task = Task::new("n", async move { Ok::<_, String>((from, n)) });
                        let handle = scheduler.try_submit(task).unwrap();
                        assert_eq!(block_on(handle).unwrap(), Ok((from, n)));
                    }
                })
            })
            .collect();
        for submitter in submitters {
            submitter.join().unwrap();
        }
        drain(&scheduler);
        assert_eq!(scheduler.metrics().counts.completed, 4);
    });
}

#[test]
fn a_waker_of_the_past_costs_nobody_a_task() {
    check(|| {
        let scheduler = start(2);
        let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
        let keep = kept.clone();
        let first = Task::new(
            "keep",
            poll_fn(move |context| {
                *keep.lock().unwrap() = Some(context.waker().clone());
                Poll::Ready(())
            }),
        );
        block_on(scheduler.try_submit(first).unwrap()).unwrap();
        let waker = kept.lock().unwrap().take().unwrap();
        let stale = thread::spawn(move || waker.wake());
        // Each waits for the other: both workers are needed.
        let met = Arc::new(Mutex::new((0, Vec::new())));
        let handles: Vec<_> = (0..2)
            .map(|_| {
                let (met, mut came) = (met.clone(), false);
                let meet = poll_fn(move |context| {
                    let mut met = met.lock().unwrap();
                    if !std::mem::replace(&mut came, true) {
                        met.0 += 1;
                        met.1.drain(..).for_each(Waker::wake);
                    }
                    if met.0 == 2 {
                        return Poll::Ready(());
                    }
                    met.1.push(context.waker().clone());
                    Poll::Pending
                });
                scheduler.try_submit(Task::new("meet", meet)).unwrap()
            })
            .collect();
        for handle in handles {
            block_on(handle).unwrap();
        }
        stale.join().unwrap();
        drain(&scheduler);
    });
}

#[test]
fn a_task_that_is_cancelled_ends_once_however_far_it_is() {
    check(|| {
        let scheduler = start(1);
        let task = Task::cooperative("n", |context: Context| async move {
            yield_now().await;
            if context.is_cancelled() {
                Err("cancelled")
            } else {
                Ok(7)
            }
        });
        let handle = scheduler
            .try_submit(task.retry(RetryPolicy::NEVER))
            .unwrap();
        let handle = Arc::new(handle);
        let other = handle.clone();
        let canceller = thread::spawn(move || other.cancel());
        let mut changes = handle.changes();
        let last = block_on(async {
            let mut last = None;
            while let Some(status) = changes.next().await {
                last = Some(status);
            }
            last.unwrap()
        });
        let cancelled = canceller.join().unwrap();
        let handle = Arc::into_inner(handle).unwrap();
        assert_eq!(handle.status(), last, "the end is the end");
        match block_on(handle) {
            Ok(Ok(7)) => {}
            Ok(Err(_)) | Err(TaskError::Cancelled) => assert!(cancelled),
            other => panic!("{other:?}"),
        }
        drain(&scheduler);
        let counts = scheduler.metrics().counts;
        assert_eq!(counts.completed + counts.cancelled + counts.failed, 1);
    });
}

#[test]
fn a_wait_that_gives_up_leaves_the_task_alone() {
    check(|| {
        let scheduler = start(1);
        let mut handle = scheduler.try_submit(Task::new("n", yield_now())).unwrap();
        let first = block_on(handle.wait_timeout(Duration::from_micros(50)));
        if first.is_err() {
            assert_eq!(block_on(handle), Ok(()));
        }
        drain(&scheduler);
    });
}

#[test]
fn what_waits_for_its_time_is_not_forgotten() {
    check(|| {
        let rate = Rate::new(1, Duration::from_millis(1));
        let builder = Scheduler::builder().workers(2).threads();
        let scheduler = builder.rate_for("rated", rate).start();
        let mut handles = Vec::new();
        for _ in 0..2 {
            handles.push(
                scheduler
                    .try_submit(Task::new("rated", async { Ok(()) }))
                    .unwrap(),
            );
        }
        let late = Task::new("late", async { Ok(()) }).after(Duration::from_millis(2));
        handles.push(scheduler.try_submit(late).unwrap());
        let again = Task::cooperative("again", |context: Context| async move {
            if context.attempt() == 1 {
                Err("down")
            } else {
                Ok(())
            }
        });
        let policy = RetryPolicy::exponential(Duration::from_millis(1)).attempts(2);
        handles.push(scheduler.try_submit(again.retry(policy)).unwrap());
        for handle in handles {
            assert_eq!(block_on(handle).unwrap(), Ok(()));
        }
        drain(&scheduler);
    });
}

#[test]
fn a_permit_wakes_who_waits_for_it() {
    check(|| {
        let rate = Rate::new(1, Duration::from_millis(1));
        let builder = Scheduler::builder().workers(2).threads();
        let scheduler = builder.rate(rate).start();
        let handles: Vec<_> = (0..3)
            .map(|_| scheduler.try_submit(Task::new("rated", async {})).unwrap())
            .collect();
        for handle in handles {
            assert_eq!(block_on(handle), Ok(()));
        }
        drain(&scheduler);
    });
}
