//! What a queued task costs in memory, besides its closure.

use duly_local::{Handle, Scheduler, Task};
use serde_json::{Value, json};

use super::runtime;
use crate::memory::resident;

/// Bytes of each closure: not counted.
const CLOSURE: usize = 64;
/// Tasks of one batch.
const BATCH: u32 = 10_000;

pub(super) fn run(tasks: u32) -> anyhow::Result<Value> {
    let runtime = runtime()?;
    let _entered = runtime.enter();
    // It does not start: all of them wait.
    let scheduler = Scheduler::builder().capacity(tasks as usize).build();
    let mut handles: Vec<Handle<()>> = Vec::with_capacity(tasks as usize);
    let before = resident()?;
    for _ in 0..tasks / BATCH {
        let batch = (0..BATCH).map(|_| task()).collect();
        handles.extend(scheduler.try_submit_batch(batch)?);
    }
    let bytes = resident()?.saturating_sub(before) / u64::from(tasks);
    let beside = bytes.saturating_sub(CLOSURE as u64);
    println!(
        "{tasks} queued closures of {CLOSURE} bytes: {bytes} bytes each, {beside} besides the closure"
    );
    Ok(json!({ "tasks": tasks, "bytes_per_task": beside }))
}

fn task() -> Task<()> {
    let payload = [7_u8; CLOSURE];
    Task::new("closure", async move {
        std::hint::black_box(payload);
    })
}
