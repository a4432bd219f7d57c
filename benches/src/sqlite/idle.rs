//! What an idle worker with housekeeping costs.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duly_runtime::{Context, WorkerBuilder};
use duly_store::SystemClock;
use serde_json::{Value, json};

use crate::cpu;
use crate::port::{KIND, Port};
use crate::stats::rounded;

/// How long it is watched.
const WATCHED: Duration = Duration::from_secs(20);
/// Time to come to rest first.
const SETTLE: Duration = Duration::from_secs(2);

pub(crate) async fn run(dir: &Path) -> anyhow::Result<Value> {
    let port = Port::sqlite(&dir.join("idle.db")).await?;
    let handler = |_: Value, _: Context| std::future::ready(Ok::<_, std::convert::Infallible>(()));
    let worker = WorkerBuilder::new(Arc::clone(&port.store), Arc::new(SystemClock))
        .handle(KIND, handler)
        .start()?;
    // poll interval: a benchmark measures real time
    tokio::time::sleep(SETTLE).await;
    let (before, begin) = (cpu::of_process()?, Instant::now());
    // poll interval: a benchmark measures real time
    tokio::time::sleep(WATCHED).await;
    let spent = cpu::of_process()?.saturating_sub(before);
    let share = spent.as_secs_f64() / begin.elapsed().as_secs_f64() * 100.0;
    println!("an idle worker with housekeeping: {share:.2} % of a core");
    worker.shutdown(Duration::from_secs(5)).await;
    port.store.close().await?;
    Ok(json!({ "core_percent": rounded(share) }))
}
