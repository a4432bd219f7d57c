//! How long an urgent task waits when every worker is busy and much else waits: beyond the instant at
//! which a worker is free.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use duly_local::{Priority, Scheduler, Shutdown, Task};
use serde_json::{Value, json};

use super::{WORKERS, runtime};
use crate::stats::{millis, percentile, rounded};

/// How many unimportant tasks wait.
const BACKLOG: u32 = 100_000;
/// How long each of them takes.
const WORK: Duration = Duration::from_millis(1);
/// How many urgent tasks are measured.
const SAMPLES: u32 = 1_000;

/// When a worker was last free.
type Freed = Arc<Mutex<Instant>>;

pub(super) fn run() -> anyhow::Result<Value> {
    let mut waits = runtime()?.block_on(async { tokio::spawn(measure()).await? })?;
    let (p50, p99) = (percentile(&mut waits, 50.0), percentile(&mut waits, 99.0));
    println!(
        "an urgent task before {BACKLOG} others: p50 {p50:.3} ms, p99 {p99:.3} ms after a worker was free"
    );
    Ok(json!({ "p50_ms": rounded(p50), "p99_ms": rounded(p99) }))
}

/// The waits of urgent tasks, in milliseconds.
async fn measure() -> anyhow::Result<Vec<f64>> {
    let scheduler = Scheduler::builder()
        .workers(WORKERS)
        .capacity(BACKLOG as usize * 2)
        .start();
    let freed: Freed = Arc::new(Mutex::new(Instant::now()));
    let backlog = (0..BACKLOG).map(|_| busy(freed.clone()).priority(Priority::Low));
    scheduler.submit_batch(backlog.collect()).await?;
    let mut waits = Vec::new();
    for _ in 0..SAMPLES {
        let submitted = Instant::now();
        let seen = freed.clone();
        let urgent = Task::new("urgent", async move {
            let started = Instant::now();
            let free = *seen.lock().unwrap_or_else(PoisonError::into_inner);
            Ok::<_, String>(started.duration_since(free.max(submitted)))
        });
        let handle = scheduler
            .submit(urgent.priority(Priority::Critical))
            .await?;
        let waited = handle.await?.map_err(anyhow::Error::msg)?;
        waits.push(millis(waited));
    }
    scheduler.shutdown(Shutdown::Now).await;
    Ok(waits)
}

/// Waits a while, as a request would, and notes when its worker is free again.
fn busy(freed: Freed) -> Task<()> {
    Task::new("busy", async move {
        // poll interval: none, the sleep is the work.
        duly_local::sleep(WORK).await;
        *freed.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    })
}
