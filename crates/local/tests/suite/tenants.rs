use duly_local::{Limit, LimitError, Priority, Shutdown, Subject, Task, bounds};

use crate::support::{Gate, Log, World, both};

both! {
    @paused async fn tenants_take_turns_whatever_each_has_queued(world: World) {
        let scheduler = world.builder(1).fair().build();
        let ran = Log::default();
        for n in 0..100 {
            scheduler.submit(ran.task("n", ("big", n)).tenant("big")).await.unwrap();
        }
        for n in 0..3 {
            scheduler.submit(ran.task("n", ("small", n)).tenant("small")).await.unwrap();
            scheduler.submit(ran.task("n", ("nobody", n))).await.unwrap();
        }
        let urgent = ran.task("n", ("urgent", 0)).tenant("big").priority(Priority::High);
        scheduler.submit(urgent).await.unwrap();
        scheduler.start();
        scheduler.wait_idle().await;
        let ran = ran.read();
        assert_eq!(ran[0].0, "urgent", "the class counts first, in {world:?}");
        for who in ["small", "nobody"] {
            let last = ran.iter().rposition(|(name, _)| *name == who).unwrap();
            assert!(last <= 10, "{who} ends at {last}: {ran:?}");
        }
        let mine: Vec<_> = ran.iter().filter(|(name, _)| *name == "small").map(|(_, n)| *n).collect();
        assert_eq!(mine, [0, 1, 2], "each keeps its own order");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn who_weighs_more_has_more_turns(world: World) {
        let scheduler = world.builder(1).fair().build();
        scheduler.tenant("heavy").set_weight(3).unwrap();
        let ran = Log::default();
        for _ in 0..40 {
            for who in ["heavy", "light"] {
                scheduler.submit(ran.task("n", who).tenant(who)).await.unwrap();
            }
        }
        scheduler.start();
        scheduler.wait_idle().await;
        let heavy = ran.read()[..40].iter().filter(|who| **who == "heavy").count();
        assert!((29..=31).contains(&heavy), "{heavy} of the first 40, in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn without_fairness_it_is_first_in_first_out(world: World) {
        let scheduler = world.builder(1).build();
        let ran = Log::default();
        for n in 0..10 {
            let who = if n < 8 { "big" } else { "small" };
            scheduler.submit(ran.task("n", n).tenant(who)).await.unwrap();
        }
        scheduler.start();
        scheduler.wait_idle().await;
        assert_eq!(ran.read(), Vec::from_iter(0..10), "in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_tenant_is_paused_and_bound(world: World) {
        let scheduler = world.builder(3).start();
        let acme = scheduler.tenant("acme");
        acme.pause().unwrap();
        let gate = Gate::default();
        for _ in 0..3 {
            scheduler.submit(gate.task("report").tenant("acme")).await.unwrap();
        }
        let other = scheduler.submit(Task::new("report", async {}).tenant("other")).await.unwrap();
        assert_eq!(other.await, Ok(()), "in {world:?}");
        assert!(scheduler.running().is_empty());
        let limits = scheduler.limits();
        limits.define("two", Limit::concurrency(2)).unwrap();
        limits.attach(Subject::Tenant("acme".into()), "two", 1).unwrap();
        acme.resume().unwrap();
        gate.came(2).await;
        assert_eq!((limits.show("two").unwrap().in_use, scheduler.running().len()), (2, 2));
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn tenants_are_bounded(world: World) {
        let scheduler = world.builder(1).build();
        for n in 0..bounds::TENANTS_MAX {
            scheduler.tenant(n.to_string()).resume().unwrap();
        }
        let most = bounds::TENANTS_MAX;
        let more = scheduler.tenant("more").pause();
        assert_eq!(more, Err(LimitError::Subjects { most }));
        let refused = scheduler.try_submit(Task::new("t", async {}).tenant("more")).unwrap_err();
        assert_eq!(refused.reason, duly_local::Reason::Tenants { most }, "in {world:?}");
        scheduler.shutdown(Shutdown::Now).await;
    }
}
