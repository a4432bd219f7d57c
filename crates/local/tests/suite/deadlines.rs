use std::time::Duration;

use duly_local::{
    Jitter, Limit, RetryPolicy, Scheduler, Shutdown, Status, Task, TaskError, Timestamp,
};

use crate::metrics::assert_whole;
use crate::support::{Gate, Log, World, both, nap, until_retrying};

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(3_600);

/// Takes the only worker, until the gate is opened.
async fn occupy(scheduler: &Scheduler) -> Gate {
    let gate = Gate::default();
    scheduler.submit(gate.task("occupies")).await.unwrap();
    gate.came(1).await;
    gate
}

both! {
    @paused async fn what_cannot_begin_in_time_expires(world: World) {
        let scheduler = world.builder(1).start();
        let gate = occupy(&scheduler).await;
        let ran = Log::default();
        let late = scheduler.submit(ran.task("late", 1).deadline(200 * MS)).await.unwrap();
        let patient = scheduler.submit(ran.task("patient", 2).deadline(LONG)).await.unwrap();
        let mut changes = late.changes();
        assert_eq!(changes.next().await, Some(Status::Queued));
        assert_eq!(changes.next().await, Some(Status::Expired), "in {world:?}");
        assert_eq!(changes.next().await, None);
        assert_eq!((late.attempts(), late.cancel()), (0, false));
        assert_eq!(late.status().to_string(), "expired");
        let error = late.await.unwrap_err();
        assert_eq!(error, TaskError::Expired);
        assert_eq!(error.to_string(), "a deadline passed while the task waited");
        gate.open();
        assert_eq!(patient.await, Ok(()));
        scheduler.wait_idle().await;
        let metrics = scheduler.metrics();
        assert_eq!((metrics.counts.expired, metrics.counts.completed), (1, 2));
        assert_whole(&metrics, 1);
        assert_eq!(ran.read(), [2]);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn what_has_begun_in_time_may_go_on(world: World) {
        let scheduler = world.builder(1).start();
        let task = Task::new("slow", nap(600 * MS)).deadline(500 * MS);
        assert_eq!(scheduler.submit(task).await.unwrap().await, Ok(()), "in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn what_waits_for_its_time_or_a_limit_expires(world: World) {
        let scheduler = world.builder(2).start();
        scheduler.limits().define("one", Limit::concurrency(1)).unwrap();
        let later = Task::new("later", async {}).after(LONG).deadline(5 * MS);
        let later = scheduler.submit(later).await.unwrap();
        let gate = Gate::default();
        scheduler.submit(gate.task("holds").limit("one")).await.unwrap();
        gate.came(1).await;
        let bound = Task::new("bound", async {}).limit("one").deadline(5 * MS);
        let bound = scheduler.submit(bound).await.unwrap();
        assert_eq!(later.await, Err(TaskError::Expired), "in {world:?}");
        assert_eq!(bound.await, Err(TaskError::Expired));
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn an_instant_that_has_passed_is_too_late(world: World) {
        let scheduler = world.builder(1).start();
        let past = Timestamp::from_micros(1_000_000);
        let handle = scheduler.submit(Task::new("late", async {}).deadline_at(past)).await.unwrap();
        assert_eq!(handle.await, Err(TaskError::Expired), "in {world:?}");
        let handle = scheduler.submit(Task::new("late", async {}).finish_by(past)).await.unwrap();
        assert_eq!(handle.await, Err(TaskError::Expired));
        let direct = Task::new("late", async {}).deadline_at(past).run().await;
        assert_eq!(direct, Err(TaskError::Expired));
        assert_eq!(scheduler.metrics().counts.completed, 0);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn what_runs_at_its_end_has_timed_out_for_good(world: World) {
        let scheduler = world.builder(1).start();
        let (tries, start) = (Log::default(), world.now());
        let log = tries.clone();
        let naps = Task::retryable("naps", move || { log.push(()); nap(LONG) });
        let naps = naps.retry(RetryPolicy::exponential(MS)).finish_within(200 * MS);
        let handle = scheduler.submit(naps.timeout(LONG)).await.unwrap();
        let Err(TaskError::TimedOut { after }) = handle.await else {
            panic!("it had to time out, in {world:?}");
        };
        assert!(after <= 200 * MS, "{after:?}");
        assert!(start.elapsed() >= 200 * MS);
        assert_eq!(tries.read().len(), 1, "no other attempt follows");
        assert_eq!(scheduler.metrics().counts.timed_out, 1);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn the_shorter_of_timeout_and_end_counts(world: World) {
        let scheduler = world.builder(1).start();
        let naps = Task::retryable("naps", || nap(LONG)).timeout(5 * MS).finish_within(LONG);
        let policy = RetryPolicy::exponential(MS).attempts(2);
        let handle = scheduler.submit(naps.retry(policy)).await.unwrap();
        let mut changes = handle.changes();
        while changes.next().await.is_some() {}
        assert_eq!(handle.attempts(), 2, "in {world:?}");
        assert_eq!(handle.await, Err(TaskError::TimedOut { after: 5 * MS }));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_retry_that_would_come_too_late_is_not_made(world: World) {
        let scheduler = world.builder(1).start();
        let policy = RetryPolicy::exponential(LONG).jitter(Jitter::None);
        let fails = || Task::retryable("fails", || async { Err::<(), _>("down") }).retry(policy);
        let handle = scheduler.submit(fails().finish_within(1_000 * MS)).await.unwrap();
        assert_eq!(handle.await, Ok(Err("down")), "as the attempt ended, in {world:?}");
        assert_eq!(fails().finish_within(1_000 * MS).run_with_retry(policy).await, Ok(Err("down")));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_retry_must_begin_in_time_too(world: World) {
        let scheduler = world.builder(1).start();
        let policy = RetryPolicy::exponential(LONG).jitter(Jitter::None);
        let fails = || Task::retryable("fails", || async { Err::<(), _>("down") }).retry(policy);
        let handle = scheduler.submit(fails().deadline(500 * MS)).await.unwrap();
        until_retrying(&handle).await;
        assert_eq!(handle.await, Err(TaskError::Expired), "in {world:?}");
        let direct = fails().deadline(200 * MS).run_with_retry(policy).await;
        assert_eq!(direct, Err(TaskError::Expired));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_direct_run_ends_in_time(world: World) {
        let start = world.now();
        let naps = Task::retryable("naps", || nap(LONG)).finish_within(200 * MS).timeout(80 * MS);
        let policy = RetryPolicy::exponential(MS).jitter(Jitter::None);
        let ended = naps.run_with_retry(policy).await;
        assert!(matches!(ended, Err(TaskError::TimedOut { .. })), "{ended:?} in {world:?}");
        let took = start.elapsed();
        assert!(took >= 80 * MS, "{took:?}");
        assert!(world != World::Paused || took <= 202 * MS, "{took:?}");
    }

    @paused async fn what_expires_makes_room_and_is_let_go(world: World) {
        let scheduler = world.builder(1).capacity(1).start();
        let gate = occupy(&scheduler).await;
        let (held, seen) = (std::sync::Arc::new(()), Log::default());
        let (kept, log) = (held.clone(), seen.clone());
        let late = Task::new("late", async move { drop(kept); log.push(()) });
        let late = scheduler.submit(late.deadline(5 * MS)).await.unwrap();
        // It waits for room, which only comes as the other expires.
        scheduler.submit(Task::new("next", async {})).await.unwrap();
        assert_eq!(late.status(), Status::Expired, "in {world:?}");
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
        assert_eq!(std::sync::Arc::strong_count(&held), 1, "its future was dropped");
        assert!(seen.read().is_empty());
    }

    @paused async fn a_drain_does_not_wait_for_what_expires(world: World) {
        let scheduler = world.builder(2).start();
        let never = Task::new("never", async {}).after(LONG).deadline(20 * MS);
        let never = scheduler.submit(never).await.unwrap();
        scheduler.shutdown(Shutdown::Drain).await;
        assert_eq!(never.await, Err(TaskError::Expired), "in {world:?}");
    }

    @paused async fn thousands_expire_in_steps(world: World) {
        let scheduler = world.builder(2).build();
        let ran = Log::default();
        for n in 0..3_000 {
            let task = ran.task("late", n).deadline(Duration::ZERO);
            scheduler.submit(task).await.unwrap();
        }
        let open = scheduler.submit(ran.task("in time", 9_999)).await.unwrap();
        scheduler.start();
        assert_eq!(open.await, Ok(()));
        scheduler.wait_idle().await;
        let counts = scheduler.metrics().counts;
        assert_eq!((counts.expired, counts.completed), (3_000, 1), "in {world:?}");
        assert_eq!(ran.read(), [9_999]);
        scheduler.shutdown(Shutdown::Drain).await;
    }
}
