//! What a future of the scheduler leaves behind when it is dropped before it is done.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use duly_local::{Reason, Shutdown, Status, Task, TaskError};

use crate::LONG;
use crate::support::{World, both};

/// Polls a future once, and drops it.
fn give_up(future: impl Future) {
    let mut future = pin!(future);
    let polled = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
}

both! {
    async fn a_task_that_waited_for_room_is_dropped_and_its_place_is_free(world: World) {
        let scheduler = world.builder(1).capacity(1).build();
        let first = scheduler.submit(Task::new("first", async {})).await.unwrap();
        let held = Arc::new(());
        let inner = held.clone();
        give_up(scheduler.submit(Task::new("given up", async move { drop(inner) })));
        assert_eq!(Arc::strong_count(&held), 1);
        assert!(first.cancel());
        scheduler.try_submit(Task::new("next", async {})).unwrap();
        assert_eq!(scheduler.metrics().counts.submitted, 2);
        scheduler.shutdown(Shutdown::Now).await;
    }

    async fn the_next_in_line_gets_the_room_that_the_first_gave_up(world: World) {
        let scheduler = world.builder(1).capacity(1).build();
        let first = scheduler.submit(Task::new("first", async {})).await.unwrap();
        let mut context = Context::from_waker(Waker::noop());
        let mut second = Box::pin(scheduler.submit(Task::new("second", async {})));
        let mut third = Box::pin(scheduler.submit(Task::new("third", async {})));
        assert!(second.as_mut().poll(&mut context).is_pending());
        assert!(third.as_mut().poll(&mut context).is_pending());
        assert!(first.cancel(), "the second is told of the room");
        drop(second);
        assert_eq!(third.await.unwrap().status(), Status::Queued);
        scheduler.shutdown(Shutdown::Now).await;
    }

    async fn the_part_of_a_batch_that_was_taken_in_runs(world: World) {
        let scheduler = world.builder(1).capacity(2).build();
        give_up(scheduler.submit_batch((0..5).map(|_| Task::new("page", async {})).collect()));
        scheduler.start();
        scheduler.wait_idle().await;
        let counts = scheduler.metrics().counts;
        assert_eq!((counts.submitted, counts.completed), (2, 2));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_drain_goes_on_and_another_strength_may_follow(world: World) {
        let scheduler = world.builder(1).start();
        let done = scheduler.submit(Task::new("done", async {})).await.unwrap();
        let ever = scheduler.submit(Task::new("ever", pending::<()>())).await.unwrap();
        give_up(scheduler.shutdown(Shutdown::Drain));
        assert_eq!(done.await, Ok(()));
        let late = scheduler.try_submit(Task::new("late", async {})).unwrap_err();
        assert_eq!(late.reason, Reason::Closed);
        let left = scheduler.shutdown(Shutdown::Now).await;
        assert!(left.stuck.is_empty());
        // It may not have begun: then it is given back, and its handle waits for what becomes of it.
        drop(left);
        assert!(matches!(ever.await, Err(TaskError::Aborted | TaskError::Returned)));
    }

    async fn who_gave_up_waiting_for_a_task_may_wait_again(world: World) {
        let scheduler = world.builder(1).build();
        let mut sum = scheduler.submit(Task::new("sum", async { Ok::<_, String>(2) })).await.unwrap();
        give_up(&mut sum);
        give_up(sum.wait_timeout(LONG));
        scheduler.start();
        assert_eq!(sum.wait_timeout(LONG).await, Ok(Ok(Ok(2))));
        assert_eq!(sum.await, Err(TaskError::Taken));
        scheduler.shutdown(Shutdown::Drain).await;
    }
}
