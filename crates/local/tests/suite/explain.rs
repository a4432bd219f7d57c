use std::time::Duration;

use duly_local::explain::{Basis, Explanation, Reason};
use duly_local::{
    Limit, Priority, Rate, RetryPolicy, Scheduler, Shutdown, Status, Subject, Task, Timestamp,
    WhenFull,
};

use crate::support::{Gate, World, both, nap, until_retrying};

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(3_600);

fn codes(why: &Explanation) -> Vec<&'static str> {
    why.reasons.iter().map(Reason::code).collect()
}

/// A scheduler whose workers are all taken, until the gate is opened.
async fn busy(world: World, workers: usize) -> (Scheduler, Gate) {
    let (scheduler, gate) = (world.builder(workers).start(), Gate::default());
    for _ in 0..workers {
        scheduler.submit(gate.task("busy")).await.unwrap();
    }
    gate.came(workers).await;
    (scheduler, gate)
}

both! {
    @paused async fn every_state_has_its_reason(world: World) {
        let scheduler = world.builder(1).build();
        let gate = Gate::default();
        let handle = scheduler.submit(gate.task("greet")).await.unwrap();
        let why = handle.explain();
        assert_eq!((codes(&why), why.is_closed()), (vec!["not_running"], true), "in {world:?}");
        assert_eq!((why.task, &*why.name, &why.status), (handle.id(), "greet", &Status::Queued));
        scheduler.start();
        gate.came(1).await;
        let why = handle.explain();
        let said = why.reasons[0].sentence(why.at).to_string();
        assert!(said.starts_with("it is running on worker \"duly-0\", for "), "{said}");
        assert_eq!((why.position, why.estimated_start), (None, None));

        let queued = scheduler.submit(Task::new("next", async {}).finish_within(LONG)).await.unwrap();
        let why = scheduler.explain(queued.id()).unwrap();
        assert_eq!(codes(&why), ["workers_busy", "finish_by"]);
        assert!(!why.is_closed());
        gate.open();
        scheduler.wait_idle().await;
        let why = handle.explain();
        assert_eq!(why.to_string(), "greet: completed\n- it has ended: completed");
        assert_eq!(scheduler.explain(handle.id()), None, "it is not here any more");

        let tomorrow = scheduler.submit(Task::new("later", async {}).after(LONG).deadline(LONG)).await.unwrap();
        let why = tomorrow.explain();
        assert_eq!(codes(&why), ["not_due", "start_by"]);
        let start = why.estimated_start.unwrap();
        assert_eq!(start.basis, Basis::Opens);
        let Reason::NotDue { until } = why.reasons[0] else { panic!("{why}") };
        assert_eq!(start.at, until);

        let fails = Task::retryable("fails", || async { Err::<(), _>("down") });
        let fails = scheduler.submit(fails.retry(RetryPolicy::exponential(LONG))).await.unwrap();
        until_retrying(&fails).await;
        assert_eq!(codes(&fails.explain()), ["not_due"]);
        let left = scheduler.shutdown(Shutdown::Now).await;
        assert_eq!(codes(&tomorrow.explain()), ["not_running"]);
        drop(left);
        drop(scheduler);
        assert_eq!(codes(&tomorrow.explain()), ["not_running"], "it was given back, to nobody");
        assert_eq!(codes(&handle.explain()), ["ended"]);
    }

    @paused async fn limits_say_how_far_they_are(world: World) {
        let scheduler = world.builder(4).start();
        let limits = scheduler.limits();
        limits.define("disk", Limit::concurrency(2)).unwrap();
        limits.define("slow", Limit::rate(Rate::new(1, LONG))).unwrap();
        limits.attach(Subject::Name("call".into()), "slow", 1).unwrap();
        let gate = Gate::default();
        scheduler.submit(gate.task("scan").limit("disk")).await.unwrap();
        scheduler.submit(Task::new("call", async {})).await.unwrap().await.unwrap();
        gate.came(1).await;
        let heavy = gate.task("scan").limit_weight("disk", 2).limit("nobody defined");
        let heavy = scheduler.submit(heavy).await.unwrap();
        let why = heavy.explain();
        assert_eq!(codes(&why), ["limit_full", "limit_undefined"], "in {world:?}");
        let said = why.to_string();
        assert!(said.contains("- limit \"disk\" is at 1 of 2, and it needs 2\n"), "{said}");
        assert!(said.contains("- limit \"nobody defined\" is not defined, and bounds nothing\n"), "{said}");
        assert!(said.contains("- it is next in its queue"), "{said}");
        let call = scheduler.submit(Task::new("call", async {})).await.unwrap().explain();
        assert_eq!(codes(&call), ["rate_spent"]);
        let start = call.estimated_start.unwrap();
        assert!(start.at > call.at + LONG / 2, "{call:?}");
        let never = Task::new("never", async {}).limit_weight("disk", 3);
        let never = scheduler.submit(never).await.unwrap().explain();
        assert_eq!((codes(&never), never.estimated_start), (vec!["too_heavy"], None));
        scheduler.shutdown(Shutdown::Now).await;
    }

    @paused async fn a_place_in_line_is_counted(world: World) {
        let (scheduler, gate) = busy(world, 2).await;
        let limits = scheduler.limits();
        limits.define("none left", Limit::concurrency(1)).unwrap();
        let closed = || Task::new("closed", async {}).limit_weight("none left", 2);
        for _ in 0..5 {
            scheduler.submit(Task::new("before", async {})).await.unwrap();
            scheduler.submit(closed()).await.unwrap();
        }
        let mine = scheduler.submit(Task::new("mine", async {})).await.unwrap();
        let ahead = |why: &Explanation| why.position.map(|position| (position.ahead, position.exact));
        assert_eq!(ahead(&mine.explain()), Some((5, true)), "what is closed is not before it, in {world:?}");
        let other = scheduler.submit(closed()).await.unwrap();
        assert_eq!(ahead(&other.explain()), Some((11, true)));
        assert!(mine.set_priority(Priority::High));
        assert_eq!(ahead(&mine.explain()), Some((0, true)));
        gate.open();
        scheduler.shutdown(Shutdown::Now).await;
    }

    @paused async fn a_start_is_estimated_by_pace(world: World) {
        let scheduler = world.builder(1).start();
        for _ in 0..20 {
            scheduler.submit(Task::new("quick", nap(5 * MS))).await.unwrap();
        }
        scheduler.wait_idle().await;
        let gate = Gate::default();
        scheduler.submit(gate.task("busy")).await.unwrap();
        gate.came(1).await;
        scheduler.submit(Task::new("before", async {})).await.unwrap();
        let why = scheduler.submit(Task::new("mine", async {})).await.unwrap().explain();
        let start = why.estimated_start.unwrap();
        let Basis::Pace(pace) = start.basis else { panic!("{why}, in {world:?}") };
        assert_eq!(pace.started, 20);
        assert!(pace.span >= 100 * MS, "{pace:?}");
        assert_eq!(start.at, why.at + pace.time_for(2));
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn who_is_asked_about_expires_first(world: World) {
        let (scheduler, gate) = busy(world, 1).await;
        let past = Timestamp::from_micros(1);
        let late = scheduler.submit(Task::new("late", async {}).deadline_at(past)).await.unwrap();
        let why = late.explain();
        assert_eq!((why.status.clone(), codes(&why)), (Status::Expired, vec!["ended"]), "in {world:?}");
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn held_workers_are_busy(world: World) {
        let (builder, mut completions) = world.builder(1).completions(1, WhenFull::HoldWorkers);
        let scheduler = builder.start();
        for _ in 0..2 {
            scheduler.submit(Task::new("ends", async {})).await.unwrap().await.unwrap();
        }
        let waits = scheduler.submit(Task::new("waits", async {})).await.unwrap();
        // The second has ended, and its worker is about to be held.
        let why = loop {
            let why = waits.explain();
            if !why.reasons.is_empty() {
                break why;
            }
            nap(MS).await;
        };
        let said = why.reasons[0].sentence(why.at).to_string();
        assert_eq!(said, "the only worker for it is busy, running 0 of 1", "in {world:?}");
        while waits.status() != Status::Completed(String::new()) {
            completions.next().await.unwrap();
        }
        scheduler.shutdown(Shutdown::Now).await;
    }

    @paused async fn nothing_starts_while_a_reason_closes_it(world: World) {
        let scheduler = world.builder(2).start();
        scheduler.limits().define("two", Limit::concurrency(2)).unwrap();
        let gate = Gate::default();
        let mut handles = Vec::new();
        for n in 0..30_u32 {
            let task = gate.task("n").limit_weight("two", n % 3 + 1);
            handles.push(scheduler.submit(task.priority(Priority::ALL[n as usize % 4])).await.unwrap());
        }
        gate.came(1).await;
        // Two light ones, or one heavy one: nobody else fits, and each says why.
        scheduler.limits().define("two", Limit::concurrency(1)).unwrap();
        for handle in &handles {
            let why = handle.explain();
            assert!(why.is_closed(), "{why} in {world:?}");
        }
        gate.open();
        scheduler.shutdown(Shutdown::Now).await;
    }
}
