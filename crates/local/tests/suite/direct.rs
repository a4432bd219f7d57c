use std::time::Duration;

use duly_local::{Backoff, Jitter, RetryPolicy, Task, TaskError, TaskResult};

use crate::support::{Log, World, both, nap};

const LONG: Duration = Duration::from_secs(3_600);

both! {
    @paused async fn a_task_runs_without_a_scheduler(world: World) {
        let task = Task::new("add", async { Ok::<_, String>(1 + 1) });
        assert_eq!(task.run().await.unwrap(), Ok(2));
        let failing = Task::new("fail", async { Err::<(), _>("down") });
        assert_eq!(failing.run().await.unwrap(), Err("down"), "in {world:?}");
    }

    @paused async fn a_direct_run_ends_with_its_timeout(world: World) {
        let after = Duration::from_millis(20);
        let start = world.now();
        let ended = Task::new("nap", nap(LONG)).run_with_timeout(after).await;
        assert_eq!(ended, Err(TaskError::TimedOut { after }));
        assert!(start.elapsed() >= after);
        let ended = Task::new("nap", nap(LONG)).timeout(after).run().await;
        assert_eq!(ended, Err(TaskError::TimedOut { after }));
        let quick = Task::new("quick", async {}).run_with_timeout(LONG).await;
        assert_eq!(quick, Ok(()));
    }

    @paused async fn a_direct_run_waits_longer_from_try_to_try(world: World) {
        let (starts, start) = (Log::default(), world.now());
        let log = starts.clone();
        let task = Task::retryable("fetch", move || {
            log.push(start.elapsed());
            async { Err::<(), _>("down") }
        });
        let policy = RetryPolicy::exponential(Duration::from_millis(20))
            .attempts(4)
            .jitter(Jitter::None);
        assert_eq!(task.run_with_retry(policy).await.unwrap(), Err("down"));
        let starts = starts.read();
        let gaps: Vec<_> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(gaps.len(), 3);
        for (gap, ms) in gaps.iter().zip([20, 40, 80]) {
            assert!(*gap >= Duration::from_millis(ms), "{gaps:?}");
            if world == World::Paused {
                assert!(*gap <= Duration::from_millis(ms + 2), "{gaps:?}");
            }
        }
    }

    @paused async fn a_direct_run_times_each_attempt(world: World) {
        let attempts = Log::default();
        let log = attempts.clone();
        let task = Task::retryable("nap", move || {
            log.push(());
            nap(LONG)
        });
        let policy = RetryPolicy::exponential(Duration::from_millis(1)).attempts(3);
        let after = Duration::from_millis(10);
        let ended = task.timeout(after).run_with_retry(policy).await;
        assert_eq!(ended, Err(TaskError::TimedOut { after }), "in {world:?}");
        assert_eq!(attempts.read().len(), 3);
    }

    @paused async fn a_panic_of_a_direct_run_is_its_failure(world: World) {
        let task = Task::new("burn", async move { panic!("on fire in {world:?}") });
        let message = format!("on fire in {world:?}");
        assert_eq!(task.run().await, Err::<(), _>(TaskError::Panicked { message }));
    }
}

#[test]
fn the_policy_is_exponential_with_a_ceiling_and_jitter() {
    let base = Duration::from_secs(1);
    let policy = RetryPolicy::exponential(base).jitter(Jitter::None);
    let delays: Vec<_> = (1..5)
        .map(|spent| policy.delay(spent, 0).as_secs())
        .collect();
    assert_eq!(delays, [1, 2, 4, 8]);
    let ceiling = policy.ceiling(Duration::from_secs(3));
    assert_eq!(ceiling.delay(9, 0), Duration::from_secs(3));
    let jitter = policy.jitter(Jitter::Full);
    let spread: std::collections::HashSet<_> = (0..100)
        .map(|n: u64| jitter.delay(3, n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    assert!(spread.len() > 50 && spread.iter().all(|delay| *delay <= base * 4));
    assert!(matches!(
        RetryPolicy::default().backoff,
        Backoff::Exponential { .. }
    ));
}

#[test]
fn a_result_says_whether_a_retry_is_worth_it() {
    assert!(!TaskResult::Success("fine".into()).is_worth_a_retry());
    assert!(TaskResult::Failure("down".into()).is_worth_a_retry());
    assert!(TaskResult::Timeout.is_worth_a_retry());
    assert_eq!(
        TaskResult::Failure("down".into()).to_string(),
        "failure: down"
    );
}
