use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use duly_local::{Shutdown, Status, Task, Timestamp};

use crate::support::{Gate, Log, World, both, nap, until_logged};

const LONG: Duration = Duration::from_secs(3_600);
const MS: Duration = Duration::from_millis(1);

both! {
    @paused async fn a_delayed_task_starts_no_sooner(world: World) {
        let scheduler = world.builder(1).start();
        let start = world.now();
        let delay = 20 * MS;
        let late = scheduler.submit(Task::new("late", async {}).after(delay)).await.unwrap();
        let early = scheduler.submit(Task::new("early", async {})).await.unwrap();
        early.wait().await.unwrap();
        assert_eq!(late.status(), Status::Queued);
        late.wait().await.unwrap();
        assert!(start.elapsed() >= delay);
        if world == World::Paused {
            assert!(start.elapsed() <= delay + 2 * MS);
        }
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_task_starts_at_an_instant(world: World) {
        let scheduler = world.builder(1).start();
        let start = world.now();
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let soon = Timestamp::from_micros(0) + since + 50 * MS;
        let soon = scheduler.submit(Task::new("soon", async {}).at(soon)).await.unwrap();
        let past = Task::new("past", async {}).at(Timestamp::from_micros(1));
        scheduler.submit(past).await.unwrap().wait().await.unwrap();
        assert_eq!(soon.status(), Status::Queued);
        soon.wait().await.unwrap();
        let took = start.elapsed();
        // The system's clock and that of the scheduler were read one after the other.
        assert!(took >= 40 * MS, "{took:?}");
        if world == World::Paused {
            assert!(took <= 52 * MS, "{took:?}");
        }
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn many_delays_end_in_their_order(world: World) {
        let scheduler = world.builder(1).start();
        let ran = Log::default();
        for n in (1..=50).rev() {
            let delay = Duration::from_micros(n * 400);
            scheduler.submit(ran.task("n", n).after(delay)).await.unwrap();
        }
        scheduler.wait_idle().await;
        assert_eq!(ran.read(), (1..=50).collect::<Vec<_>>(), "in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_recurring_task_does_not_drift(world: World) {
        let scheduler = world.builder(1).start();
        let (starts, start, gate) = (Log::default(), world.now(), Gate::default());
        let (log, pass) = (starts.clone(), gate.clone());
        let recurring = scheduler.every(20 * MS, move || {
            let (log, gate) = (log.clone(), pass.clone());
            Task::new("tick", async move {
                log.push(start.elapsed());
                nap(7 * MS).await;
                gate.open();
                gate.pass().await;
            })
        });
        gate.came(5).await;
        recurring.stop();
        for (n, at) in (1..).zip(starts.read()) {
            assert!(at >= 20 * n * MS, "turn {n} at {at:?}");
            if world == World::Paused {
                assert!(at <= 20 * n * MS + 2 * MS, "turn {n} at {at:?}");
            }
        }
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_turn_is_left_out_while_the_last_one_runs(world: World) {
        let scheduler = world.builder(2).start();
        let (made, gate) = (Arc::new(AtomicUsize::new(0)), Gate::default());
        let (count, pass) = (made.clone(), gate.clone());
        let recurring = scheduler.every(10 * MS, move || {
            count.fetch_add(1, Ordering::Relaxed);
            pass.task("tick")
        });
        gate.came(1).await;
        nap(55 * MS).await;
        assert_eq!(made.load(Ordering::Relaxed), 1, "the first has not ended");
        gate.open();
        gate.came(2).await;
        recurring.stop();
        scheduler.wait_idle().await;
        let after = made.load(Ordering::Relaxed);
        nap(30 * MS).await;
        assert_eq!(made.load(Ordering::Relaxed), after, "it was stopped, in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_recurring_task_that_cannot_be_made_comes_back(world: World) {
        let scheduler = world.builder(1).start();
        let gate = Gate::default();
        let (pass, mut turn) = (gate.clone(), 0);
        let recurring = scheduler.every(5 * MS, move || {
            turn += 1;
            assert!(turn > 1, "no luck in {world:?}");
            pass.task("tick")
        });
        gate.came(1).await;
        recurring.stop();
        gate.open();
        until_logged(&["WARN", "could not be made", &format!("no luck in {world:?}")]).await;
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_shutdown_ends_what_recurs(world: World) {
        let scheduler = world.builder(1).start();
        let held = Arc::new(());
        let (inside, metrics) = (held.clone(), scheduler.clone());
        let look = LookOnDrop(metrics);
        scheduler.every(LONG, move || {
            let _ = (&inside, &look);
            Task::new("tick", async {})
        });
        scheduler.shutdown(Shutdown::Drain).await;
        assert_eq!(Arc::strong_count(&held), 1, "in {world:?}");
        scheduler.every(MS, || -> Task<()> { unreachable!("it was shut down") });
        nap(5 * MS).await;
        assert_eq!(scheduler.metrics().counts.submitted, 0);
    }
}

/// Asks a scheduler something as it goes.
struct LookOnDrop(duly_local::Scheduler);

impl Drop for LookOnDrop {
    fn drop(&mut self) {
        let _ = self.0.metrics();
    }
}
