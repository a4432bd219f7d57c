//! Growth: the same work at larger and larger backlogs, ours and the limit at the same backlog.

use std::path::Path;
use std::time::Instant;

use duly_store::Payload;
use serde_json::{Value, json};

use super::PAYLOAD;
use super::limit::{BATCH, Limit};
use crate::port::Port;
use crate::stats::{median, rate, rounded};

/// Tasks cycled (submitted, claimed, completed) at each backlog and repeat.
const CYCLED: u32 = 20_000;
/// How often, ours and the limit in turn.
const REPEATS: usize = 5;

pub(crate) async fn run(dir: &Path, largest: u32) -> anyhow::Result<Value> {
    let (ours_file, limit_file) = (dir.join("growth-ours.db"), dir.join("growth-limit.db"));
    Port::sqlite(&limit_file).await?.store.close().await?;
    let mut limit = Limit::open(&limit_file)?;
    let port = Port::sqlite(&ours_file).await?;
    let payload = Payload::json(PAYLOAD);
    let backlogs = [10_000, 100_000, 1_000_000, 2_000_000]
        .into_iter()
        .filter(|n| *n <= largest);
    let (mut pending, mut rows, mut seed) = (0, Vec::new(), 0);
    for backlog in backlogs {
        for batch in super::ids_from(u64::from(pending), backlog - pending).chunks(BATCH as usize) {
            port.submit(batch, &payload).await?;
            limit.submit(batch, PAYLOAD.as_bytes())?;
        }
        pending = backlog;
        let (mut our, mut their, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for repeat in 0..=REPEATS {
            seed += 1;
            let ids = super::ids_from(u64::MAX / 2 + seed * u64::from(CYCLED), CYCLED);
            let (a, b) = (
                cycle_port(&port, &ids, &payload).await?,
                cycle_limit(&mut limit, &ids)?,
            );
            // The first comes right after the loading of the backlog, and pays for it.
            if repeat > 0 {
                our.push(a);
                their.push(b);
                ratios.push(a / b);
            }
        }
        let (our, their, ratio) = (median(&our), median(&their), median(&ratios));
        println!(
            "{backlog:>9} pending: cycle {our:>8.0}/s   limit {their:>8.0}/s   ratio {ratio:.2}"
        );
        rows.push(json!({
            "pending": backlog,
            "cycle_per_s": our.round(),
            "limit_per_s": their.round(),
            "ratio": rounded(ratio),
        }));
    }
    port.store.close().await?;
    Ok(Value::Array(rows))
}

async fn cycle_port(port: &Port, ids: &[[u8; 16]], payload: &Payload) -> anyhow::Result<f64> {
    let begin = Instant::now();
    for batch in ids.chunks(BATCH as usize) {
        port.submit(batch, payload).await?;
        let taken = port.claim(BATCH).await?;
        port.complete(taken).await?;
    }
    Ok(rate(CYCLED, begin.elapsed()))
}

fn cycle_limit(limit: &mut Limit, ids: &[[u8; 16]]) -> anyhow::Result<f64> {
    let begin = Instant::now();
    for batch in ids.chunks(BATCH as usize) {
        limit.submit(batch, PAYLOAD.as_bytes())?;
        let taken = limit.claim(BATCH)?;
        limit.complete(&taken)?;
    }
    Ok(rate(CYCLED, begin.elapsed()))
}
