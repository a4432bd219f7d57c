use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

use duly_local::{Priority, Reason, Shutdown, Task};

use crate::support::{Gate, Log, World, both, poll_once};

type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

both! {
    async fn a_full_queue_refuses_and_gives_the_task_back(world: World) {
        let scheduler = world.builder(1).capacity(2).build();
        for _ in 0..2 {
            scheduler.try_submit(Task::new("n", async {})).unwrap();
        }
        let task = Task::new("late", async {}).priority(Priority::Critical);
        let id = task.id();
        let refused = scheduler.try_submit(task).unwrap_err();
        assert_eq!(refused.reason, Reason::QueueFull { capacity: 2 });
        assert_eq!(
            refused.to_string(),
            "late: the queue is full: 2 tasks wait; wait for room with submit, or come back later"
        );
        assert_eq!(scheduler.metrics().counts.rejected, 1);
        scheduler.start();
        scheduler.wait_idle().await;
        let handle = scheduler.try_submit(refused.task).unwrap();
        assert_eq!(handle.id(), id);
        handle.wait().await.unwrap();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_running_task_takes_no_room(world: World) {
        let scheduler = world.builder(1).capacity(1).start();
        let gate = Gate::default();
        scheduler.submit(gate.task("first")).await.unwrap();
        gate.came(1).await;
        scheduler.try_submit(Task::new("second", async {})).unwrap();
        scheduler.try_submit(Task::new("third", async {})).unwrap_err();
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn those_who_wait_for_room_get_in_in_their_order(world: World) {
        let scheduler = world.builder(1).capacity(1).build();
        let ran = Log::default();
        scheduler.submit(ran.task("n", 0)).await.unwrap();
        let mut waiting: Vec<Waiting<'_>> = Vec::new();
        for n in 1..=5 {
            let (scheduler, task) = (&scheduler, ran.task("n", n));
            waiting.push(Box::pin(async move { drop(scheduler.submit(task).await.unwrap()) }));
            assert!(poll_once(waiting.last_mut().unwrap()).await.is_pending());
        }
        let pushy = scheduler.try_submit(ran.task("n", 9)).unwrap_err();
        assert_eq!(pushy.reason, Reason::QueueFull { capacity: 1 });
        scheduler.start();
        for one in waiting {
            one.await;
        }
        scheduler.wait_idle().await;
        assert_eq!(ran.read(), [0, 1, 2, 3, 4, 5]);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn who_gives_up_waiting_gives_the_place_on(world: World) {
        let scheduler = world.builder(1).capacity(1).start();
        let gate = Gate::default();
        let running = scheduler.submit(gate.task("running")).await.unwrap();
        gate.came(1).await;
        let queued = scheduler.submit(Task::new("queued", async {})).await.unwrap();
        let mut first = Box::pin(scheduler.submit(Task::new("first", async {})));
        let mut second = Box::pin(scheduler.submit(Task::new("second", async {})));
        assert!(poll_once(&mut first).await.is_pending());
        assert!(poll_once(&mut second).await.is_pending());
        assert!(queued.cancel(), "which makes room, and the first is told");
        drop(first);
        let second = second.await.unwrap();
        gate.open();
        second.wait().await.unwrap();
        running.wait().await.unwrap();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_batch_is_taken_in_whole_and_in_order(world: World) {
        let scheduler = world.builder(1).capacity(3).start();
        let ran = Log::default();
        let tasks = (0..1_000).map(|n| ran.task("n", n)).collect();
        let handles = scheduler.submit_batch(tasks).await.unwrap();
        assert_eq!(handles.len(), 1_000);
        scheduler.wait_idle().await;
        assert_eq!(ran.read(), (0..1_000).collect::<Vec<_>>());
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_batch_that_finds_no_room_is_refused_whole(world: World) {
        let scheduler = world.builder(1).capacity(3).build();
        let tasks = |many| (0..many).map(|_| Task::new("n", async {})).collect::<Vec<_>>();
        let refused = scheduler.try_submit_batch(tasks(4)).unwrap_err();
        assert_eq!(refused.reason, Reason::QueueFull { capacity: 3 });
        assert_eq!((refused.handles.len(), refused.tasks.len()), (0, 4));
        assert_eq!(scheduler.metrics().counts.rejected, 4);
        assert_eq!(scheduler.try_submit_batch(tasks(3)).unwrap().len(), 3);
        assert!(scheduler.try_submit_batch(tasks(0)).unwrap().is_empty());
        scheduler.shutdown(Shutdown::Now).await;
    }

    async fn a_batch_stops_at_what_is_refused(world: World) {
        let scheduler = world.builder(1).build();
        let task = |key: &str| Task::new("n", async {}).unique_key(key);
        let tasks = vec![task("a"), task("b"), task("a"), task("c")];
        let first = tasks[0].id();
        let refused = scheduler.submit_batch(tasks).await.unwrap_err();
        assert_eq!(refused.reason, Reason::TaskExists { id: first });
        assert_eq!((refused.handles.len(), refused.tasks.len()), (2, 2));
        assert!(refused.to_string().starts_with("2 taken in, 2 not: task "), "{refused}");
        scheduler.shutdown(Shutdown::Now).await;
    }

    async fn dropping_a_handle_does_not_cancel(world: World) {
        let scheduler = world.builder(1).start();
        let (gate, ran) = (Gate::default(), Log::default());
        drop(scheduler.submit(gate.task("running")).await.unwrap());
        drop(scheduler.submit(ran.task("queued", ())).await.unwrap());
        gate.came(1).await;
        gate.open();
        scheduler.wait_idle().await;
        assert_eq!(ran.read().len(), 1);
        assert_eq!(scheduler.metrics().counts.completed, 2);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn a_submit_that_waits_is_refused_by_a_shutdown(world: World) {
        let scheduler = world.builder(1).capacity(1).build();
        scheduler.submit(Task::new("n", async {})).await.unwrap();
        let mut waiting = Box::pin(scheduler.submit(Task::new("late", async {})));
        assert!(poll_once(&mut waiting).await.is_pending());
        scheduler.shutdown(Shutdown::Now).await;
        let Poll::Ready(refused) = poll_once(&mut waiting).await else {
            panic!("it waits for room that will never be");
        };
        assert_eq!(refused.unwrap_err().reason, Reason::Closed);
    }
}
