//! A rate of 50 a second with a burst of 10 under saturation: how many it lets begin, and whether it ever
//! lets more begin than it says, in any window; in virtual time, and in real time by a real worker.

use std::sync::Arc;
use std::time::Duration;

use duly_core::{EventKind, Limit, Rate, Timestamp};
use duly_runtime::{Context, WorkerBuilder};
use duly_store::{Clock, EventCursor, LimitUse, ManualClock, NewTask, SystemClock};
use serde_json::{Value, json};

use super::house::{House, Stream};
use crate::port::{KIND, Port, done};
use crate::stats::rounded;

const PER_SECOND: u32 = 50;
const BURST: u32 = 10;
/// What the rate lets begin in each second, in microseconds from one to the next.
const STEP_US: i64 = 1_000_000 / PER_SECOND as i64;
const NAME: &str = "pace";
/// How long virtual time is watched.
const VIRTUAL: u32 = 60;
const PAGE: u32 = 1_000;

pub(super) async fn run(house: &House<'_>, seconds: u32) -> anyhow::Result<Value> {
    println!(
        "{}: {PER_SECOND} a second, {BURST} at once, for {seconds} s",
        house.store
    );
    Ok(json!({
        "virtual": figures("virtual", VIRTUAL, &by_claims(house).await?),
        "real": figures("real", seconds, &by_worker(house, seconds).await?),
    }))
}

fn figures(time: &str, seconds: u32, starts: &[Timestamp]) -> Value {
    let allowed = BURST + PER_SECOND * seconds;
    let begun = starts.len();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let of_allowed = begun as f64 / f64::from(allowed);
    let most = surplus(starts);
    println!(
        "{time:<8} {begun} of {allowed} began ({:.1} %); most above the rate in any window: {most}",
        100.0 * of_allowed
    );
    json!({ "begun": begun, "allowed": allowed, "of_allowed": rounded(of_allowed), "above": most })
}

/// By how many the fullest of all windows is above the burst and what came since its first; 0 or less:
/// none is.
fn surplus(starts: &[Timestamp]) -> i64 {
    let mut most = i64::MIN;
    for (first, begin) in starts.iter().enumerate() {
        for (count, end) in (1..).zip(&starts[first..]) {
            let since = (end.as_micros() - begin.as_micros()) / STEP_US;
            most = most.max(count - i64::from(BURST) - since);
        }
    }
    most
}

async fn saturated(port: &Port, tasks: u32) -> anyhow::Result<()> {
    let rate = Rate::new(PER_SECOND, Duration::from_secs(1)).burst(BURST);
    let limit = Some(Limit::rate(rate));
    port.store.configure_limit(NAME.into(), limit).await?;
    let limited = |task: &mut NewTask, _| task.limits = vec![LimitUse::one(NAME)];
    Stream::default().fill(port, tasks, limited).await
}

/// Claims whenever the store says that asking helps.
async fn by_claims(house: &House<'_>) -> anyhow::Result<Vec<Timestamp>> {
    let clock = Arc::new(ManualClock::default());
    let port = house.open_at(Arc::clone(&clock) as Arc<dyn Clock>).await?;
    saturated(&port, 2 * PER_SECOND * VIRTUAL).await?;
    let end = clock.now() + Duration::from_secs(u64::from(VIRTUAL));
    let mut starts = Vec::new();
    while clock.now() <= end {
        let claimed = port.take(PER_SECOND).await?;
        starts.extend(claimed.leases.iter().map(|_| claimed.at));
        port.complete(claimed.leases.iter().map(done).collect())
            .await?;
        let Some(next) = claimed.next_at else {
            anyhow::bail!("a claim says when there is a permit");
        };
        clock.set(next);
    }
    port.store.close().await?;
    Ok(starts)
}

/// A worker works, and the store's events tell when what began.
async fn by_worker(house: &House<'_>, seconds: u32) -> anyhow::Result<Vec<Timestamp>> {
    let port = house.open().await?;
    saturated(&port, 2 * PER_SECOND * seconds).await?;
    let nothing = |_: Value, _: Context| async { Ok::<_, std::convert::Infallible>(()) };
    let worker = WorkerBuilder::new(Arc::clone(&port.store), Arc::new(SystemClock))
        .concurrency(PER_SECOND)
        .handle(KIND, nothing)
        .start()?;
    // The time begins with the first claim, which a worker makes at once.
    // poll interval: a benchmark watches real time
    tokio::time::sleep(Duration::from_secs(u64::from(seconds))).await;
    worker.shutdown(Duration::from_secs(5)).await;
    let mut starts = started(&port).await?;
    starts.sort_unstable();
    if let Some(first) = starts.first().copied() {
        let end = first + Duration::from_secs(u64::from(seconds));
        starts.retain(|start| *start <= end);
    }
    port.store.close().await?;
    Ok(starts)
}

async fn started(port: &Port) -> anyhow::Result<Vec<Timestamp>> {
    let (mut starts, mut after) = (Vec::new(), EventCursor::START);
    loop {
        let page = port.store.events(after, PAGE).await?;
        let begun = page.events.iter();
        let begun = begun.filter(|event| event.kind == EventKind::Started);
        starts.extend(begun.map(|event| event.at));
        if page.events.is_empty() {
            return Ok(starts);
        }
        after = page.next;
    }
}
