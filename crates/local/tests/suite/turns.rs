//! Who is woken, and who has the thread: told apart on one thread, whose turns are known.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use duly_local::{Scheduler, Shutdown, Task};

use crate::support::{Gate, World};

#[test]
fn what_a_worker_ran_last_goes_before_it_waits() {
    World::Paused.run(|world| async move {
        let scheduler = world.builder(1).start();
        let held = Arc::new(());
        let result = held.clone();
        let task = Task::new("result", async move { Ok::<_, String>(result) });
        drop(scheduler.submit(task).await.unwrap());
        scheduler.wait_idle().await;
        // On one thread, the worker has gone on to wait by now.
        assert_eq!(Arc::strong_count(&held), 1);
        scheduler.shutdown(Shutdown::Drain).await;
    });
}

/// Has all workers leave a waker, and go idle in the order of the wakers.
async fn idle_in_order(scheduler: &Scheduler, workers: usize) -> Vec<Waker> {
    let wakers = Arc::new(Mutex::new(Vec::new()));
    let gates: Vec<Gate> = (0..workers).map(|_| Gate::default()).collect();
    let mut handles = Vec::new();
    for gate in &gates {
        let (gate, wakers) = (gate.clone(), wakers.clone());
        let task = Task::new("waker", async move {
            poll_fn(|context| {
                wakers.lock().unwrap().push(context.waker().clone());
                Poll::Ready(())
            })
            .await;
            gate.pass().await;
        });
        handles.push(scheduler.submit(task).await.unwrap());
    }
    for (gate, handle) in gates.iter().zip(handles) {
        gate.came(1).await;
        gate.open();
        handle.wait().await.unwrap();
    }
    std::mem::take(&mut wakers.lock().unwrap())
}

#[test]
fn a_worker_that_was_woken_by_chance_takes_no_wake_up_from_others() {
    World::Paused.run(|world| async move {
        let scheduler = world.builder(3).start();
        let wakers = idle_in_order(&scheduler, 3).await;
        let gate = Gate::default();
        // The second to go idle is woken by what it ran before, just as a task comes that the last is
        // told of.
        wakers[1].wake_by_ref();
        scheduler.submit(gate.task("first")).await.unwrap();
        gate.came(1).await;
        scheduler.submit(gate.task("second")).await.unwrap();
        scheduler.submit(gate.task("third")).await.unwrap();
        gate.came(3).await;
        assert_eq!(scheduler.metrics().running, 3, "one for each worker");
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
    });
}

/// A task that hands in its like, until it is told to stop.
fn endless(scheduler: &Scheduler, stop: &Arc<AtomicBool>) -> Task<()> {
    let (again, seen) = (scheduler.clone(), stop.clone());
    Task::new("endless", async move {
        if !seen.load(Ordering::Relaxed) {
            again.try_submit(endless(&again, &seen)).unwrap();
        }
    })
}

#[test]
fn a_worker_lets_others_at_its_thread() {
    World::Paused.run(|world| async move {
        let scheduler = world.builder(1).start();
        let stop = Arc::new(AtomicBool::new(false));
        scheduler.submit(endless(&scheduler, &stop)).await.unwrap();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        stop.store(true, Ordering::Relaxed);
        scheduler.wait_idle().await;
        assert!(scheduler.metrics().counts.completed > 10);
        scheduler.shutdown(Shutdown::Drain).await;
    });
}
