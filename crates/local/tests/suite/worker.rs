use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use duly_local::{Scheduler, Shutdown, Task};

use crate::support::{Gate, World, both, poll_once};

both! {
    async fn exactly_so_many_run_at_once(world: World) {
        let scheduler = world.builder(3).start();
        let gate = Gate::default();
        let tasks = (0..10).map(|_| gate.task("n")).collect();
        scheduler.submit_batch(tasks).await.unwrap();
        gate.came(3).await;
        let mut fourth = Box::pin(gate.came(4));
        assert!(poll_once(&mut fourth).await.is_pending());
        let metrics = scheduler.metrics();
        assert_eq!((metrics.workers, metrics.running, metrics.queued()), (3, 3, 7));
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn an_idle_worker_keeps_nothing_of_what_it_ran(world: World) {
        let scheduler = world.builder(1).start();
        let held = Arc::new(());
        let (returned, made, kept) = (held.clone(), held.clone(), held.clone());
        let result = Task::new("result", async move { Ok::<_, String>(returned) });
        drop(scheduler.submit(result).await.unwrap());
        let make = Task::retryable("make", move || {
            let _ = &made;
            async {}
        });
        drop(scheduler.submit(make).await.unwrap());
        let make = Task::retryable("kept", move || {
            let _ = &kept;
            async {}
        });
        let mut handle = scheduler.submit(make).await.unwrap();
        (&mut handle).await.unwrap();
        // The worker lets go of a task after it has told of its end, and before it takes the next.
        let barrier = scheduler.submit(Task::new("barrier", async {})).await.unwrap();
        barrier.wait().await.unwrap();
        assert_eq!(Arc::strong_count(&held), 1);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn tasks_may_hand_in_tasks(world: World) {
        let scheduler = world.builder(2).start();
        let ran = Arc::new(AtomicUsize::new(0));
        scheduler.submit(branch(&scheduler, &ran, 9)).await.unwrap();
        scheduler.wait_idle().await;
        assert_eq!(ran.load(Ordering::Relaxed), (1 << 10) - 1);
        scheduler.shutdown(Shutdown::Drain).await;
    }
}

/// A tree of tasks, each of which hands in two.
fn branch(scheduler: &Scheduler, ran: &Arc<AtomicUsize>, depth: u32) -> Task<()> {
    let (inner, count) = (scheduler.clone(), ran.clone());
    Task::new("branch", async move {
        count.fetch_add(1, Ordering::Relaxed);
        if depth > 0 {
            for _ in 0..2 {
                drop(
                    inner
                        .submit(branch(&inner, &count, depth - 1))
                        .await
                        .unwrap(),
                );
            }
        }
    })
}
