use std::time::Duration;

use duly_local::{Shutdown, Task, TaskError};

use crate::support::{Gate, Log, World, both, logged, nap, until_logged};

/// Opens its gate when it goes, so that a test that fails leaves no thread blocked.
struct OpenAtLast(Gate);

impl Drop for OpenAtLast {
    fn drop(&mut self) {
        self.0.open();
    }
}

fn blocking(gate: &Gate, name: String) -> Task<()> {
    let gate = gate.clone();
    Task::new(name, async move { gate.block() })
}

both! {
    async fn a_task_that_blocks_its_thread_is_named(world: World) {
        let scheduler = world.builder(2).blocked_after(Duration::from_millis(20)).start();
        let gate = OpenAtLast(Gate::default());
        let name = format!("blocks in {world:?}");
        scheduler.submit(blocking(&gate.0, name.clone())).await.unwrap();
        let line = until_logged(&["WARN", "blocks its thread", &name]).await;
        assert!(line.contains("blocked_ms="), "{line}");
        let ran = Log::default();
        for n in 0..100 {
            scheduler.submit(ran.task("n", n)).await.unwrap().wait().await.unwrap();
        }
        assert_eq!(ran.read().len(), 100, "the other worker goes on");
        gate.0.open();
        scheduler.shutdown(Shutdown::Drain).await;
        assert_eq!(logged(&["blocks its thread", &name]).len(), 1, "once is enough");
    }

    async fn a_task_that_yields_is_not_named(world: World) {
        let scheduler = world.builder(1).blocked_after(Duration::from_millis(20)).start();
        let name = format!("yields in {world:?}");
        let nap = nap(Duration::from_millis(80));
        let task = scheduler.submit(Task::new(name.clone(), nap)).await.unwrap();
        task.wait().await.unwrap();
        scheduler.shutdown(Shutdown::Drain).await;
        assert!(logged(&[&name]).is_empty());
    }

    async fn a_stuck_task_is_named_again_at_shutdown(world: World) {
        let scheduler = world.builder(2).blocked_after(Duration::ZERO).start();
        let gate = OpenAtLast(Gate::default());
        let name = format!("stuck in {world:?}");
        let task = blocking(&gate.0, name.clone());
        let stuck = scheduler.submit(task).await.unwrap();
        gate.0.came(1).await;
        let left = scheduler.shutdown(Shutdown::Now).await;
        assert_eq!(left.stuck.len(), 1);
        assert_eq!((left.stuck[0].id, left.stuck[0].name.as_str()), (stuck.id(), name.as_str()));
        assert_eq!(logged(&["WARN", "left behind", &name]).len(), 1);
        assert_eq!(scheduler.metrics().counts.aborted, 1);
        assert_eq!(stuck.wait().await, Err(TaskError::Aborted), "nobody waits for it");
        let again = scheduler.shutdown(Shutdown::Drain).await;
        assert!(again.stuck.is_empty() && again.returned.is_empty());
        scheduler.wait_idle().await;
    }

    async fn what_a_stuck_task_returns_too_late_is_nobodys(world: World) {
        let scheduler = world.builder(1).start();
        let (gate, ended) = (OpenAtLast(Gate::default()), Gate::default());
        let (block, end) = (gate.0.clone(), ended.clone());
        let task = Task::new("late", async move {
            block.block();
            let told = Told(end);
            Ok::<_, String>(told)
        });
        let late = scheduler.submit(task).await.unwrap();
        gate.0.came(1).await;
        let left = scheduler.shutdown(Shutdown::Now).await;
        assert_eq!(left.stuck.len(), 1, "in {world:?}");
        gate.0.open();
        assert_eq!(late.wait().await.err(), Some(TaskError::Aborted));
        // It returns, or is dropped, in its own time: and then all of it goes.
        ended.came(1).await;
    }
}

/// Comes to a gate when it goes.
struct Told(Gate);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.open();
        self.0.block();
    }
}
