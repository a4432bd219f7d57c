//! Who stops waiting is forgotten: nothing piles up for as long as nothing happens.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use duly_local::{Shutdown, Task};

use crate::LONG;
use crate::support::{World, both};

/// Somebody who waits.
struct Sleeper;

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {}
}

/// Polls a future once, and drops it: whether anybody still has the waker.
fn is_remembered(wait: impl Future) -> bool {
    let sleeper = Arc::new(Sleeper);
    {
        let waker = Waker::from(sleeper.clone());
        let mut wait = pin!(wait);
        assert!(
            wait.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        assert!(Arc::strong_count(&sleeper) > 2, "it waits");
    }
    Arc::strong_count(&sleeper) > 1
}

/// Waits for two things in one task, and gives the first up.
async fn second_of(first: impl Future, second: impl Future, given_up: impl FnOnce()) {
    let (mut first, mut second) = (Some((Box::pin(first), given_up)), Box::pin(second));
    poll_fn(|context| {
        let polled = second.as_mut().poll(context);
        if let Some((mut first, given_up)) = first.take() {
            assert!(first.as_mut().poll(context).is_pending());
            drop(first);
            given_up();
        }
        polled
    })
    .await;
}

both! {
    async fn who_gives_up_waiting_is_forgotten(world: World) {
        let scheduler = world.builder(1).start();
        let (told, tell) = mpsc::channel();
        let task = Task::cooperative("wait", move |context| {
            let told = told.clone();
            async move {
                let _ = told.send(is_remembered(context.cancelled()));
                pending::<()>().await;
            }
        });
        let handle = scheduler.submit(task).await.unwrap();
        assert!(!tell.recv_timeout(LONG).unwrap(), "cancelled");
        assert!(!is_remembered(scheduler.wait_idle()), "wait_idle");
        let mut changes = handle.changes();
        let _ = changes.next().await;
        assert!(!is_remembered(async move { changes.next().await }), "changes");
        let mut reports = handle.progress();
        assert!(!is_remembered(async move { reports.next().await }), "progress");
        scheduler.shutdown(Shutdown::Now).await;
    }

    async fn who_gives_up_takes_nobody_along(world: World) {
        let scheduler = world.builder(1).grace(Duration::ZERO).start();
        let task = Task::new("wait", pending::<()>());
        let handle = scheduler.submit(task).await.unwrap();
        let (first, second) = (scheduler.wait_idle(), scheduler.wait_idle());
        second_of(first, second, || assert!(handle.cancel())).await;
        assert!(handle.status().is_final());
        scheduler.shutdown(Shutdown::Now).await;
    }
}
