use duly_local::{Shutdown, Task, WhenFull};

use crate::support::{Gate, World, both, poll_once};

both! {
    async fn idle_is_when_nothing_is_queued_or_runs(world: World) {
        let scheduler = world.builder(1).start();
        scheduler.wait_idle().await;
        let gate = Gate::default();
        scheduler.submit(gate.task("running")).await.unwrap();
        let queued = scheduler.submit(Task::new("queued", async {})).await.unwrap();
        gate.came(1).await;
        let mut first = Box::pin(scheduler.wait_idle());
        let mut second = Box::pin(scheduler.wait_idle());
        assert!(poll_once(&mut first).await.is_pending());
        assert!(poll_once(&mut second).await.is_pending());
        queued.cancel();
        assert!(poll_once(&mut first).await.is_pending(), "one still runs");
        gate.open();
        first.await;
        second.await;
        assert_eq!(scheduler.metrics().running, 0);
        scheduler.submit(Task::new("more", async {})).await.unwrap();
        scheduler.wait_idle().await;
        assert_eq!(scheduler.metrics().counts.completed, 2);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_cancel_of_the_last_task_makes_it_idle(world: World) {
        let scheduler = world.builder(1).build();
        let queued = scheduler.submit(Task::new("queued", async {})).await.unwrap();
        let mut idle = Box::pin(scheduler.wait_idle());
        assert!(poll_once(&mut idle).await.is_pending(), "it was never started");
        queued.cancel();
        idle.await;
        scheduler.shutdown(Shutdown::Now).await;
    }

    async fn a_shutdown_makes_it_idle(world: World) {
        let scheduler = world.builder(1).build();
        scheduler.submit(Task::new("queued", async {})).await.unwrap();
        let mut idle = Box::pin(scheduler.wait_idle());
        assert!(poll_once(&mut idle).await.is_pending());
        let left = scheduler.shutdown(Shutdown::Now).await;
        idle.await;
        assert_eq!(left.returned.len(), 1);
    }

    async fn what_ended_can_be_read_once_it_is_idle(world: World) {
        let (builder, mut completions) = world.builder(2).completions(1, WhenFull::HoldWorkers);
        let scheduler = builder.start();
        for _ in 0..2_000 {
            scheduler.submit(Task::new("n", async {})).await.unwrap();
            scheduler.wait_idle().await;
            assert_eq!(completions.ready().len(), 1);
        }
        scheduler.shutdown(Shutdown::Drain).await;
    }
}
