//! Duly: handed in, run, and the result taken from every handle.

use std::time::{Duration, Instant};

use duly_local::{Builder, Handle, Scheduler, Shutdown, Task, block_on};

use super::{WORKERS, runtime};

/// Tasks of one batch.
const BATCH: u32 = 1_000;

pub(super) fn on_tokio(tasks: u32) -> anyhow::Result<Duration> {
    let runtime = runtime()?;
    runtime.block_on(async { tokio::spawn(measure(Scheduler::builder(), tasks)).await? })
}

pub(super) fn on_threads(tasks: u32) -> anyhow::Result<Duration> {
    block_on(measure(Scheduler::builder().threads(), tasks))
}

async fn measure(builder: Builder, tasks: u32) -> anyhow::Result<Duration> {
    let scheduler = builder.workers(WORKERS).capacity(tasks as usize).start();
    let start = Instant::now();
    let mut handles: Vec<Handle<()>> = Vec::with_capacity(tasks as usize);
    for _ in 0..tasks / BATCH {
        let batch = (0..BATCH).map(|_| Task::new("no-op", async {})).collect();
        handles.extend(scheduler.submit_batch(batch).await?);
    }
    for handle in handles {
        handle.await?;
    }
    let took = start.elapsed();
    scheduler.shutdown(Shutdown::Drain).await;
    Ok(took)
}
