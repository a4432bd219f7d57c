use std::time::Duration;

use duly_local::{Context, Elapsed, Priority, RetryPolicy, Shutdown, Status, Task, TaskError};

use crate::support::{Gate, Log, World, both, nap, poll_once, until_retrying};

const LONG: Duration = Duration::from_secs(3_600);

both! {
    async fn a_status_follows_the_task(world: World) {
        let scheduler = world.builder(1).build();
        let gate = Gate::default();
        let mut handle = scheduler.submit(gate.task("greet")).await.unwrap();
        assert_eq!(handle.status(), Status::Queued);
        scheduler.start();
        gate.came(1).await;
        assert_eq!(handle.status(), Status::Running { attempt: 1 });
        assert!(!handle.status().is_final());
        gate.open();
        (&mut handle).await.unwrap();
        assert_eq!(handle.status(), Status::Completed(String::new()));
        assert_eq!((&mut handle).await, Err(TaskError::Taken), "it was taken before");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn every_change_can_be_watched(world: World) {
        let scheduler = world.builder(1).build();
        let gate = Gate::default();
        let pass = gate.clone();
        let task = Task::cooperative("fetch", move |context: Context| {
            let gate = pass.clone();
            async move {
                gate.pass().await;
                if context.attempt() == 1 { Err("down") } else { Ok(()) }
            }
        });
        let policy = RetryPolicy::exponential(Duration::from_millis(20)).attempts(2);
        let handle = scheduler.submit(task.retry(policy)).await.unwrap();
        let mut changes = handle.changes();
        assert_eq!(changes.next().await, Some(Status::Queued));
        scheduler.start();
        assert_eq!(changes.next().await, Some(Status::Running { attempt: 1 }));
        gate.open();
        assert_eq!(changes.next().await, Some(Status::Retrying { attempt: 1, reason: "down".into() }));
        let mut last = changes.next().await;
        if last == Some(Status::Running { attempt: 2 }) {
            last = changes.next().await;
        }
        assert_eq!(last, Some(Status::Completed(String::new())));
        assert_eq!(changes.next().await, None);
        assert_eq!(handle.changes().next().await, last, "who comes late sees the end");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn waiting_with_a_timeout_leaves_the_task_alone(world: World) {
        let scheduler = world.builder(1).start();
        let gate = Gate::default();
        let mut handle = scheduler.submit(gate.task("slow")).await.unwrap();
        let start = world.now();
        let time = Duration::from_millis(20);
        assert_eq!(handle.wait_timeout(time).await, Err(Elapsed));
        assert!(start.elapsed() >= time);
        assert_eq!(handle.status(), Status::Running { attempt: 1 });
        gate.open();
        assert_eq!(handle.wait_timeout(LONG).await, Ok(Ok(())));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_queued_task_is_cancelled_at_once(world: World) {
        let scheduler = world.builder(1).build();
        let held = std::sync::Arc::new(());
        let inside = held.clone();
        let task = Task::new("never", async move {
            let _inside = inside;
            unreachable!("it was cancelled");
            #[expect(unreachable_code)]
            ()
        });
        let mut handle = scheduler.submit(task).await.unwrap();
        assert!(handle.cancel());
        assert_eq!(handle.status(), Status::Cancelled);
        assert_eq!(std::sync::Arc::strong_count(&held), 1, "its future is gone");
        assert!(!handle.cancel(), "it has ended");
        assert_eq!((&mut handle).await, Err(TaskError::Cancelled));
        let metrics = scheduler.metrics();
        assert_eq!((metrics.counts.cancelled, metrics.queued()), (1, 0));
        scheduler.start();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_running_task_may_end_by_itself_when_cancelled(world: World) {
        let scheduler = world.builder(1).grace(LONG).start();
        let gate = Gate::default();
        let pass = gate.clone();
        let task = Task::cooperative("export", move |context: Context| {
            let gate = pass.clone();
            async move {
                assert!(!context.is_cancelled());
                gate.open();
                gate.pass().await;
                context.cancelled().await;
                assert!(context.is_cancelled());
                Ok::<_, String>("put away")
            }
        });
        let mut handle = scheduler.submit(task).await.unwrap();
        gate.came(1).await;
        assert!(handle.cancel());
        assert_eq!((&mut handle).await.unwrap(), Ok("put away"));
        assert_eq!(handle.status(), Status::Completed(String::new()));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_cancelled_task_that_fails_is_not_tried_again(world: World) {
        let scheduler = world.builder(1).grace(LONG).start();
        let gate = Gate::default();
        let pass = gate.clone();
        let task = Task::cooperative("export", move |context: Context| {
            let gate = pass.clone();
            async move {
                gate.open();
                gate.pass().await;
                context.cancelled().await;
                Err::<(), _>("stopped halfway")
            }
        });
        let mut handle = scheduler.submit(task).await.unwrap();
        gate.came(1).await;
        assert!(handle.cancel());
        assert_eq!((&mut handle).await, Err(TaskError::Cancelled));
        assert_eq!(handle.status(), Status::Cancelled);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_running_task_is_dropped_after_the_grace(world: World) {
        let grace = Duration::from_millis(20);
        let scheduler = world.builder(1).grace(grace).start();
        let gate = Gate::default();
        let mut handle = scheduler.submit(gate.task("deaf")).await.unwrap();
        gate.came(1).await;
        let start = world.now();
        assert!(handle.cancel());
        assert_eq!(handle.status(), Status::Running { attempt: 1 });
        assert_eq!((&mut handle).await, Err(TaskError::Cancelled));
        let took = start.elapsed();
        assert!(took >= grace, "{took:?}");
        if world == World::Paused {
            assert!(took <= grace + Duration::from_millis(2), "{took:?}");
        }
        let next = scheduler.submit(Task::new("next", async {})).await.unwrap();
        assert_eq!(next.wait().await, Ok(()), "the worker is free");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_task_that_waits_for_its_next_attempt_is_cancelled_at_once(world: World) {
        let scheduler = world.builder(1).start();
        let task = Task::retryable("fetch", || async { Err::<(), _>("down") });
        let policy = RetryPolicy::exponential(LONG).attempts(2);
        let mut handle = scheduler.submit(task.retry(policy)).await.unwrap();
        until_retrying(&handle).await;
        assert!(handle.cancel());
        assert_eq!((&mut handle).await, Err(TaskError::Cancelled));
        scheduler.wait_idle().await;
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_priority_can_change_while_the_task_waits(world: World) {
        let scheduler = world.builder(1).build();
        let ran = Log::default();
        let low = |n| ran.task("n", n).priority(Priority::Low);
        scheduler.submit(low(1)).await.unwrap();
        let urgent = scheduler.submit(low(2)).await.unwrap();
        scheduler.submit(ran.task("n", 3)).await.unwrap();
        assert!(urgent.set_priority(Priority::Critical));
        assert!(urgent.set_priority(Priority::Critical), "it still waits");
        assert_eq!(scheduler.metrics().depth, [1, 0, 1, 1]);
        scheduler.start();
        scheduler.wait_idle().await;
        assert_eq!(ran.read(), [2, 3, 1]);
        assert!(!urgent.set_priority(Priority::Low), "it has ended");
        assert_eq!(scheduler.metrics().depth, [0; 4]);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_running_task_keeps_its_priority(world: World) {
        let scheduler = world.builder(1).start();
        let gate = Gate::default();
        let handle = scheduler.submit(gate.task("running")).await.unwrap();
        gate.came(1).await;
        assert!(!handle.set_priority(Priority::Critical));
        assert_eq!(scheduler.metrics().depth, [0; 4]);
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn progress_is_kept_for_who_reads(world: World) {
        let scheduler = world.builder(1).start();
        let gate = Gate::default();
        let pass = gate.clone();
        let task = Task::cooperative("export", move |context: Context| {
            let gate = pass.clone();
            async move {
                gate.pass().await;
                context.progress(0.25, "a quarter");
                context.progress(f32::NAN, "ä".repeat(200));
                context.progress(7.0, "more than all");
            }
        });
        let handle = scheduler.submit(task).await.unwrap();
        let mut reports = handle.progress();
        assert!(poll_once(&mut Box::pin(reports.next())).await.is_pending());
        gate.open();
        let first = reports.next().await.unwrap();
        assert_eq!((first.fraction, first.text.as_str()), (0.25, "a quarter"));
        let second = reports.next().await.unwrap();
        assert_eq!((second.fraction, second.text.len()), (0.0, 256));
        assert_eq!(reports.next().await.unwrap().fraction, 1.0);
        assert_eq!(reports.next().await, None);
        assert_eq!(reports.missed(), 0);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn the_oldest_reports_give_way_and_the_task_never_waits(world: World) {
        let scheduler = world.builder(1).start();
        let task = Task::cooperative("export", |context: Context| async move {
            for n in 0..100 {
                context.progress(0.0, n.to_string());
            }
        });
        let mut handle = scheduler.submit(task).await.unwrap();
        let mut reports = handle.progress();
        (&mut handle).await.unwrap();
        let mut texts = Vec::new();
        while let Some(report) = reports.next().await {
            texts.push(report.text);
        }
        assert_eq!(texts.len(), duly_local::bounds::PROGRESS_MAX);
        assert_eq!((texts[0].as_str(), texts[63].as_str()), ("36", "99"));
        assert_eq!(reports.missed(), 36);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_handle_outlives_its_scheduler(world: World) {
        let scheduler = world.builder(1).start();
        let nap = scheduler.submit(Task::new("nap", nap(LONG))).await.unwrap();
        let done = scheduler.submit(Task::new("done", async {}).priority(Priority::Critical));
        let done = done.await.unwrap();
        scheduler.shutdown(Shutdown::Now).await;
        drop(scheduler);
        assert!(!nap.cancel() && !nap.set_priority(Priority::High), "in {world:?}");
        let ended = [nap.wait().await, done.wait().await];
        assert!(ended.iter().all(|end| *end != Err(TaskError::Cancelled)), "{ended:?}");
    }
}
