//! What is dropped, and what that does to those who drop it.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Waker};
use std::time::Duration;

use duly_local::{Scheduler, Shutdown, Task};

use crate::support::{World, both};
use crate::{LONG, within_long};

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "boom");
    }
}

#[test]
fn a_run_that_is_dropped_drops_the_future() {
    let held = Arc::new(());
    let inner = held.clone();
    let task = Task::cooperative("wait", move |context| {
        let held = inner.clone();
        async move {
            context.cancelled().await;
            pending::<()>().await;
            drop(held);
        }
    });
    {
        let mut run = pin!(task.run());
        let mut context = Context::from_waker(Waker::noop());
        assert!(run.as_mut().poll(&mut context).is_pending());
        assert_eq!(
            Arc::strong_count(&held),
            3,
            "ours, the function's, the future's"
        );
    }
    assert_eq!(Arc::strong_count(&held), 1);
}

both! {
    async fn what_a_task_returned_may_panic_when_it_is_dropped(world: World) {
        let scheduler = world.builder(1).build();
        for _ in 0..3 {
            let bomb = Task::new("bomb", async { Ok::<_, String>(Bomb) });
            drop(scheduler.submit(bomb).await.unwrap());
        }
        let mut last = scheduler.submit(Task::new("last", async {})).await.unwrap();
        scheduler.start();
        assert_eq!(last.wait_timeout(LONG).await, Ok(Ok(())));
        assert_eq!(scheduler.metrics().counts.completed, 4);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn so_may_what_a_recurring_task_returned(world: World) {
        let scheduler = world.builder(1).start();
        let (made, makes) = mpsc::channel();
        scheduler.every(Duration::from_millis(1), move || {
            let _ = made.send(());
            Task::new("bomb", async { Ok::<_, String>(Bomb) })
        });
        for _ in 0..4 {
            makes.recv_timeout(LONG).unwrap();
        }
        scheduler.shutdown(Shutdown::Now).await;
    }
}

/// Looks at the scheduler when it is dropped.
struct Look(Scheduler);

impl Drop for Look {
    fn drop(&mut self) {
        let _ = self.0.metrics();
    }
}

async fn look_at_the_end(world: World) {
    let scheduler = world.builder(1).start();
    let look = Look(scheduler.clone());
    scheduler.every(Duration::from_secs(60), move || {
        let _ = &look;
        Task::new("never", async {})
    });
    scheduler.shutdown(Shutdown::Now).await;
}

#[test]
fn what_made_recurring_tasks_may_look_at_the_scheduler_when_it_is_dropped() {
    #[cfg(feature = "tokio")]
    within_long(|| World::Tokio.run(look_at_the_end));
    #[cfg(feature = "threads")]
    within_long(|| World::Threads.run(look_at_the_end));
}
