//! The end of a scheduler, at a bad moment.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

#[cfg(feature = "threads")]
use duly_local::block_on;
use duly_local::{Handle, Priority, Returned, Scheduler, Shutdown, Task, TaskError, sleep};

use crate::LONG;
use crate::support::{World, both};
#[cfg(feature = "threads")]
use crate::within_long;

/// Tells a scheduler to end, and does not wait for that.
fn begin_to_end(scheduler: &Scheduler) {
    let mut end = pin!(scheduler.shutdown(Shutdown::Now));
    let _ = end.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

#[cfg(feature = "threads")]
async fn end_by_what_recurs(world: World) {
    let scheduler = world.builder(1).start();
    let (end, ended) = mpsc::channel();
    let inner = scheduler.clone();
    scheduler.every(Duration::from_millis(1), move || {
        let left = block_on(inner.shutdown(Shutdown::Now));
        let _ = end.send(left.stuck.len());
        Task::new("late", async {})
    });
    assert_eq!(ended.recv_timeout(LONG), Ok(0));
    scheduler.shutdown(Shutdown::Now).await;
}

#[test]
#[cfg(feature = "threads")]
fn what_makes_recurring_tasks_may_wait_for_the_end() {
    within_long(|| World::Threads.run(end_by_what_recurs));
}

type Moved = Handle<Result<u32, String>>;

/// A task that fails when a shutdown tells it to stop, and so is given back; the next time it runs, it
/// takes a moment.
async fn given_back(world: World) -> (Moved, Returned) {
    let scheduler = world.builder(1).start();
    let (begun, begins) = mpsc::channel();
    let mut times = 0;
    let task = Task::cooperative("move", move |context| {
        times += 1;
        let (times, begun) = (times, begun.clone());
        async move {
            let _ = begun.send(());
            if times == 1 {
                context.cancelled().await;
                return Err("told to stop".to_owned());
            }
            // poll interval: the attempt has to yield, for a stale order to take hold.
            sleep(Duration::from_millis(5)).await;
            Ok(times)
        }
    });
    let handle = scheduler.submit(task).await.unwrap();
    begins.recv_timeout(LONG).unwrap();
    let mut left = scheduler.shutdown(Shutdown::Now).await;
    assert_eq!((left.returned.len(), left.stuck.len()), (1, 0));
    (handle, left.returned.remove(0))
}

both! {
    async fn what_was_told_to_stop_runs_elsewhere_untold(world: World) {
        let (handle, returned) = given_back(world).await;
        let other = world.builder(1).start();
        other.resubmit(returned).unwrap();
        assert_eq!(handle.await, Ok(Ok(2)));
        other.shutdown(Shutdown::Drain).await;
    }

    async fn a_handle_goes_on_with_a_task_that_moved(world: World) {
        let (handle, returned) = given_back(world).await;
        let other = world.builder(1).build();
        other.resubmit(returned).unwrap();
        assert!(handle.set_priority(Priority::Critical));
        assert_eq!(other.metrics().depth, [1, 0, 0, 0]);
        assert!(handle.cancel());
        assert_eq!(other.metrics().counts.cancelled, 1);
        assert_eq!(handle.await, Err(TaskError::Cancelled));
        other.shutdown(Shutdown::Drain).await;
    }

    async fn who_waits_for_a_stuck_task_is_told_while_it_is_stuck(world: World) {
        let scheduler = world.builder(1).start();
        let (free, freed) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let stuck = Task::new("stuck", async move {
            begun.send(()).unwrap();
            let _ = freed.recv_timeout(LONG);
        });
        let mut stuck = scheduler.submit(stuck).await.unwrap();
        begins.recv_timeout(LONG).unwrap();
        let left = scheduler.shutdown(Shutdown::Now).await;
        assert_eq!(left.stuck.len(), 1);
        let told = Instant::now();
        assert_eq!(stuck.wait_timeout(LONG).await, Ok(Err(TaskError::Aborted)));
        assert!(told.elapsed() < LONG / 2, "it was told only once the task was free");
        drop(free);
    }

    async fn what_recurs_at_the_end_is_not_taken_in(world: World) {
        let scheduler = world.builder(1).start();
        let (made, makes) = mpsc::channel();
        let inner = scheduler.clone();
        scheduler.every(Duration::from_millis(1), move || {
            begin_to_end(&inner);
            let _ = made.send(());
            Task::new("late", async {})
        });
        makes.recv_timeout(LONG).unwrap();
        scheduler.shutdown(Shutdown::Now).await;
        let metrics = scheduler.metrics();
        assert_eq!((metrics.counts.submitted, metrics.counts.rejected), (0, 1));
        assert_eq!(metrics.queued(), 0);
    }

    async fn a_batch_counts_all_that_it_did_not_take_in(world: World) {
        let scheduler = world.builder(1).build();
        let first = Task::new("report", async {}).unique_key("a");
        scheduler.submit(first).await.unwrap();
        let task = |n: u32| {
            let key = if n == 10 { "a".to_owned() } else { n.to_string() };
            Task::new("report", async {}).unique_key(key)
        };
        let refused = scheduler.submit_batch((0..600).map(task).collect()).await.unwrap_err();
        assert_eq!((refused.handles.len(), refused.tasks.len()), (10, 590));
        assert_eq!(scheduler.metrics().counts.rejected, 590);
        scheduler.shutdown(Shutdown::Now).await;
    }
}
