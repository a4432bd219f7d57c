use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use duly_local::{
    Limit, LimitError, Limits, Priority, Rate, Reason, RetryPolicy, Scheduler, Shutdown, Subject,
    Task, TaskError, WhenFull, bounds,
};

use crate::support::{Gate, Log, World, both, nap, until_retrying};

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(3_600);

/// How many are in it, and how many there were at most.
#[derive(Clone, Default)]
struct Peak(Arc<[AtomicUsize; 2]>);

impl Peak {
    fn enter(&self, weight: usize) {
        let inside = self.0[0].fetch_add(weight, Ordering::SeqCst) + weight;
        self.0[1].fetch_max(inside, Ordering::SeqCst);
    }

    fn leave(&self, weight: usize) {
        self.0[0].fetch_sub(weight, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.0[1].load(Ordering::SeqCst)
    }

    /// A task that is in it for a while.
    fn task(&self, name: &'static str, weight: usize) -> Task<()> {
        let peak = self.clone();
        Task::new(name, async move {
            peak.enter(weight);
            nap(MS).await;
            peak.leave(weight);
        })
    }
}

fn in_use(limits: &Limits, name: &str) -> u64 {
    limits.show(name).unwrap().in_use
}

fn all(scheduler: &Scheduler) -> u64 {
    scheduler.metrics().counts.completed
}

both! {
    @paused async fn a_limit_bounds_what_runs_at_once(world: World) {
        let scheduler = world.builder(4).start();
        let limits = scheduler.limits();
        limits.define("disk", Limit::concurrency(2)).unwrap();
        let gate = Gate::default();
        for _ in 0..5 {
            scheduler.submit(gate.task("scan").limit("disk")).await.unwrap();
        }
        gate.came(2).await;
        assert_eq!(in_use(&limits, "disk"), 2);
        let free = scheduler.submit(Task::new("free", async {})).await.unwrap();
        assert_eq!(free.await, Ok(()), "nobody else waits, in {world:?}");
        assert_eq!(scheduler.running().len(), 2);
        gate.open();
        scheduler.wait_idle().await;
        assert_eq!((all(&scheduler), in_use(&limits, "disk")), (6, 0));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_heavy_task_takes_more(world: World) {
        let scheduler = world.builder(8).build();
        let limits = scheduler.limits();
        limits.define("memory", Limit::concurrency(10)).unwrap();
        let peak = Peak::default();
        for n in 0..60 {
            let weight = [1, 3, 7][n % 3];
            let task = peak.task("load", weight);
            let task = task.limit_weight("memory", u32::try_from(weight).unwrap());
            scheduler.submit(task).await.unwrap();
        }
        scheduler.start();
        scheduler.wait_idle().await;
        assert_eq!(all(&scheduler), 60, "in {world:?}");
        assert!((7..=10).contains(&peak.most()), "{}", peak.most());
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn permits_come_back_however_an_attempt_ends(world: World) {
        let scheduler = world.builder(2).grace(MS).start();
        let limits = scheduler.limits();
        limits.define("one", Limit::concurrency(1)).unwrap();
        let bound = |task: Task<Result<(), String>>| task.limit("one").priority(Priority::High);
        let fails = Task::new("fails", async { Err("down".to_owned()) });
        let panics = Task::new("panics", async { panic!("oops") });
        let slow = Task::new("slow", async { nap(LONG).await; Ok(()) }).timeout(5 * MS);
        let retried = Task::retryable("again", || async { Err("down".to_owned()) });
        let retried = retried.retry(RetryPolicy::exponential(MS).attempts(3));
        let ended = Task::new("ended", async { nap(LONG).await; Ok(()) }).finish_within(5 * MS);
        for task in [fails, panics, slow, retried, ended] {
            scheduler.submit(bound(task)).await.unwrap();
        }
        scheduler.wait_idle().await;
        assert_eq!(in_use(&limits, "one"), 0, "in {world:?}");

        let gate = Gate::default();
        let cancelled = scheduler.submit(gate.task("cancelled").limit("one")).await.unwrap();
        gate.came(1).await;
        let next = scheduler.submit(Task::new("next", async {}).limit("one")).await.unwrap();
        cancelled.cancel();
        assert_eq!(cancelled.await, Err(TaskError::Cancelled));
        assert_eq!(next.await, Ok(()));
        assert_eq!(in_use(&limits, "one"), 0);

        let waits = scheduler.submit(Task::new("off", async {}).limit("one").after(LONG)).await.unwrap();
        waits.cancel();
        let aborted = scheduler.submit(gate.task("aborted").limit("one")).await.unwrap();
        gate.came(2).await;
        assert_eq!(in_use(&limits, "one"), 1);
        scheduler.shutdown(Shutdown::Now).await;
        assert_eq!(aborted.await, Err(TaskError::Aborted));
        assert_eq!(in_use(&limits, "one"), 0);
    }

    @paused async fn a_name_is_bound_with_all_that_is_there(world: World) {
        let scheduler = world.builder(3).start();
        let limits = scheduler.limits();
        let gate = Gate::default();
        let (fetched, others) = (Peak::default(), Peak::default());
        for _ in 0..3 {
            scheduler.submit(gate.task("fetch")).await.unwrap();
        }
        gate.came(3).await;
        for _ in 0..5 {
            scheduler.submit(fetched.task("fetch", 1)).await.unwrap();
            scheduler.submit(others.task("other", 1)).await.unwrap();
        }
        let key = Task::new("fetch", async {}).unique_key("a").after(LONG);
        let holder = scheduler.submit(key).await.unwrap();
        limits.define("api", Limit::concurrency(1)).unwrap();
        limits.attach(Subject::Name("fetch".into()), "api", 1).unwrap();
        assert_eq!(in_use(&limits, "api"), 3, "what runs counts, in {world:?}");
        let twin = Task::new("fetch", async {}).unique_key("a");
        let refused = scheduler.try_submit(twin).unwrap_err();
        assert_eq!(refused.reason, Reason::TaskExists { id: holder.id() });
        holder.cancel();
        gate.open();
        scheduler.wait_idle().await;
        assert_eq!(all(&scheduler), 13);
        assert_eq!(fetched.most(), 1, "one fetch at a time");
        assert_eq!(in_use(&limits, "api"), 0);

        limits.detach(&Subject::Name("fetch".into()), "api");
        let all_at_once = Gate::default();
        for _ in 0..3 {
            scheduler.submit(all_at_once.task("fetch")).await.unwrap();
        }
        all_at_once.came(3).await;
        assert_eq!(in_use(&limits, "api"), 0, "it is not bound any more");
        all_at_once.open();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_change_counts_at_once(world: World) {
        let scheduler = world.builder(4).start();
        let limits = scheduler.limits();
        limits.define("disk", Limit::concurrency(1)).unwrap();
        let gate = Gate::default();
        for _ in 0..4 {
            scheduler.submit(gate.task("scan").limit("disk")).await.unwrap();
        }
        gate.came(1).await;
        limits.define("disk", Limit::concurrency(3)).unwrap();
        gate.came(3).await;
        assert_eq!(in_use(&limits, "disk"), 3, "in {world:?}");
        limits.define("disk", Limit::concurrency(1)).unwrap();
        limits.remove("disk");
        gate.came(4).await;
        assert_eq!(limits.show("disk"), None);
        limits.define("disk", Limit::concurrency(9)).unwrap();
        assert_eq!(in_use(&limits, "disk"), 4, "they name it");
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn what_is_attached_to_all_bounds_all(world: World) {
        let scheduler = world.builder(4).start();
        let limits = scheduler.limits();
        limits.define("few", Limit::concurrency(2)).unwrap();
        limits.attach(Subject::All, "few", 1).unwrap();
        let gate = Gate::default();
        for name in ["a", "b", "c", "d"] {
            scheduler.submit(gate.task(name)).await.unwrap();
        }
        gate.came(2).await;
        assert_eq!((in_use(&limits, "few"), scheduler.running().len()), (2, 2));
        limits.attach(Subject::Name("a".into()), "few", 2).unwrap();
        let attached = limits.show("few").unwrap().attached;
        assert_eq!(attached, [(Subject::All, 1), (Subject::Name("a".into()), 2)]);
        assert_eq!(in_use(&limits, "few"), 3, "the greater weight counts, in {world:?}");
        limits.remove("few");
        gate.came(4).await;
        gate.open();
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_limit_that_is_removed_frees_all_that_waits_for_it(world: World) {
        let scheduler = world.builder(8).start();
        let limits = scheduler.limits();
        limits.define("one", Limit::concurrency(1)).unwrap();
        limits.define("two", Limit::concurrency(2)).unwrap();
        let named = |name: &'static str| Subject::Name(name.into());
        let tenant = Subject::Tenant("acme".into());
        for subject in [Subject::All, named("a"), named("b"), named("c"), tenant] {
            limits.attach(subject, "one", 1).unwrap();
        }
        limits.attach(named("c"), "two", 1).unwrap();
        let gate = Gate::default();
        for name in ["a", "a", "b", "c", "c", "c"] {
            scheduler.submit(gate.task(name)).await.unwrap();
        }
        for _ in 0..2 {
            scheduler.submit(gate.task("d").tenant("acme")).await.unwrap();
        }
        gate.came(1).await;
        assert_eq!(scheduler.running().len(), 1, "in {world:?}");
        limits.remove("one");
        gate.came(7).await;
        assert_eq!(in_use(&limits, "two"), 2, "it is still attached");
        let attached = limits.show("two").unwrap().attached;
        assert_eq!(attached, [(named("c"), 1)]);
        limits.define("one", Limit::concurrency(1)).unwrap();
        let one = limits.show("one").unwrap();
        assert_eq!((one.in_use, one.attached), (0, Vec::new()), "in {world:?}");
        // The names that it was attached to are bound again as before.
        limits.attach(named("a"), "one", 1).unwrap();
        assert_eq!(in_use(&limits, "one"), 2);
        limits.attach(named("b"), "one", 3).unwrap();
        assert_eq!(in_use(&limits, "one"), 5);
        limits.remove("one");
        gate.open();
        scheduler.wait_idle().await;
        assert_eq!(all(&scheduler), 8);
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_permit_of_a_held_worker_goes_to_others(world: World) {
        let (builder, mut completions) = world.builder(2).completions(1, WhenFull::HoldWorkers);
        let scheduler = builder.build();
        scheduler.limits().define("one", Limit::concurrency(1)).unwrap();
        let (ran, gate) = (Log::default(), Gate::default());
        for n in 0..2 {
            scheduler.submit(ran.task("n", n).limit("one")).await.unwrap();
        }
        scheduler.submit(gate.task("last").limit("one")).await.unwrap();
        scheduler.start();
        // Nobody reads: one worker is held with the second, and the last can only be the other's.
        gate.came(1).await;
        assert_eq!(ran.read(), [0, 1], "in {world:?}");
        gate.open();
        for _ in 0..3 {
            completions.next().await.unwrap();
        }
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_rate_counts_weights(world: World) {
        let scheduler = world.builder(2).build();
        let rate = Rate::new(1, 10 * MS).burst(3);
        scheduler.limits().define("calls", Limit::rate(rate)).unwrap();
        let (ran, start) = (Log::default(), world.now());
        for _ in 0..3 {
            let log = ran.clone();
            let task = Task::new("call", async move { log.push(start.elapsed()) });
            scheduler.submit(task.limit_weight("calls", 3)).await.unwrap();
        }
        scheduler.start();
        scheduler.wait_idle().await;
        for (at, n) in ran.read().into_iter().zip(0..) {
            let due = 30 * MS * n;
            // An instant is whole microseconds of the one, and nanoseconds of the other.
            assert!(at + MS >= due, "call {n} at {at:?} in {world:?}");
            assert!(world != World::Paused || at <= due + 3 * MS, "call {n} at {at:?}");
        }
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn a_permit_that_nobody_is_free_to_use_waits(world: World) {
        let scheduler = world.builder(2).start();
        let rate = Rate::new(1, 10 * MS);
        scheduler.limits().define("calls", Limit::rate(rate)).unwrap();
        let first = Task::new("call", nap(60 * MS)).limit("calls");
        let second = Task::new("call", async {}).limit("calls");
        scheduler.submit(first).await.unwrap();
        let second = scheduler.submit(second).await.unwrap();
        // The other worker has looked, and found no permit; then it is taken, too.
        scheduler.submit(Task::new("quick", async {})).await.unwrap().await.unwrap();
        scheduler.submit(Task::new("slow", nap(40 * MS))).await.unwrap();
        assert_eq!(second.await, Ok(()), "in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn rates_of_the_builder_are_limits(world: World) {
        let slow = Rate::new(1, LONG);
        let scheduler = world.builder(2).rate_for("fetch", slow).start();
        let limits = scheduler.limits();
        let fetch = || Task::new("fetch", async {});
        assert_eq!(scheduler.submit(fetch()).await.unwrap().await, Ok(()), "the burst");
        let waits = scheduler.submit(fetch()).await.unwrap();
        let shown = limits.show("rate:fetch").unwrap();
        assert_eq!(shown.attached, [(Subject::Name("fetch".into()), 1)]);
        assert!(shown.next_permit_at.is_some());
        limits.define("rate:fetch", Limit::rate(Rate::new(100, 100 * MS))).unwrap();
        assert_eq!(waits.await, Ok(()), "it counts at once, in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn what_is_too_heavy_waits_until_it_is_changed(world: World) {
        let scheduler = world.builder(1).start();
        let limits = scheduler.limits();
        limits.define("disk", Limit::concurrency(2)).unwrap();
        let heavy = Task::new("heavy", async {}).limit_weight("disk", 3);
        let heavy = scheduler.submit(heavy).await.unwrap();
        let light = scheduler.submit(Task::new("light", async {}).limit("disk")).await.unwrap();
        assert_eq!(light.await, Ok(()), "it holds up nobody, in {world:?}");
        limits.define("disk", Limit::concurrency(3)).unwrap();
        assert_eq!(heavy.await, Ok(()));
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn what_waits_for_an_attempt_holds_no_permit(world: World) {
        let scheduler = world.builder(1).start();
        let limits = scheduler.limits();
        limits.define("one", Limit::concurrency(1)).unwrap();
        let fails = Task::retryable("fails", || async { Err::<(), _>("down") });
        let fails = fails.retry(RetryPolicy::exponential(LONG)).limit("one");
        let fails = scheduler.submit(fails).await.unwrap();
        until_retrying(&fails).await;
        assert_eq!(in_use(&limits, "one"), 0, "in {world:?}");
        let next = scheduler.submit(Task::new("next", async {}).limit("one")).await.unwrap();
        assert_eq!(next.await, Ok(()));
        scheduler.shutdown(Shutdown::Now).await;
    }

    @paused async fn what_makes_no_sense_is_refused(world: World) {
        let scheduler = world.builder(1).build();
        let limits = scheduler.limits();
        assert_eq!(limits.define("x", Limit::default()), Err(LimitError::Nothing));
        assert_eq!(limits.define("x", Limit::concurrency(0)), Err(LimitError::Zero));
        let named = |n: usize| (0..n).fold(Task::new("many", async {}), |task, n| task.limit(n.to_string()));
        let refused = scheduler.try_submit(named(9)).unwrap_err();
        assert_eq!(refused.reason, Reason::TaskLimits { most: 8 });
        assert_eq!(refused.reason.to_string(), "a task may name 8 limits, and it names more");
        scheduler.try_submit(named(8)).unwrap();
        for n in 0..8 {
            limits.attach(Subject::All, n.to_string(), 1).unwrap();
        }
        limits.attach(Subject::All, "7", 2).unwrap();
        let ninth = limits.attach(Subject::All, "8", 1);
        assert_eq!(ninth, Err(LimitError::Attached { most: 8 }));
        assert!(limits.list().is_empty(), "none is defined, in {world:?}");
        scheduler.shutdown(Shutdown::Now).await;
    }

    @paused async fn names_of_limits_and_of_tasks_are_bounded(world: World) {
        let scheduler = world.builder(1).build();
        let limits = scheduler.limits();
        for n in 0..bounds::NAMES_MAX {
            limits.attach(Subject::Name(n.to_string().into()), "one", 1).unwrap();
        }
        let more = || limits.attach(Subject::Name("more".into()), "one", 1);
        let most = bounds::NAMES_MAX;
        assert_eq!(more(), Err(LimitError::Subjects { most }));
        limits.detach(&Subject::Name("7".into()), "one");
        more().unwrap();
        scheduler.try_submit(Task::new("common", async {})).unwrap();
        for n in 0..bounds::NAMES_MAX {
            scheduler.try_submit(Task::new(n.to_string(), async {})).unwrap();
        }
        for n in 1..bounds::LIMITS_MAX {
            limits.define(n.to_string(), Limit::concurrency(1)).unwrap();
        }
        let most = bounds::LIMITS_MAX;
        let more = limits.define("more", Limit::concurrency(1));
        assert_eq!(more, Err(LimitError::Names { most }));
        let refused = scheduler.try_submit(Task::new("t", async {}).limit("more")).unwrap_err();
        assert_eq!(refused.reason, Reason::LimitNames { most });
        assert_eq!(limits.list().len(), most - 1, "one is not defined, in {world:?}");
        scheduler.start();
        scheduler.wait_idle().await;
        scheduler.shutdown(Shutdown::Drain).await;
    }

    @paused async fn names_of_limits_come_and_go(world: World) {
        let scheduler = world.builder(4).start();
        let limits = scheduler.limits();
        for n in 0..bounds::LIMITS_MAX + 1_000 {
            let name = format!("user:{n}");
            let task = Task::new("t", async {}).limit(name.clone());
            scheduler.try_submit(task).unwrap();
            if n % 10 == 0 {
                limits.define(name.clone(), Limit::concurrency(1)).unwrap();
                limits.attach(Subject::All, name.clone(), 1).unwrap();
                limits.remove(&name);
            }
            if n % 100 == 0 {
                scheduler.wait_idle().await;
            }
        }
        assert!(limits.list().is_empty(), "in {world:?}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn nothing_drifts_under_load(world: World) {
        let scheduler = world.builder(8).grace(MS).start();
        let limits = scheduler.limits();
        limits.define("a", Limit::concurrency(3)).unwrap();
        limits.define("b", Limit::concurrency(2)).unwrap();
        let (a, b) = (Peak::default(), Peak::default());
        let mut handles = Vec::new();
        for n in 0..600_u32 {
            let (a, b) = (a.clone(), b.clone());
            let task = Task::retryable("load", move || {
                let (a, b) = (Inside::enter(&a, n % 2), Inside::enter(&b, n % 3));
                async move {
                    let _inside = (a, b);
                    nap(MS / 10).await;
                    match n % 7 {
                        0 => panic!("oops"),
                        1 => Err("down"),
                        2 => { nap(LONG).await; Ok(()) }
                        _ => Ok(()),
                    }
                }
            });
            let task = task.retry(RetryPolicy::exponential(MS).attempts(2)).timeout(2 * MS);
            let task = if n % 2 == 0 { task } else { task.limit("a") };
            let task = if n % 3 == 0 { task } else { task.limit_weight("b", n % 3) };
            handles.push(scheduler.submit(task).await.unwrap());
            if n % 11 == 0 {
                handles[handles.len() / 2].cancel();
            }
            if n % 50 == 0 {
                limits.attach(Subject::Name("load".into()), "all", 1).unwrap();
            } else if n % 50 == 25 {
                limits.detach(&Subject::Name("load".into()), "all");
            }
        }
        scheduler.wait_idle().await;
        limits.define("all", Limit::concurrency(1)).unwrap();
        for name in ["a", "b", "all"] {
            assert_eq!(in_use(&limits, name), 0, "{name} in {world:?}");
        }
        assert!(a.most() <= 3 && b.most() <= 2, "{} {}", a.most(), b.most());
        scheduler.shutdown(Shutdown::Drain).await;
    }
}

/// Is in a peak until it is dropped.
struct Inside(Peak, usize);

impl Inside {
    fn enter(peak: &Peak, weight: u32) -> Self {
        let weight = usize::try_from(weight).unwrap();
        peak.enter(weight);
        Self(peak.clone(), weight)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.leave(self.1);
    }
}
