use std::time::Duration;

use duly_local::{Priority, Rate, Shutdown, Task};

use crate::support::{Instant, Log, World, both};

const MS: Duration = Duration::from_millis(1);

/// A task that leaves its number and when it ran.
fn stamp(log: &Log<(u64, Duration)>, start: Instant, name: &'static str, n: u64) -> Task<()> {
    let log = log.clone();
    Task::new(name, async move { log.push((n, start.elapsed())) })
}

both! {
    @paused async fn a_rate_lets_a_burst_go_and_is_steady_then(world: World) {
        let rate = Rate::new(5, 100 * MS).burst(5);
        let scheduler = world.builder(4).rate(rate).build();
        let (ran, start) = (Log::default(), world.now());
        for n in 0..15 {
            scheduler.submit(stamp(&ran, start, "call", n)).await.unwrap();
        }
        scheduler.start();
        scheduler.wait_idle().await;
        let mut ran = ran.read();
        ran.sort_unstable();
        let first = ran[0].1;
        for (n, at) in ran {
            let due = 20 * MS * u32::try_from(n.saturating_sub(4)).unwrap();
            let at = at - first;
            // Two workers may look at the clock one after the other.
            assert!(at + MS >= due, "call {n} at {at:?}");
            if world == World::Paused {
                assert!(at <= due + 2 * MS, "call {n} at {at:?}: no drift");
            }
        }
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn tasks_that_wait_for_a_rate_keep_their_order(world: World) {
        let scheduler = world.builder(2).rate(Rate::new(1, 2 * MS)).build();
        let ran = Log::default();
        for n in 0..10 {
            let priority = if n < 5 { Priority::Low } else { Priority::High };
            scheduler.submit(ran.task("call", n).priority(priority)).await.unwrap();
        }
        scheduler.start();
        scheduler.wait_idle().await;
        assert_eq!(ran.read(), [5, 6, 7, 8, 9, 0, 1, 2, 3, 4], "in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_rate_of_a_name_holds_up_no_others(world: World) {
        let rate = Rate::new(1, 30 * MS);
        let scheduler = world.builder(1).rate_for("fetch", rate).build();
        let (ran, start) = (Log::default(), world.now());
        for n in 0..3 {
            let task = stamp(&ran, start, "fetch", n).priority(Priority::Critical);
            scheduler.submit(task).await.unwrap();
        }
        for n in 10..20 {
            scheduler.submit(stamp(&ran, start, "other", n)).await.unwrap();
        }
        scheduler.start();
        scheduler.wait_idle().await;
        let ran = ran.read();
        let numbers: Vec<_> = ran.iter().map(|(n, _)| *n).collect();
        let others: Vec<_> = numbers.iter().copied().filter(|n| *n >= 10).collect();
        assert_eq!(others, (10..20).collect::<Vec<_>>());
        assert_eq!(numbers[0], 0, "the burst of one");
        let fetched: Vec<_> = ran.iter().filter(|(n, _)| *n < 10).collect();
        for pair in fetched.windows(2) {
            assert!(pair[1].1 - pair[0].1 >= 29 * MS, "{fetched:?}");
        }
        if world == World::Paused {
            assert_eq!(numbers[..11], [0, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
        }
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn both_rates_hold(world: World) {
        let whole = Rate::new(1, 5 * MS);
        let named = Rate::new(1, 20 * MS);
        let scheduler = world.builder(3).rate(whole).rate_for("fetch", named).build();
        let (ran, start) = (Log::default(), world.now());
        for n in 0..3 {
            scheduler.submit(stamp(&ran, start, "fetch", n)).await.unwrap();
            scheduler.submit(stamp(&ran, start, "other", 10 + n)).await.unwrap();
        }
        scheduler.start();
        scheduler.wait_idle().await;
        let ran = ran.read();
        assert_eq!(ran.len(), 6);
        let took = ran[5].1 - ran[0].1;
        assert!(took >= 39 * MS, "three fetches: {ran:?}");
        for pair in ran.windows(2) {
            assert!(pair[1].1.saturating_sub(pair[0].1) >= 4 * MS, "{ran:?}");
        }
        scheduler.shutdown(Shutdown::Drain).await;
    }
}
