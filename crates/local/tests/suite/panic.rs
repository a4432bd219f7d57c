use std::time::Duration;

use duly_local::{
    Context, Output, RetryPolicy, Scheduler, Shutdown, Status, Task, TaskError, TaskResult,
};

use crate::support::{World, both};

/// Panics when it goes.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the bomb went off");
    }
}

impl Output for Bomb {
    fn result(&self) -> TaskResult {
        TaskResult::Success("armed".into())
    }
}

/// Cannot say how it went.
#[derive(Debug)]
struct Mute;

impl Output for Mute {
    fn result(&self) -> TaskResult {
        panic!("no words");
    }
}

/// The one worker takes the next task.
async fn assert_worker_lives(scheduler: &Scheduler) {
    let next = scheduler.submit(Task::new("next", async {})).await.unwrap();
    assert_eq!(next.wait().await, Ok(()));
}

both! {
    async fn a_panic_is_the_failure_of_its_task(world: World) {
        let scheduler = world.builder(1).start();
        let task = Task::new("burn", async { panic!("on fire, twice: {}", 2) });
        let mut handle = scheduler.submit::<()>(task).await.unwrap();
        let message = "on fire, twice: 2".to_owned();
        assert_eq!((&mut handle).await, Err(TaskError::Panicked { message: message.clone() }));
        assert_eq!(handle.status(), Status::Failed(message));
        assert_eq!(scheduler.metrics().counts.failed, 1);
        assert_worker_lives(&scheduler).await;
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_panic_is_tried_again(world: World) {
        let scheduler = world.builder(1).start();
        let task = Task::cooperative("burn", |context: Context| async move {
            assert!(context.attempt() > 2, "not yet");
        });
        let policy = RetryPolicy::exponential(Duration::from_millis(1)).attempts(3);
        let handle = scheduler.submit(task.retry(policy)).await.unwrap();
        assert_eq!(handle.wait().await, Ok(()));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_panic_of_the_function_fails_the_attempt(world: World) {
        let scheduler = world.builder(1).start();
        let mut turn = 0;
        let task = Task::retryable("burn", move || {
            turn += 1;
            assert!(turn > 1, "cannot be made");
            async move { Ok::<_, String>(turn) }
        });
        let policy = RetryPolicy::exponential(Duration::from_millis(1)).attempts(2);
        let handle = scheduler.submit(task.retry(policy)).await.unwrap();
        assert_eq!(handle.wait().await.unwrap(), Ok(2));
        let task = Task::retryable("burn", || -> std::future::Ready<()> { panic!("never") });
        let handle = scheduler.submit(task.retry(RetryPolicy::NEVER)).await.unwrap();
        let message = "never".to_owned();
        assert_eq!(handle.wait().await, Err(TaskError::Panicked { message }));
        assert_worker_lives(&scheduler).await;
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_panic_while_a_future_goes_changes_nothing(world: World) {
        let scheduler = world.builder(1).grace(Duration::ZERO).start();
        let task = Task::new("done", async {
            let _bomb = std::pin::pin!(Bomb);
            std::future::ready(()).await;
        });
        let handle = scheduler.submit(task).await.unwrap();
        let message = "the bomb went off".to_owned();
        assert_eq!(handle.wait().await, Err(TaskError::Panicked { message }));
        let gate = crate::support::Gate::default();
        let pass = gate.clone();
        let task = Task::new("cancelled", async move {
            let _bomb = Bomb;
            pass.pass().await;
        });
        let handle = scheduler.submit(task).await.unwrap();
        gate.came(1).await;
        handle.cancel();
        assert_eq!(handle.wait().await, Err(TaskError::Cancelled));
        assert_worker_lives(&scheduler).await;
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_panic_while_a_result_goes_is_nobodys(world: World) {
        let scheduler = world.builder(1).build();
        for _ in 0..3 {
            drop(scheduler.submit(Task::new("armed", async { Bomb })).await.unwrap());
        }
        let make = Bomb;
        let task = Task::retryable("armed", move || {
            let _ = &make;
            async {}
        });
        drop(scheduler.submit(task).await.unwrap());
        scheduler.start();
        scheduler.wait_idle().await;
        assert_eq!(scheduler.metrics().counts.completed, 4);
        assert_worker_lives(&scheduler).await;
        let left = scheduler.shutdown(Shutdown::Drain).await;
        assert!(left.stuck.is_empty());
    }

    async fn a_result_that_cannot_say_how_it_went_is_a_failure(world: World) {
        let scheduler = world.builder(1).start();
        let handle = scheduler.submit(Task::new("mute", async { Mute })).await.unwrap();
        let message = "no words".to_owned();
        assert_eq!(handle.wait().await.unwrap_err(), TaskError::Panicked { message });
        assert_worker_lives(&scheduler).await;
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn what_never_ran_may_panic_as_it_goes(world: World) {
        let scheduler = world.builder(1).build();
        let task = || {
            let bomb = Bomb;
            Task::new("armed", async move { drop(bomb) })
        };
        let cancelled = scheduler.submit(task()).await.unwrap();
        assert!(cancelled.cancel());
        let returned = scheduler.submit(task()).await.unwrap();
        let left = scheduler.shutdown(Shutdown::Now).await;
        assert_eq!(left.returned.len(), 1);
        drop(left);
        assert_eq!(returned.wait().await, Err(TaskError::Returned));
    }
}
