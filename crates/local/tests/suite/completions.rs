use std::future::Future;
use std::pin::pin;

use duly_local::{Completions, Context, RetryPolicy, Shutdown, Status, Task, WhenFull};
use std::time::Duration;

use crate::support::{Gate, World, both, poll_once};

async fn names(completions: &mut Completions) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(completion) = completions.next().await {
        names.push(completion.name);
    }
    names
}

both! {
    async fn completions_come_in_the_order_of_the_ends(world: World) {
        let (builder, mut completions) = world.builder(2).completions(10, WhenFull::DropOldest);
        let scheduler = builder.start();
        let (slow, quick) = (Gate::default(), Gate::default());
        scheduler.submit(slow.task("slow")).await.unwrap();
        scheduler.submit(quick.task("quick")).await.unwrap();
        slow.came(1).await;
        quick.came(1).await;
        quick.open();
        assert_eq!(completions.next().await.unwrap().name, "quick");
        assert!(completions.ready().is_empty());
        slow.open();
        let last = completions.next().await.unwrap();
        assert_eq!((last.name.as_str(), last.attempts), ("slow", 1));
        assert_eq!(last.status, Status::Completed(String::new()));
        scheduler.shutdown(Shutdown::Drain).await;
        assert!(completions.next().await.is_none());
    }

    async fn a_task_that_is_tried_again_completes_once(world: World) {
        let (builder, mut completions) = world.builder(1).completions(10, WhenFull::HoldWorkers);
        let scheduler = builder.start();
        let task = Task::cooperative("fetch", |context: Context| async move {
            if context.attempt() < 3 { Err("down") } else { Ok(()) }
        });
        let policy = RetryPolicy::exponential(Duration::from_millis(1)).attempts(3);
        scheduler.submit(task.retry(policy)).await.unwrap();
        let burnt = Task::new("burn", async { panic!("on fire") });
        scheduler.submit::<()>(burnt).await.unwrap();
        scheduler.shutdown(Shutdown::Drain).await;
        let ended = completions.ready();
        let mut ended: Vec<_> = ended
            .iter()
            .map(|one| (one.name.as_str(), one.attempts, one.status.to_string()))
            .collect();
        ended.sort_unstable();
        let fetch = ("fetch", 3, "completed".to_owned());
        assert_eq!(ended, [("burn", 1, "failed: on fire".to_owned()), fetch]);
    }

    async fn the_oldest_gives_way(world: World) {
        let (builder, mut completions) = world.builder(1).completions(3, WhenFull::DropOldest);
        let scheduler = builder.start();
        let tasks = (0..10).map(|n| Task::new(n.to_string(), async {})).collect();
        scheduler.submit_batch(tasks).await.unwrap();
        scheduler.shutdown(Shutdown::Drain).await;
        assert_eq!(completions.missed(), 7);
        assert_eq!(names(&mut completions).await, ["7", "8", "9"]);
    }

    async fn workers_are_held_until_somebody_reads(world: World) {
        let (builder, mut completions) = world.builder(1).completions(2, WhenFull::HoldWorkers);
        let scheduler = builder.start();
        let gate = Gate::default();
        let tasks = (0..10).map(|_| gate.task("n")).collect();
        scheduler.submit_batch(tasks).await.unwrap();
        gate.open();
        gate.came(3).await;
        let mut left = Box::pin(scheduler.shutdown(Shutdown::Drain));
        assert!(poll_once(&mut left).await.is_pending());
        let metrics = scheduler.metrics();
        assert!(metrics.queued() >= 7, "two in the buffer, one in hand: {metrics}");
        let mut read = 0;
        let mut reading = pin!(names(&mut completions));
        std::future::poll_fn(|context| {
            if let std::task::Poll::Ready(names) = reading.as_mut().poll(context) {
                read = names.len();
                return std::task::Poll::Ready(());
            }
            let _ = left.as_mut().poll(context);
            std::task::Poll::Pending
        })
        .await;
        assert_eq!(read, 10);
        assert_eq!(scheduler.metrics().counts.completed, 10);
    }

    async fn nobody_is_held_by_a_reader_that_left(world: World) {
        let (builder, completions) = world.builder(2).completions(1, WhenFull::HoldWorkers);
        let scheduler = builder.start();
        let tasks = (0..100).map(|_| Task::new("n", async {})).collect();
        scheduler.submit_batch(tasks).await.unwrap();
        drop(completions);
        scheduler.shutdown(Shutdown::Drain).await;
        assert_eq!(scheduler.metrics().counts.completed, 100);
    }

    async fn a_shutdown_now_lets_held_workers_go(world: World) {
        let (builder, mut completions) = world.builder(2).completions(1, WhenFull::HoldWorkers);
        let scheduler = builder.start();
        let gate = Gate::default();
        let tasks = (0..10).map(|_| gate.task("n")).collect();
        scheduler.submit_batch(tasks).await.unwrap();
        gate.open();
        gate.came(3).await;
        let left = scheduler.shutdown(Shutdown::Now).await;
        assert!(left.stuck.is_empty(), "{left:?}");
        let completed = usize::try_from(scheduler.metrics().counts.completed).unwrap();
        assert_eq!(names(&mut completions).await.len(), completed, "none is missed");
        assert_eq!(completed + left.returned.len(), 10);
    }
}
