//! Tasks that wait for their own scheduler.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use duly_local::{Leftover, Reason, RetryPolicy, Scheduler, Shutdown, Status, Task, TaskError};

use crate::support::{Gate, Log, World, both, nap};

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(3_600);

/// What a shutdown left: how many were returned, and how many are stuck.
type Left = Result<(usize, usize), String>;

fn left(leftover: &Leftover) -> Left {
    Ok((leftover.returned.len(), leftover.stuck.len()))
}

/// A task that shuts its own scheduler down.
fn ends(scheduler: &Scheduler, how: Shutdown) -> Task<Left> {
    let scheduler = scheduler.clone();
    Task::new("ends", async move { left(&scheduler.shutdown(how).await) })
}

both! {
    @paused async fn a_task_may_shut_its_own_scheduler_down(world: World) {
        for how in [Shutdown::Drain, Shutdown::Graceful(LONG), Shutdown::Now] {
            let scheduler = world.builder(3).start();
            let ran = Log::default();
            let gate = Gate::default();
            scheduler.submit(gate.task("runs")).await.unwrap();
            gate.came(1).await;
            let end = scheduler.submit(ends(&scheduler, how)).await.unwrap();
            let mut changes = end.changes();
            while changes.next().await == Some(Status::Queued) {}
            gate.open();
            assert_eq!(end.await, Ok(Ok((0, 0))), "{how:?} in {world:?}");
            let refused = scheduler.try_submit(ran.task("late", 1)).unwrap_err();
            assert_eq!(refused.reason, Reason::Closed);
            let after = scheduler.shutdown(Shutdown::Drain).await;
            assert_eq!(left(&after), Ok((0, 0)), "its worker has ended, too");
            assert!(scheduler.running().is_empty());
        }
    }

    @paused async fn a_drain_from_within_finishes_everything(world: World) {
        let scheduler = world.builder(2).build();
        let ran = Log::default();
        let end = scheduler.submit(ends(&scheduler, Shutdown::Drain)).await.unwrap();
        for n in 0..50 {
            let log = ran.clone();
            let task = Task::new("n", async move { nap(MS).await; log.push(n); });
            scheduler.submit(task.after(n % 3 * MS)).await.unwrap();
        }
        scheduler.start();
        assert_eq!(end.await, Ok(Ok((0, 0))), "in {world:?}");
        assert_eq!(ran.read().len(), 50);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn what_only_its_own_worker_could_run_comes_back(world: World) {
        let scheduler = world.builder(1).build();
        let end = scheduler.submit(ends(&scheduler, Shutdown::Drain)).await.unwrap();
        let waits = scheduler.submit(Task::new("waits", async {})).await.unwrap();
        scheduler.start();
        assert_eq!(end.await, Ok(Ok((1, 0))), "in {world:?}");
        assert_eq!(waits.await, Err(TaskError::Returned));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn several_may_end_it_at_a_time(world: World) {
        let scheduler = world.builder(4).start();
        let (mut handles, gate) = (Vec::new(), Gate::default());
        for how in [Shutdown::Drain, Shutdown::Graceful(LONG), Shutdown::Drain] {
            let (own, gate) = (scheduler.clone(), gate.clone());
            let end = Task::new("ends", async move {
                gate.pass().await;
                left(&own.shutdown(how).await)
            });
            handles.push(scheduler.submit(end).await.unwrap());
        }
        gate.came(3).await;
        gate.open();
        let outside = scheduler.shutdown(Shutdown::Drain).await;
        assert_eq!(left(&outside), Ok((0, 0)));
        for handle in handles {
            assert_eq!(handle.await, Ok(Ok((0, 0))), "in {world:?}");
        }
    }

    @paused async fn a_deadline_from_within_drops_the_others(world: World) {
        let scheduler = world.builder(2).start();
        let gate = Gate::default();
        let other = scheduler.submit(gate.task("other")).await.unwrap();
        gate.came(1).await;
        let end = scheduler.submit(ends(&scheduler, Shutdown::Graceful(5 * MS))).await.unwrap();
        assert_eq!(other.await, Err(TaskError::Aborted), "in {world:?}");
        assert_eq!(end.await, Ok(Ok((0, 0))), "it goes on itself");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn what_fails_after_the_end_is_not_tried_again(world: World) {
        let scheduler = world.builder(2).start();
        let own = scheduler.clone();
        let task = Task::retryable("ends", move || {
            let own = own.clone();
            async move {
                own.shutdown(Shutdown::Drain).await;
                Err::<(), _>("and fails")
            }
        });
        let handle = scheduler.submit(task.retry(RetryPolicy::exponential(MS))).await.unwrap();
        assert_eq!(handle.await, Err(TaskError::Returned), "in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_task_may_wait_until_all_others_are_done(world: World) {
        let scheduler = world.builder(3).build();
        let ran = Log::default();
        let mut waiters = Vec::new();
        for _ in 0..2 {
            let (own, log) = (scheduler.clone(), ran.clone());
            let waits = Task::new("waits", async move {
                own.wait_idle().await;
                Ok::<_, String>(log.read().len())
            });
            waiters.push(scheduler.submit(waits).await.unwrap());
        }
        for n in 0..20 {
            scheduler.submit(ran.task("n", n)).await.unwrap();
        }
        scheduler.start();
        for waiter in waiters {
            assert_eq!(waiter.await, Ok(Ok(20)), "in {world:?}");
        }
        scheduler.wait_idle().await;
        assert_eq!(scheduler.metrics().counts.completed, 22);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn those_who_occupy_all_workers_wait_no_longer(world: World) {
        let scheduler = world.builder(2).build();
        for _ in 0..2 {
            let own = scheduler.clone();
            scheduler.submit(Task::new("waits", async move { own.wait_idle().await })).await.unwrap();
        }
        let last = scheduler.submit(Task::new("last", async {})).await.unwrap();
        scheduler.start();
        assert_eq!(last.await, Ok(()), "in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn who_is_left_when_workers_end_waits_no_longer(world: World) {
        let scheduler = world.builder(2).start();
        let gate = Gate::default();
        scheduler.submit(gate.task("runs")).await.unwrap();
        gate.came(1).await;
        let (own, came) = (scheduler.clone(), Gate::default());
        let inside = came.clone();
        let waits = Task::new("waits", async move {
            inside.open();
            own.wait_idle().await;
        });
        let waits = scheduler.submit(waits).await.unwrap();
        came.pass().await;
        let queued = scheduler.submit(Task::new("queued", async {})).await.unwrap();
        let opener = async { gate.open(); waits.await };
        let (left, waited) = both_of(scheduler.shutdown(Shutdown::Graceful(LONG)), opener).await;
        assert_eq!((left.returned.len(), waited), (1, Ok(())), "in {world:?}");
        drop(left);
        assert_eq!(queued.await, Err(TaskError::Returned));
    }

    @paused async fn another_scheduler_is_waited_for_as_ever(world: World) {
        let [first, second] = [world.builder(1).start(), world.builder(1).start()];
        let gate = Gate::default();
        let waits = second.submit(gate.task("runs")).await.unwrap();
        gate.came(1).await;
        let end = first.submit(ends(&second, Shutdown::Drain)).await.unwrap();
        gate.open();
        assert_eq!(end.await, Ok(Ok((0, 0))), "in {world:?}");
        assert_eq!(waits.await, Ok(()));
        first.shutdown(Shutdown::Drain).await;
    }
}

/// Polls two futures until both have ended.
async fn both_of<A: Future, B: Future>(one: A, other: B) -> (A::Output, B::Output) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|context| {
        if first.is_none()
            && let Poll::Ready(output) = one.as_mut().poll(context)
        {
            first = Some(output);
        }
        if second.is_none()
            && let Poll::Ready(output) = other.as_mut().poll(context)
        {
            second = Some(output);
        }
        match first.is_some() && second.is_some() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    (first.unwrap(), second.unwrap())
}
