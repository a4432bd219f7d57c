use std::sync::Arc;
use std::time::Duration;

use duly_local::{Context, Reason, RetryPolicy, Shutdown, Status, Task, TaskError};

use crate::support::{Gate, Log, World, both, logged, nap, until_retrying};

const LONG: Duration = Duration::from_secs(3_600);
const MS: Duration = Duration::from_millis(1);

/// Returns at once, and says so when it goes.
struct Gone(Log<&'static str>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.push("gone");
    }
}

both! {
    @paused async fn a_drain_finishes_everything(world: World) {
        let scheduler = world.builder(2).start();
        let ran = Log::default();
        for n in 0..100 {
            scheduler.submit(ran.task("n", n)).await.unwrap();
        }
        scheduler.submit(ran.task("late", 100).after(20 * MS)).await.unwrap();
        let log = ran.clone();
        let task = Task::cooperative("again", move |context: Context| {
            let log = log.clone();
            async move {
                if context.attempt() < 3 {
                    return Err("down");
                }
                log.push(101);
                Ok(())
            }
        });
        let policy = RetryPolicy::exponential(5 * MS).attempts(3);
        scheduler.submit(task.retry(policy)).await.unwrap();
        let left = scheduler.shutdown(Shutdown::Drain).await;
        assert!(left.returned.is_empty() && left.stuck.is_empty());
        assert_eq!(ran.read().len(), 102, "in {world:?}");
        let refused = scheduler.submit(Task::new("late", async {})).await.unwrap_err();
        assert_eq!(refused.reason, Reason::Closed);
        let refused = scheduler.try_submit(Task::new("late", async {})).unwrap_err();
        assert_eq!(refused.to_string(), "late: the scheduler was shut down, and takes no more tasks");
    }

    @paused async fn a_graceful_end_lets_what_runs_finish(world: World) {
        let scheduler = world.builder(1).start();
        let gate = Gate::default();
        let pass = gate.clone();
        let task = Task::new("running", async move {
            pass.pass().await;
            nap(20 * MS).await;
            Ok::<_, String>("finished")
        });
        let running = scheduler.submit(task).await.unwrap();
        let queued = scheduler.submit(Task::new("queued", async {})).await.unwrap();
        gate.came(1).await;
        gate.open();
        let left = scheduler.shutdown(Shutdown::Graceful(LONG)).await;
        assert_eq!(running.wait().await.unwrap(), Ok("finished"));
        assert_eq!(left.returned.len(), 1);
        assert_eq!((left.returned[0].id(), left.returned[0].name()), (queued.id(), "queued"));
        assert_eq!(queued.status(), Status::Queued, "until somebody lets it go, in {world:?}");
        drop(left);
        assert_eq!(queued.wait().await, Err(TaskError::Returned));
    }

    @paused async fn the_deadline_of_a_graceful_end_is_hard(world: World) {
        let scheduler = world.builder(2).start();
        let dropped = Log::default();
        let gone = Gone(dropped.clone());
        let gate = Gate::default();
        let pass = gate.clone();
        let task = Task::new("slow", async move {
            let _gone = gone;
            pass.pass().await;
        });
        let slow = scheduler.submit(task).await.unwrap();
        gate.came(1).await;
        let start = world.now();
        let time = 30 * MS;
        let left = scheduler.shutdown(Shutdown::Graceful(time)).await;
        assert!(start.elapsed() >= time);
        assert!(start.elapsed() <= time + LONG / 100);
        if world == World::Paused {
            assert!(start.elapsed() <= time + 2 * MS);
        }
        assert!(left.returned.is_empty() && left.stuck.is_empty());
        assert_eq!(dropped.read(), ["gone"]);
        assert_eq!(slow.wait().await, Err(TaskError::Aborted));
        assert_eq!(scheduler.metrics().counts.aborted, 1);
    }

    async fn now_drops_what_runs_and_returns_what_waits(world: World) {
        let scheduler = world.builder(2).start();
        let gate = Gate::default();
        let tasks = (0..10).map(|_| gate.task("n")).collect();
        let handles = scheduler.submit_batch(tasks).await.unwrap();
        gate.came(2).await;
        let left = scheduler.shutdown(Shutdown::Now).await;
        let ids: Vec<_> = left.returned.iter().map(duly_local::Returned::id).collect();
        let queued: Vec<_> = handles[2..].iter().map(duly_local::Handle::id).collect();
        assert_eq!(ids, queued, "in their order");
        for handle in handles.into_iter().take(2) {
            assert_eq!(handle.wait().await, Err(TaskError::Aborted));
        }
        let metrics = scheduler.metrics();
        assert_eq!((metrics.counts.aborted, metrics.counts.returned), (2, 8));
        assert_eq!((metrics.running, metrics.queued()), (0, 0));
    }

    async fn what_was_returned_goes_on_elsewhere_with_its_handle(world: World) {
        let first = world.builder(1).build();
        let gate = Gate::default();
        let done = first.submit(Task::new("done", async { Ok::<_, String>(7) })).await.unwrap();
        let waits = first.submit(gate.task("waits")).await.unwrap();
        let cancelled = first.submit(gate.task("cancelled")).await.unwrap();
        let left = first.shutdown(Shutdown::Now).await;
        let second = world.builder(1).build();
        for task in left.returned {
            second.resubmit(task).unwrap();
        }
        assert!(cancelled.cancel(), "its handle goes with it");
        assert!(waits.set_priority(duly_local::Priority::Low));
        second.start();
        assert_eq!(done.wait().await.unwrap(), Ok(7));
        gate.came(1).await;
        assert_eq!(waits.status(), Status::Running { attempt: 1 });
        gate.open();
        assert_eq!(waits.wait().await, Ok(()));
        assert_eq!(cancelled.wait().await, Err(TaskError::Cancelled));
        second.shutdown(Shutdown::Drain).await;
    }

    async fn a_task_is_given_back_where_it_cannot_go_on(world: World) {
        let first = world.builder(1).build();
        first.submit(Task::new("a", async {})).await.unwrap();
        let handle = first.submit(Task::new("b", async {})).await.unwrap();
        let mut left = first.shutdown(Shutdown::Now).await;
        let task = left.returned.pop().unwrap();
        let (reason, task) = first.resubmit(task).unwrap_err();
        assert_eq!((reason, task.name()), (Reason::Closed, "b"));
        let full = world.builder(1).capacity(1).build();
        full.resubmit(left.returned.pop().unwrap()).unwrap();
        let (reason, task) = full.resubmit(task).unwrap_err();
        assert_eq!(reason, Reason::QueueFull { capacity: 1 });
        assert_eq!(full.metrics().counts.rejected, 1);
        drop(task);
        assert_eq!(handle.wait().await, Err(TaskError::Returned));
        full.start();
        full.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_task_between_two_attempts_is_returned(world: World) {
        let scheduler = world.builder(1).start();
        let mut tries = 0;
        let task = Task::retryable("fetch", move || {
            tries += 1;
            async move { if tries == 1 { Err("down") } else { Ok(tries) } }
        });
        let policy = RetryPolicy::exponential(LONG).attempts(2);
        let handle = scheduler.submit(task.retry(policy)).await.unwrap();
        until_retrying(&handle).await;
        let left = scheduler.shutdown(Shutdown::Graceful(LONG)).await;
        let second = world.builder(1).build();
        for task in left.returned {
            second.resubmit(task).unwrap();
        }
        assert_eq!(handle.status(), Status::Queued, "the attempts are counted anew");
        second.start();
        assert_eq!(handle.wait().await.unwrap(), Ok(2));
        second.shutdown(Shutdown::Drain).await;
    }

    async fn a_drain_ends_when_the_last_task_is_cancelled(world: World) {
        let scheduler = world.builder(2).start();
        let late = scheduler.submit(Task::new("late", async {}).after(LONG)).await.unwrap();
        let mut drain = Box::pin(scheduler.shutdown(Shutdown::Drain));
        assert!(crate::support::poll_once(&mut drain).await.is_pending());
        assert!(late.cancel());
        let left = drain.await;
        assert!(left.returned.is_empty() && left.stuck.is_empty());
    }

    async fn ending_twice_and_starting_twice_are_harmless(world: World) {
        let scheduler = world.builder(2).start();
        scheduler.start();
        let gate = Gate::default();
        for _ in 0..3 {
            scheduler.submit(gate.task("n")).await.unwrap();
        }
        gate.came(2).await;
        assert_eq!(scheduler.metrics().running, 2);
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
        for how in [Shutdown::Drain, Shutdown::Graceful(LONG), Shutdown::Now] {
            let left = scheduler.shutdown(how).await;
            assert!(left.returned.is_empty() && left.stuck.is_empty());
        }
        scheduler.start();
        let refused = scheduler.submit(Task::new("n", async {})).await.unwrap_err();
        assert_eq!(refused.reason, Reason::Closed);
        scheduler.wait_idle().await;
    }

    async fn a_scheduler_that_never_started_gives_everything_back(world: World) {
        for how in [Shutdown::Drain, Shutdown::Graceful(LONG), Shutdown::Now] {
            let scheduler = world.builder(2).build();
            scheduler.submit(Task::new("n", async {})).await.unwrap();
            assert_eq!(scheduler.shutdown(how).await.returned.len(), 1);
        }
    }

    async fn a_second_end_that_is_stronger_cuts_a_drain_short(world: World) {
        let scheduler = world.builder(1).start();
        let gate = Gate::default();
        let running = scheduler.submit(gate.task("running")).await.unwrap();
        scheduler.submit(gate.task("queued")).await.unwrap();
        gate.came(1).await;
        let mut drain = Box::pin(scheduler.shutdown(Shutdown::Drain));
        assert!(crate::support::poll_once(&mut drain).await.is_pending());
        let now = scheduler.shutdown(Shutdown::Now).await;
        let drained = drain.await;
        assert_eq!(now.returned.len() + drained.returned.len(), 1);
        drop((now, drained));
        assert_eq!(running.wait().await, Err(TaskError::Aborted));
    }

    async fn a_scheduler_that_is_dropped_with_work_says_so(world: World) {
        let scheduler = world.builder(1).start();
        let gate = Gate::default();
        let held = Arc::new(());
        let inside = held.clone();
        let running = scheduler.submit(gate.task("running")).await.unwrap();
        let task = Task::new("queued", async move { drop(inside) });
        let queued = scheduler.submit(task).await.unwrap();
        gate.came(1).await;
        let before = logged(&["dropped with work left"]).len();
        let clone = scheduler.clone();
        drop(scheduler);
        assert_eq!(queued.status(), Status::Queued, "a clone is the same scheduler");
        drop(clone);
        assert!(logged(&["WARN", "dropped with work left", "queued=1", "running=1"]).len() > before);
        assert_eq!(queued.wait().await, Err(TaskError::Returned));
        assert_eq!(running.wait().await, Err(TaskError::Aborted));
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
