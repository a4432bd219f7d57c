use duly_local::{Shutdown, Status, Task, TaskResult};

use crate::support::{World, both};

both! {
    async fn what_a_future_returns_comes_back_typed(world: World) {
        let scheduler = world.builder(2).start();
        let number = scheduler
            .submit(Task::new("number", async { "7".parse::<u32>() }))
            .await
            .unwrap();
        let unit = scheduler.submit(Task::new("unit", async {})).await.unwrap();
        let said = Task::new("said", async { TaskResult::Failure("no".into()) });
        let said = scheduler.submit(said).await.unwrap();
        assert_eq!(number.wait().await.unwrap(), Ok(7));
        assert_eq!(unit.wait().await, Ok(()));
        assert_eq!(said.wait().await, Ok(TaskResult::Failure("no".into())));
        let left = scheduler.shutdown(Shutdown::Drain).await;
        assert!(left.returned.is_empty() && left.stuck.is_empty());
    }

    async fn many_tasks_all_end(world: World) {
        let scheduler = world.builder(4).capacity(100).start();
        let tasks = (0..5_000).map(|n| Task::new("n", async move { Ok::<_, String>(n) }));
        let mut handles = scheduler.submit_batch(tasks.collect()).await.unwrap();
        for (n, handle) in handles.iter_mut().enumerate() {
            assert_eq!((&mut *handle).await.unwrap(), Ok(n));
            assert_eq!(handle.status(), Status::Completed(String::new()));
        }
        scheduler.wait_idle().await;
        let metrics = scheduler.metrics();
        assert_eq!(metrics.counts.completed, 5_000);
        assert_eq!(metrics.queued(), 0);
        scheduler.shutdown(Shutdown::Drain).await;
    }
}
