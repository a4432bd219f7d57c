use std::time::Duration;

use duly_local::{Context, RetryPolicy, Shutdown, Status, Task, TaskError};

use crate::support::{Gate, World, both, nap};

const LONG: Duration = Duration::from_secs(3_600);
const MS: Duration = Duration::from_millis(1);

both! {
    @paused async fn a_timeout_takes_effect_at_the_next_yield(world: World) {
        let scheduler = world.builder(1).start();
        let after = 20 * MS;
        let start = world.now();
        let task = Task::new("nap", nap(LONG)).timeout(after);
        let mut handle = scheduler.submit(task).await.unwrap();
        assert_eq!((&mut handle).await, Err(TaskError::TimedOut { after }));
        assert_eq!(handle.status(), Status::TimedOut);
        assert!(start.elapsed() >= after);
        if world == World::Paused {
            assert!(start.elapsed() <= after + 2 * MS);
        }
        let metrics = scheduler.metrics();
        assert_eq!((metrics.counts.timed_out, metrics.running), (1, 0));
        let next = scheduler.submit(Task::new("next", async {})).await.unwrap();
        assert_eq!(next.wait().await, Ok(()), "the worker is free");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn each_attempt_has_the_whole_time(world: World) {
        let scheduler = world.builder(1).start();
        let task = Task::cooperative("nap", |context: Context| async move {
            nap(if context.attempt() < 3 { LONG } else { 5 * MS }).await;
            Ok::<_, String>(context.attempt())
        });
        let policy = RetryPolicy::exponential(MS).attempts(3);
        let task = task.timeout(30 * MS).retry(policy);
        let handle = scheduler.submit(task).await.unwrap();
        assert_eq!(handle.wait().await.unwrap(), Ok(3), "in {world:?}");
        let counts = scheduler.metrics().counts;
        assert_eq!((counts.retried, counts.timed_out), (2, 0));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn time_in_the_queue_does_not_count(world: World) {
        let scheduler = world.builder(1).start();
        let gate = Gate::default();
        scheduler.submit(gate.task("first")).await.unwrap();
        gate.came(1).await;
        let task = Task::new("second", nap(MS)).timeout(30 * MS);
        let second = scheduler.submit(task).await.unwrap();
        nap(40 * MS).await;
        gate.open();
        assert_eq!(second.wait().await, Ok(()), "in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_task_that_is_ready_in_time_is_not_timed_out(world: World) {
        let scheduler = world.builder(1).start();
        let task = Task::new("quick", nap(5 * MS)).timeout(LONG);
        let handle = scheduler.submit(task).await.unwrap();
        assert_eq!(handle.wait().await, Ok(()), "in {world:?}");
        scheduler.wait_idle().await;
        scheduler.shutdown(Shutdown::Drain).await;
    }
}
