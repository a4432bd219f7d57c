//! The whole way of a job: submitted, claimed, run by a handler that does nothing, and settled, by a
//! real worker.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use duly_core::State;
use duly_runtime::{Context, Worker, WorkerBuilder};
use duly_store::{Payload, SystemClock};
use serde_json::Value;
use tokio::sync::Notify;

use super::limit::BATCH;
use super::throughput::Round;
use super::{PAYLOAD, ids};
use crate::port::{KIND, Port};
use crate::stats::rate;

/// Handlers at once.
const CONCURRENCY: u32 = 500;
/// Tasks that the steady pattern lets wait.
const AHEAD: u32 = 10 * BATCH;
/// How often the end is looked for, once all handlers have run.
const LOOK: Duration = Duration::from_millis(2);

#[derive(Default)]
struct Count {
    ran: AtomicU32,
    ran_some: Notify,
}

pub(super) async fn round(phased: &Path, steady: &Path, tasks: u32) -> anyhow::Result<Round> {
    let port = Port::sqlite(phased).await?;
    let begin = Instant::now();
    submit(&port, tasks, None).await?;
    let submitted = rate(tasks, begin.elapsed());
    let count = Arc::new(Count::default());
    let begin = Instant::now();
    let worker = start(&port, &count)?;
    all_done(&port, &count, tasks).await?;
    let drain = rate(tasks, begin.elapsed());
    worker.shutdown(Duration::from_secs(5)).await;
    port.store.close().await?;

    let port = Port::sqlite(steady).await?;
    let count = Arc::new(Count::default());
    let worker = start(&port, &count)?;
    let begin = Instant::now();
    submit(&port, tasks, Some(&count)).await?;
    all_done(&port, &count, tasks).await?;
    let cycle = rate(tasks, begin.elapsed());
    worker.shutdown(Duration::from_secs(5)).await;
    port.store.close().await?;
    Ok(Round {
        submit: submitted,
        drain,
        cycle,
    })
}

fn start(port: &Port, count: &Arc<Count>) -> anyhow::Result<Worker> {
    let count = Arc::clone(count);
    let handler = move |_: Value, _: Context| {
        let count = Arc::clone(&count);
        async move {
            count.ran.fetch_add(1, Ordering::Relaxed);
            count.ran_some.notify_one();
            Ok::<_, std::convert::Infallible>(())
        }
    };
    Ok(
        WorkerBuilder::new(Arc::clone(&port.store), Arc::new(SystemClock))
            .concurrency(CONCURRENCY)
            .handle(KIND, handler)
            .start()?,
    )
}

/// Submits in batches; with a count, never further ahead of the handlers than [`AHEAD`].
async fn submit(port: &Port, tasks: u32, count: Option<&Arc<Count>>) -> anyhow::Result<()> {
    let payload = Payload::json(PAYLOAD);
    let mut submitted = 0;
    for batch in ids(tasks).chunks(BATCH as usize) {
        port.submit(batch, &payload).await?;
        submitted += BATCH;
        if let Some(count) = count {
            while submitted > count.ran.load(Ordering::Relaxed) + AHEAD {
                count.ran_some.notified().await;
            }
        }
    }
    Ok(())
}

async fn all_done(port: &Port, count: &Count, tasks: u32) -> anyhow::Result<()> {
    while count.ran.load(Ordering::Relaxed) < tasks {
        count.ran_some.notified().await;
    }
    loop {
        let queues = port.store.queues().await?;
        if queues
            .iter()
            .map(|q| q.counts.of(State::Completed))
            .sum::<u64>()
            >= u64::from(tasks)
        {
            return Ok(());
        }
        // poll interval: a benchmark measures real time
        tokio::time::sleep(LOOK).await;
    }
}
