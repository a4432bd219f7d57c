//! A tenant with 100,000 tasks beside 99 with 100 each, in virtual time: how long those of the small ones
//! wait, beside what they would alone with a hundredth of the workers.

use std::sync::Arc;
use std::time::Duration;

use duly_store::{Clock, ManualClock, NewTask, QueueChange};
use serde_json::{Value, json};

use super::house::{House, Stream};
use crate::port::done;
use crate::stats::{percentile, rounded};

const WORKERS: u32 = 100;
const SMALL: u32 = 99;
const EACH: u32 = 100;
const LARGE: u32 = 100_000;
/// How long each task runs.
const RUN: Duration = Duration::from_secs(1);

pub(super) async fn run(house: &House<'_>) -> anyhow::Result<Value> {
    println!(
        "{}: a tenant with {LARGE} tasks beside {SMALL} with {EACH} each",
        house.store
    );
    // Alone with one worker, the n-th waits for n others.
    let mut alone: Vec<f64> = (0..EACH)
        .map(|n| f64::from(n) * RUN.as_secs_f64())
        .collect();
    let alone = percentile(&mut alone, 95.0);
    let (fair, unfair) = (waits(house, true).await?, waits(house, false).await?);
    let ratio = fair / alone;
    println!(
        "p95 wait of the small ones: in turns {fair:.0} s, alone with a hundredth {alone:.0} s, \
         ratio {ratio:.2}; not in turns {unfair:.0} s"
    );
    Ok(json!({
        "p95_s": fair, "alone_p95_s": alone, "ratio": rounded(ratio), "unfair_p95_s": unfair,
    }))
}

async fn waits(house: &House<'_>, fair: bool) -> anyhow::Result<f64> {
    let clock = Arc::new(ManualClock::default());
    let port = house.open_at(Arc::clone(&clock) as Arc<dyn Clock>).await?;
    let turns = QueueChange {
        fair: Some(fair),
        ..QueueChange::default()
    };
    let queue = NewTask::QUEUE_DEFAULT;
    port.store.configure(queue.into(), turns).await?;
    let mut stream = Stream::default();
    let large = |task: &mut NewTask, _| task.tenant = Some("large".into());
    stream.fill(&port, LARGE, large).await?;
    // The small ones come afterwards, one after the other.
    let small = |task: &mut NewTask, n: u32| {
        task.tenant = Some(format!("small-{}", (n - LARGE) / EACH).into());
        task.labels.insert("small".into(), "yes".into());
    };
    stream.fill(&port, SMALL * EACH, small).await?;
    let (begin, mut waits) = (clock.now(), Vec::new());
    while waits.len() < (SMALL * EACH) as usize {
        let claimed = port.take(WORKERS).await?;
        let waited = (claimed.at.as_micros() - begin.as_micros()) / 1_000_000;
        let of_small = claimed.leases.iter();
        let of_small = of_small.filter(|lease| lease.labels.contains_key("small"));
        waits.extend(of_small.map(|_| f64::from(u32::try_from(waited).unwrap_or(u32::MAX))));
        clock.advance(RUN);
        port.complete(claimed.leases.iter().map(done).collect())
            .await?;
    }
    port.store.close().await?;
    Ok(percentile(&mut waits, 95.0))
}
