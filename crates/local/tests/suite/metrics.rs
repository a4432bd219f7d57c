use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use duly_local::{Metrics, Priority, RetryPolicy, Shutdown, Task};

use crate::support::{World, both, nap, until_logged};

const MS: Duration = Duration::from_millis(1);

/// What was taken in is somewhere, and nowhere twice.
pub(crate) fn assert_whole(metrics: &Metrics, workers: usize) {
    let counts = &metrics.counts;
    let ended = counts.completed
        + counts.failed
        + counts.timed_out
        + counts.cancelled
        + counts.expired
        + counts.aborted
        + counts.returned;
    let here = metrics.queued() + metrics.running as u64;
    assert_eq!(counts.submitted, ended + here, "{metrics:?}");
    assert!(metrics.running <= workers, "{metrics:?}");
    let started = metrics.wait.count;
    assert_eq!(
        started,
        metrics.run.count + metrics.running as u64,
        "{metrics:?}"
    );
}

both! {
    @paused async fn the_numbers_are_those_of_what_happened(world: World) {
        let scheduler = world.builder(2).start();
        let policy = RetryPolicy::exponential(MS).attempts(2);
        for _ in 0..3 {
            scheduler.submit(Task::new("done", nap(5 * MS))).await.unwrap();
        }
        let failing = Task::retryable("fails", || async { Err::<(), _>("down") });
        scheduler.submit(failing.retry(policy)).await.unwrap();
        let slow = Task::new("slow", nap(3_600_000 * MS)).timeout(10 * MS);
        scheduler.submit(slow).await.unwrap();
        scheduler.submit(Task::new("off", async {}).after(3_600_000 * MS)).await.unwrap().cancel();
        scheduler.wait_idle().await;
        let metrics = scheduler.metrics();
        let counts = metrics.counts;
        assert_eq!((counts.submitted, counts.completed, counts.failed), (6, 3, 1));
        assert_eq!((counts.timed_out, counts.cancelled, counts.retried), (1, 1, 1));
        assert_eq!(metrics.success_rate(), Some(0.6));
        assert_eq!((metrics.workers, metrics.running, metrics.queued()), (2, 0, 0));
        assert_eq!((metrics.run.count, metrics.wait.count), (6, 6));
        assert!(metrics.run.max >= 10 * MS && metrics.run.p50 <= metrics.run.p95);
        assert!(metrics.completed_per_second > 0.0 && metrics.age >= 10 * MS);
        assert_whole(&metrics, 2);
        let report = metrics.to_string();
        assert!(report.contains("6 submitted  3 completed  1 failed  1 timed out"), "{report}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn the_depth_is_told_for_each_priority(world: World) {
        let scheduler = world.builder(1).build();
        for (many, priority) in (1..).zip(Priority::ALL) {
            for _ in 0..many {
                scheduler.submit(Task::new("n", async {}).priority(priority)).await.unwrap();
            }
        }
        assert_eq!(scheduler.metrics().depth, [1, 2, 3, 4]);
        assert_eq!(scheduler.metrics().queued(), 10);
        scheduler.shutdown(Shutdown::Now).await;
        assert_eq!(scheduler.metrics().depth, [0; 4]);
    }

    async fn a_report_is_written_to_the_log(world: World) {
        let workers = if world == World::Threads { 37 } else { 38 };
        let scheduler = world.builder(workers).report_every(5 * MS).start();
        let line = until_logged(&["INFO", &format!("0 of {workers} busy")]).await;
        assert!(line.contains("p99"), "{line}");
        scheduler.shutdown(Shutdown::Drain).await;
    }

    async fn no_snapshot_is_torn(world: World) {
        let scheduler = world.builder(4).capacity(100).start();
        let stop = Arc::new(AtomicBool::new(false));
        let (watched, seen) = (scheduler.clone(), stop.clone());
        let watcher = std::thread::spawn(move || {
            let mut snapshots = 0;
            while !seen.load(Ordering::Relaxed) {
                assert_whole(&watched.metrics(), 4);
                snapshots += 1;
            }
            snapshots
        });
        for n in 0..20_000 {
            let task = Task::new("n", async move { if n % 3 == 0 { Err("no") } else { Ok(n) } });
            let handle = scheduler.submit(task.priority(Priority::ALL[n % 4])).await.unwrap();
            if n % 5 == 0 {
                handle.cancel();
            } else if n % 7 == 0 {
                handle.set_priority(Priority::Critical);
            }
        }
        let left = scheduler.shutdown(Shutdown::Graceful(MS)).await;
        stop.store(true, Ordering::Relaxed);
        assert!(watcher.join().unwrap() > 0);
        drop(left);
        let metrics = scheduler.metrics();
        assert_whole(&metrics, 4);
        assert_eq!(metrics.counts.submitted, 20_000);
        assert_eq!((metrics.queued(), metrics.running), (0, 0));
    }
}
