//! Permits that come back, and changes of limits: whoever could begin hears of it.

use duly_local::{Limit, Scheduler, Shutdown, Subject, Task, WhenFull, block_on};
use shuttle::thread;

use crate::{check, nap};

use std::time::Duration;

fn bounded(workers: usize, at_once: u32) -> Scheduler {
    let scheduler = Scheduler::builder().workers(workers).threads().start();
    let limits = scheduler.limits();
    limits
        .define("few", Limit::concurrency(at_once))
        .expect("it bounds something");
    scheduler
}

#[test]
fn everybody_gets_a_permit() {
    check(|| {
        let scheduler = bounded(3, 2);
        for weight in [1, 2, 1, 2] {
            let task = Task::new("n", nap(Duration::from_millis(1)));
            drop(
                scheduler
                    .try_submit(task.limit_weight("few", weight))
                    .unwrap(),
            );
        }
        block_on(scheduler.wait_idle());
        assert_eq!(scheduler.limits().show("few").unwrap().in_use, 0);
        block_on(scheduler.shutdown(Shutdown::Drain));
        assert_eq!(scheduler.metrics().counts.completed, 4);
    });
}

#[test]
fn who_waits_hears_of_a_change() {
    check(|| {
        let scheduler = bounded(2, 1);
        for _ in 0..3 {
            let heavy = Task::new("heavy", async {}).limit_weight("few", 2);
            drop(scheduler.try_submit(heavy).unwrap());
        }
        let limits = scheduler.limits();
        let changes = thread::spawn(move || {
            limits
                .attach(Subject::Name("heavy".into()), "other", 1)
                .unwrap();
            limits.define("few", Limit::concurrency(4)).unwrap();
            limits.detach(&Subject::Name("heavy".into()), "other");
        });
        block_on(scheduler.wait_idle());
        changes.join().unwrap();
        block_on(scheduler.shutdown(Shutdown::Drain));
        assert_eq!(scheduler.metrics().counts.completed, 3);
    });
}

#[test]
fn a_permit_of_a_held_worker_is_not_lost() {
    check(|| {
        let builder = Scheduler::builder().workers(2).threads();
        let (builder, mut completions) = builder.completions(1, WhenFull::HoldWorkers);
        let scheduler = builder.start();
        let limits = scheduler.limits();
        limits.define("one", Limit::concurrency(1)).unwrap();
        let last = (0..3).map(|_| {
            let task = Task::new("n", async {}).limit("one");
            scheduler.try_submit(task).unwrap()
        });
        // Nobody reads until the last has ended.
        for handle in last.collect::<Vec<_>>() {
            block_on(handle).unwrap();
        }
        for _ in 0..3 {
            block_on(completions.next()).unwrap();
        }
        block_on(scheduler.shutdown(Shutdown::Drain));
    });
}

#[test]
fn what_expires_is_heard_of() {
    check(|| {
        let scheduler = Scheduler::builder()
            .workers(1)
            .capacity(1)
            .threads()
            .start();
        let hour = Duration::from_secs(3_600);
        let late = Task::new("late", async {})
            .after(hour)
            .deadline(Duration::from_millis(1));
        let late = scheduler.try_submit(late).unwrap();
        let next = scheduler.clone();
        let next = thread::spawn(move || {
            let next = block_on(next.submit(Task::new("next", async {}))).unwrap();
            block_on(next).unwrap();
        });
        block_on(late).unwrap_err();
        next.join().unwrap();
        block_on(scheduler.shutdown(Shutdown::Drain));
        assert_eq!(scheduler.metrics().counts.expired, 1);
    });
}

#[test]
fn a_task_ends_its_own_scheduler() {
    check(|| {
        let scheduler = Scheduler::builder().workers(2).threads().start();
        for _ in 0..2 {
            let own = scheduler.clone();
            let end = Task::new("ends", async move {
                own.shutdown(Shutdown::Drain).await;
            });
            drop(scheduler.try_submit(end));
        }
        drop(scheduler.try_submit(Task::new("other", async {})));
        block_on(scheduler.shutdown(Shutdown::Drain));
        assert_eq!(scheduler.running(), []);
    });
}
