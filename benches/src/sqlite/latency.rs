//! Latency when idle: from the call of submit to the start of the handler, in one process and from
//! another store on the same file, beside what an fsync costs here and now.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duly_runtime::{Context, WorkerBuilder};
use duly_store::{Payload, SystemClock};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{PAYLOAD, ids_from};
use crate::port::{KIND, Port};
use crate::stats::{millis, percentile};

/// Submits measured, one at a time.
const SAMPLES: u32 = 300;
/// Rest between two: the worker and the disk have nothing to do.
const REST: Duration = Duration::from_millis(15);

pub(crate) async fn run(dir: &Path) -> anyhow::Result<Value> {
    let path = dir.join("latency.db");
    let (here, there) = (Port::sqlite(&path).await?, Port::sqlite(&path).await?);
    let (started, mut starts) = mpsc::unbounded_channel();
    let handler = move |_: Value, _: Context| {
        let _ = started.send(Instant::now());
        std::future::ready(Ok::<_, std::convert::Infallible>(()))
    };
    let worker = WorkerBuilder::new(Arc::clone(&here.store), Arc::new(SystemClock))
        .concurrency(4)
        .handle(KIND, handler)
        .start()?;
    let fsync = figures("fsync (4 KiB)", &mut fsyncs(&dir.join("fsync"))?);
    let (mut own, mut own_submit) = sample(&here, &mut starts, 1 << 40).await?;
    let (mut foreign, _) = sample(&there, &mut starts, 1 << 41).await?;
    let report = json!({
        "fsync_ms": fsync,
        "submit_ms": figures("submit returns", &mut own_submit),
        "start_ms": figures("handler starts", &mut own),
        "start_from_another_store_ms": figures("… submitted on another store", &mut foreign),
    });
    worker.shutdown(Duration::from_secs(5)).await;
    there.store.close().await?;
    here.store.close().await?;
    Ok(report)
}

async fn sample(
    port: &Port,
    starts: &mut mpsc::UnboundedReceiver<Instant>,
    seed: u64,
) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    let payload = Payload::json(PAYLOAD);
    let (mut started, mut submitted) = (Vec::new(), Vec::new());
    for id in ids_from(seed, SAMPLES) {
        // poll interval: a benchmark measures real time
        tokio::time::sleep(REST).await;
        let begin = Instant::now();
        port.submit(&[id], &payload).await?;
        submitted.push(millis(begin.elapsed()));
        if let Some(at) = starts.recv().await {
            started.push(millis(at.saturating_duration_since(begin)));
        }
    }
    Ok((started, submitted))
}

/// What it costs to write 4 KiB and make it durable.
pub(crate) fn fsyncs(path: &Path) -> anyhow::Result<Vec<f64>> {
    let mut file = File::create(path)?;
    let mut samples = Vec::new();
    for _ in 0..SAMPLES {
        file.rewind()?;
        let begin = Instant::now();
        file.write_all(&[1; 4_096])?;
        file.sync_data()?;
        samples.push(millis(begin.elapsed()));
    }
    Ok(samples)
}

pub(crate) fn figures(what: &str, samples: &mut [f64]) -> Value {
    let (p50, p99) = (percentile(samples, 50.0), percentile(samples, 99.0));
    println!("{what:<30} p50 {p50:>6.3} ms   p99 {p99:>6.3} ms");
    json!({ "p50": rounded_fine(p50), "p99": rounded_fine(p99) })
}

/// Microseconds are of interest here.
fn rounded_fine(millis: f64) -> f64 {
    (millis * 1_000.0).round() / 1_000.0
}
