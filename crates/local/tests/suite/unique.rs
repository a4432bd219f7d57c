use std::time::Duration;

use duly_local::{Reason, RetryPolicy, Shutdown, Task};

use crate::support::{Gate, World, both, until_retrying};

both! {
    async fn a_second_task_with_the_key_is_refused_until_the_first_ends(world: World) {
        let scheduler = world.builder(1).start();
        let gate = Gate::default();
        let first = scheduler.submit(gate.task("report").unique_key("may")).await.unwrap();
        let id = first.id();
        let second = || Task::new("report", async {}).unique_key("may");
        let refused = scheduler.submit(second()).await.unwrap_err();
        assert_eq!(refused.reason, Reason::TaskExists { id });
        gate.came(1).await;
        let refused = scheduler.try_submit(second()).unwrap_err();
        assert_eq!(refused.reason, Reason::TaskExists { id }, "while it runs, too");
        assert_eq!(
            refused.reason.to_string(),
            format!("task {id} has the same name and unique key, and has not ended: wait until it has, or cancel it")
        );
        assert_eq!(scheduler.metrics().counts.rejected, 2);
        for (name, key) in [("report", "june"), ("other", "may"), ("report\0may", "")] {
            let task = Task::new(name, async {}).unique_key(key);
            scheduler.submit(task).await.unwrap();
        }
        gate.open();
        first.wait().await.unwrap();
        scheduler.submit(second()).await.unwrap();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_key_is_kept_between_attempts_and_free_after_a_cancel(world: World) {
        let scheduler = world.builder(1).start();
        let task = Task::retryable("report", || async { Err::<(), _>("down") });
        let policy = RetryPolicy::exponential(Duration::from_secs(3_600)).attempts(2);
        let first = scheduler.submit(task.retry(policy).unique_key("may")).await.unwrap();
        until_retrying(&first).await;
        let second = || Task::new("report", async {}).unique_key("may");
        scheduler.submit(second()).await.unwrap_err();
        assert!(first.cancel());
        scheduler.submit(second()).await.unwrap();
        scheduler.shutdown(Shutdown::Drain).await;
    }
}
