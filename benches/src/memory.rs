//! What a pending task costs in the memory store, besides its payload.

use std::sync::Arc;

use duly_core::TaskId;
use duly_store::{MemoryStore, NewTask, Payload, Store, Submit, SystemClock};
use serde_json::json;

/// Bytes of each payload: not counted.
const PAYLOAD: usize = 64;
/// Tasks of one submit.
const BATCH: u32 = 10_000;

pub(crate) fn run(tasks: u32) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let store = MemoryStore::new(Arc::new(SystemClock));
    let before = resident()?;
    for first in (0..tasks).step_by(BATCH as usize) {
        let tasks = (first..(first + BATCH).min(tasks)).map(task).collect();
        runtime.block_on(store.submit(Submit { tasks }))?;
    }
    let bytes = resident()?.saturating_sub(before);
    let each = bytes / u64::from(tasks);
    let beside = each.saturating_sub(PAYLOAD as u64);
    println!("{tasks} pending tasks: {each} bytes each, {beside} besides the payload");
    println!(
        "{}",
        json!({ "bench": "memory", "tasks": tasks, "bytes_per_task": beside })
    );
    Ok(())
}

fn task(n: u32) -> NewTask {
    let mut id = [0x5a; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    NewTask::new(
        TaskId::from_bytes(id),
        "kind",
        Payload::bytes(vec![0; PAYLOAD]),
    )
}

/// Bytes of this process that are in memory.
pub(crate) fn resident() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap_or_default();
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib * 1_024)
}
