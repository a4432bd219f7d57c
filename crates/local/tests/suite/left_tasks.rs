//! What of a scheduler is left on a Tokio runtime, and of its tasks without one.

use std::time::Duration;

use duly_local::{Shutdown, Task, TaskError};

use crate::support::{Gate, World, nap, poll_once};

const MS: Duration = Duration::from_millis(1);

/// How many tasks the runtime has.
fn alive() -> usize {
    let runtime = tokio::runtime::Handle::current();
    runtime.metrics().num_alive_tasks()
}

#[test]
fn no_task_of_ours_is_left_on_the_runtime() {
    World::Paused.run(|world| async move {
        let before = alive();
        for how in [Shutdown::Drain, Shutdown::Graceful(30 * MS), Shutdown::Now] {
            let scheduler = world.builder(3).report_every(MS).start();
            let tasks = (0..50).map(|_| Task::new("n", nap(MS))).collect();
            scheduler.submit_batch(tasks).await.unwrap();
            assert_eq!(alive(), before + 4, "the workers and the keeper");
            scheduler.shutdown(how).await;
            assert_eq!(alive(), before, "after {how:?}");
        }
    });
}

#[test]
fn who_ends_it_second_waits_as_long_as_the_first() {
    World::Paused.run(|world| async move {
        let before = alive();
        let scheduler = world.builder(3).start();
        let end = || async {
            scheduler.shutdown(Shutdown::Drain).await;
            alive()
        };
        assert_eq!(tokio::join!(end(), end()), (before, before));
    });
}

#[test]
fn who_ends_it_does_not_wait_for_another_who_gave_up() {
    World::Paused.run(|world| async move {
        for polls in 0..10 {
            let before = alive();
            let scheduler = world.builder(3).start();
            let mut first = Box::pin(scheduler.shutdown(Shutdown::Drain));
            for _ in 0..polls {
                if poll_once(&mut first).await.is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            scheduler.shutdown(Shutdown::Now).await;
            assert_eq!(alive(), before, "after {polls}");
        }
    });
}

#[test]
fn a_runtime_that_ends_first_ends_the_tasks() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let gate = Gate::default();
    let (scheduler, running) = runtime.block_on(async {
        let scheduler = World::Tokio.builder(1).start();
        let running = scheduler.submit(gate.task("running")).await.unwrap();
        gate.came(1).await;
        (scheduler, running)
    });
    drop(runtime);
    assert_eq!(
        duly_local::block_on(running.wait()),
        Err(TaskError::Aborted)
    );
    assert_eq!(scheduler.metrics().running, 0);
    let left = duly_local::block_on(scheduler.shutdown(Shutdown::Drain));
    assert!(left.stuck.is_empty());
}
