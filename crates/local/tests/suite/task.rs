use std::time::{Duration, SystemTime};

use duly_local::{Context, Priority, Rate, RetryPolicy, Scheduler, Shutdown, Task, TaskResult};

use crate::support::{Log, World, both};

#[test]
fn a_task_has_what_it_was_given() {
    let before = SystemTime::now();
    let task = Task::new("greet", async {})
        .priority(Priority::High)
        .timeout(Duration::from_secs(1))
        .retry(RetryPolicy::default())
        .label("user", "ada")
        .label("user", "grace")
        .unique_key("only");
    assert_eq!(task.name(), "greet");
    let labels = [("user", "ada"), ("user", "grace")];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(task.labels(), labels);
    let made = Duration::from_micros(task.made_at().as_micros().try_into().unwrap());
    let since = before.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert!(made.as_millis() >= since.as_millis());
    assert_eq!(task.id().made_at(), Some(task.made_at()));
}

both! {
    async fn a_handle_knows_what_the_task_was_given(world: World) {
        let scheduler = world.builder(1).build();
        let task = Task::new("greet", async {}).label("user", "ada");
        let (id, made_at) = (task.id(), task.made_at());
        let handle = scheduler.submit(task).await.unwrap();
        assert_eq!((handle.id(), handle.made_at()), (id, made_at));
        assert_eq!((handle.name(), handle.labels()[0].1.as_str()), ("greet", "ada"));
        scheduler.shutdown(Shutdown::Now).await;
    }

    async fn a_function_makes_the_future_of_each_attempt(world: World) {
        let scheduler = world.builder(1).start();
        let attempts = Log::default();
        let log = attempts.clone();
        let task = Task::cooperative("fetch", move |context: Context| {
            let log = log.clone();
            async move {
                log.push(context.attempt());
                if context.attempt() < 3 { Err("down") } else { Ok("page") }
            }
        });
        let policy = RetryPolicy::exponential(Duration::from_millis(1)).attempts(5);
        let handle = scheduler.submit(task.retry(policy)).await.unwrap();
        assert_eq!(handle.wait().await.unwrap(), Ok("page"));
        assert_eq!(attempts.read(), [1, 2, 3]);
        assert_eq!(scheduler.metrics().counts.retried, 2);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn the_last_attempt_that_fails_is_the_end(world: World) {
        let scheduler = world.builder(1).start();
        let mut tries = 0;
        let task = Task::retryable("fetch", move || {
            tries += 1;
            async move { Err::<(), _>(format!("down {tries}")) }
        });
        let policy = RetryPolicy::exponential(Duration::from_millis(1)).attempts(3);
        let handle = scheduler.submit(task.retry(policy)).await.unwrap();
        assert_eq!(handle.wait().await.unwrap(), Err("down 3".to_owned()));
        let counts = scheduler.metrics().counts;
        assert_eq!((counts.failed, counts.retried), (1, 2));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_future_runs_once_whatever_its_policy(world: World) {
        let scheduler = world.builder(1).start();
        let task = Task::new("once", async { TaskResult::Failure("down".into()) });
        let task = task.retry(RetryPolicy::default());
        let handle = scheduler.submit(task).await.unwrap();
        assert_eq!(handle.wait().await.unwrap(), TaskResult::Failure("down".into()));
        assert_eq!(scheduler.metrics().counts.retried, 0);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn what_a_task_returns_decides_its_status(world: World) {
        let scheduler = world.builder(1).start();
        for (returned, status) in [
            (TaskResult::Success("fine".into()), "completed: fine"),
            (TaskResult::Failure("no".into()), "failed: no"),
            (TaskResult::Timeout, "timed out"),
        ] {
            let copy = returned.clone();
            let task = Task::new("said", async move { copy });
            let mut handle = scheduler.submit(task).await.unwrap();
            assert_eq!((&mut handle).await, Ok(returned));
            assert_eq!(handle.status().to_string(), status);
        }
        scheduler.shutdown(Shutdown::Drain).await;
    }
}

#[test]
fn a_debug_text_names_what_there_is() {
    let task = Task::new("greet", async {});
    let text = format!("{task:?}");
    assert!(
        text.contains("greet") && text.contains(&task.id().to_string()),
        "{text}"
    );
    let builder = Scheduler::builder().rate(Rate::new(1, Duration::from_secs(1)));
    assert!(format!("{builder:?}").contains("Rate"));
}
