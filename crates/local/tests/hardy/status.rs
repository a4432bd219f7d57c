//! What a status says, and when a sleep begins.

use std::time::{Duration, Instant};

use duly_local::{RetryPolicy, Shutdown, Status, Task, sleep};

use crate::support::{World, both};

const MOMENT: Duration = Duration::from_millis(20);

fn soon() -> RetryPolicy {
    RetryPolicy::exponential(Duration::from_millis(1)).attempts(3)
}

both! {
    async fn a_success_does_not_repeat_what_the_failure_before_it_said(world: World) {
        let scheduler = world.builder(1).start();
        let fetch = Task::cooperative("fetch", |context| async move {
            if context.attempt() == 1 { Err("down") } else { Ok(()) }
        });
        let mut fetch = scheduler.submit(fetch.retry(soon())).await.unwrap();
        assert_eq!((&mut fetch).await, Ok(Ok(())));
        assert_eq!(fetch.status(), Status::Completed(String::new()));
        assert_eq!(fetch.attempts(), 2);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_retry_says_why(world: World) {
        let scheduler = world.builder(1).start();
        let policy = RetryPolicy::exponential(Duration::from_secs(60));
        let down = Task::retryable("down", || async { Err::<(), _>("no answer") });
        let slow = Task::retryable("slow", std::future::pending::<()>).timeout(MOMENT);
        let tasks = [
            (scheduler.submit(down.retry(policy)).await.unwrap().changes(), "no answer"),
            (scheduler.submit(slow.retry(policy)).await.unwrap().changes(), "it ran out of its time of 20ms"),
        ];
        for (mut changes, expected) in tasks {
            let (attempt, reason) = loop {
                if let Status::Retrying { attempt, reason } = changes.next().await.unwrap() {
                    break (attempt, reason);
                }
            };
            assert_eq!((attempt, reason.as_str()), (1, expected));
        }
        scheduler.shutdown(Shutdown::Now).await;
    }

    async fn a_sleep_counts_from_when_the_task_runs(world: World) {
        let scheduler = world.builder(1).build();
        // poll interval: the sleep is what is tested, and time must pass before the task runs.
        let (nap, first) = (sleep(MOMENT), sleep(MOMENT));
        let nap = scheduler.submit(Task::new("nap", nap)).await.unwrap();
        first.await;
        let begun = Instant::now();
        scheduler.start();
        nap.await.unwrap();
        assert!(begun.elapsed() >= MOMENT, "{:?}", begun.elapsed());
        scheduler.shutdown(Shutdown::Drain).await;
    }
}
