//! Submitters that wait for room, and workers that wait for a reader.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use duly_local::{Reason, Scheduler, Shutdown, Task, WhenFull, block_on};
use shuttle::thread;

use crate::check;

#[test]
fn everybody_who_waits_for_room_gets_in() {
    check(|| {
        let builder = Scheduler::builder().workers(1).capacity(1);
        let scheduler = builder.threads().start();
        let submitters: Vec<_> = (0..3)
            .map(|_| {
                let scheduler = scheduler.clone();
                thread::spawn(move || {
                    let handle = block_on(scheduler.submit(Task::new("n", async {}))).unwrap();
                    block_on(handle).unwrap();
                })
            })
            .collect();
        for submitter in submitters {
            submitter.join().unwrap();
        }
        block_on(scheduler.wait_idle());
        assert_eq!(scheduler.metrics().counts.completed, 3);
        block_on(scheduler.shutdown(Shutdown::Drain));
    });
}

#[test]
fn who_gives_up_gives_the_place_on() {
    check(|| {
        let builder = Scheduler::builder().workers(1).capacity(1);
        let scheduler = builder.threads().start();
        let impatient = scheduler.clone();
        let impatient = thread::spawn(move || {
            block_on(async {
                let mut submit = pin!(impatient.submit(Task::new("impatient", async {})));
                poll_fn(|context| Poll::Ready(submit.as_mut().poll(context).is_ready())).await
            })
        });
        let patient = scheduler.clone();
        let patient = thread::spawn(move || {
            for _ in 0..2 {
                drop(block_on(patient.submit(Task::new("patient", async {}))).unwrap());
            }
        });
        let tasks = (0..3).map(|_| Task::new("batch", async {})).collect();
        assert_eq!(block_on(scheduler.submit_batch(tasks)).unwrap().len(), 3);
        let got_in = impatient.join().unwrap();
        patient.join().unwrap();
        block_on(scheduler.shutdown(Shutdown::Drain));
        let completed = scheduler.metrics().counts.completed;
        assert_eq!(completed, 5 + u64::from(got_in));
    });
}

#[test]
fn a_cancel_makes_room() {
    check(|| {
        let builder = Scheduler::builder().workers(1).capacity(1);
        let scheduler = builder.threads().build();
        let queued = scheduler.try_submit(Task::new("queued", async {})).unwrap();
        let waits = scheduler.clone();
        let waits = thread::spawn(move || {
            drop(block_on(waits.submit(Task::new("n", async {}))).unwrap());
        });
        assert!(queued.cancel());
        waits.join().unwrap();
        let left = block_on(scheduler.shutdown(Shutdown::Now));
        assert_eq!(left.returned.len(), 1);
    });
}

#[test]
fn a_submit_that_waits_hears_of_the_end() {
    check(|| {
        let builder = Scheduler::builder().workers(1).capacity(1);
        let scheduler = builder.threads().build();
        scheduler.try_submit(Task::new("queued", async {})).unwrap();
        let waits = scheduler.clone();
        let waits = thread::spawn(move || {
            let refused = block_on(waits.submit(Task::new("n", async {}))).unwrap_err();
            assert_eq!(refused.reason, Reason::Closed);
        });
        block_on(scheduler.shutdown(Shutdown::Drain));
        waits.join().unwrap();
    });
}

#[test]
fn held_workers_hear_of_the_reader() {
    check(|| {
        let builder = Scheduler::builder().workers(2).threads();
        let (builder, mut completions) = builder.completions(1, WhenFull::HoldWorkers);
        let scheduler = builder.start();
        let reader = thread::spawn(move || {
            block_on(async {
                let mut read = completions.ready().len();
                while completions.next().await.is_some() {
                    read += 1;
                }
                read
            })
        });
        for _ in 0..4 {
            drop(scheduler.try_submit(Task::new("n", async {})).unwrap());
        }
        block_on(scheduler.shutdown(Shutdown::Drain));
        assert_eq!(reader.join().unwrap(), 4);
    });
}

#[test]
fn held_workers_hear_of_a_reader_that_left() {
    check(|| {
        let builder = Scheduler::builder().workers(2).threads();
        let (builder, completions) = builder.completions(1, WhenFull::HoldWorkers);
        let scheduler = builder.start();
        let reader = thread::spawn(move || drop(completions));
        for _ in 0..3 {
            drop(scheduler.try_submit(Task::new("n", async {})).unwrap());
        }
        block_on(scheduler.shutdown(Shutdown::Drain));
        reader.join().unwrap();
        assert_eq!(scheduler.metrics().counts.completed, 3);
    });
}
