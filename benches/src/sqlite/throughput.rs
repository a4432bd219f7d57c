//! Submit, drain and cycle: ours and the limit in turn, several rounds, medians and ratios.

use std::path::Path;
use std::time::{Duration, Instant};

use duly_store::Payload;
use serde_json::{Value, json};

use super::limit::{BATCH, Limit};
use super::{PAYLOAD, bare, ids, worker};
use crate::port::Port;
use crate::stats::{median, rate, rounded};

/// Tasks a second in one round: submit all, drain all, and cycle all in steady pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    pub(super) submit: f64,
    pub(super) drain: f64,
    pub(super) cycle: f64,
}

/// What was measured, round by round, each beside the others.
#[derive(Default)]
struct Rounds {
    limit: Vec<Round>,
    /// The store through its port, in the batches of the limit.
    port: Vec<Round>,
    /// The whole way: jobs that a real worker runs.
    worker: Vec<Round>,
    bare: Vec<(Duration, Duration)>,
}

pub(crate) async fn run(dir: &Path, tasks: u32, rounds: u32) -> anyhow::Result<Value> {
    let mut all = Rounds::default();
    for round in 0..rounds {
        let file = |who: &str| dir.join(format!("{who}-{round}.db"));
        let limit = by_hand(&file("limit"), &file("limit-steady"), tasks).await?;
        let port = by_port(&file("port"), &file("port-steady"), tasks).await?;
        let worker = worker::round(&file("worker"), &file("worker-steady"), tasks).await?;
        all.bare
            .push(bare::phased(&file("bare"), tasks, PAYLOAD.as_bytes())?);
        println!(
            "round {}: drain {:.0}/s, by a worker {:.0}/s, limit {:.0}/s; \
             cycle {:.0}/s, by a worker {:.0}/s, limit {:.0}/s",
            round + 1,
            port.drain,
            worker.drain,
            limit.drain,
            port.cycle,
            worker.cycle,
            limit.cycle,
        );
        all.limit.push(limit);
        all.port.push(port);
        all.worker.push(worker);
    }
    Ok(report(&all, tasks))
}

/// The port alone, for a profiler, or to compare two builds in turn.
pub(crate) async fn port(dir: &Path, tasks: u32, rounds: u32) -> anyhow::Result<Value> {
    let mut all = Vec::new();
    for round in 0..rounds {
        let file = |who: &str| dir.join(format!("{who}-{round}.db"));
        all.push(by_port(&file("alone"), &file("alone-steady"), tasks).await?);
    }
    let middle = |of: fn(&Round) -> f64| {
        let all: Vec<f64> = all.iter().map(of).collect();
        median(&all).round()
    };
    let (submit, drain, cycle) = (
        middle(|round| round.submit),
        middle(|round| round.drain),
        middle(|round| round.cycle),
    );
    println!("submit {submit:.0}/s   drain {drain:.0}/s   cycle {cycle:.0}/s");
    Ok(json!({ "submit_per_s": submit, "drain_per_s": drain, "cycle_per_s": cycle }))
}

fn report(all: &Rounds, tasks: u32) -> Value {
    let bare_submit = median(
        &all.bare
            .iter()
            .map(|b| rate(tasks, b.0))
            .collect::<Vec<_>>(),
    );
    let bare_drain = median(
        &all.bare
            .iter()
            .map(|b| rate(tasks, b.1))
            .collect::<Vec<_>>(),
    );
    let (limit, port, worker) = (&all.limit, &all.port, &all.worker);
    let report = json!({
        "submit": figures("submit", port, limit, |r| r.submit),
        "drain": figures("drain", port, limit, |r| r.drain),
        "cycle": figures("cycle", port, limit, |r| r.cycle),
        "worker_drain": figures("drain by a worker", worker, limit, |r| r.drain),
        "worker_cycle": figures("cycle by a worker", worker, limit, |r| r.cycle),
        "bare_table": { "submit_per_s": bare_submit.round(), "drain_per_s": bare_drain.round() },
    });
    println!("bare job table, for reference: submit {bare_submit:.0}/s, drain {bare_drain:.0}/s");
    report
}

/// Medians of both, and of the ratios round by round.
fn figures(what: &str, ours: &[Round], limit: &[Round], of: fn(&Round) -> f64) -> Value {
    let (ours, limit): (Vec<f64>, Vec<f64>) = (
        ours.iter().map(of).collect(),
        limit.iter().map(of).collect(),
    );
    let ratios: Vec<f64> = ours.iter().zip(&limit).map(|(a, b)| a / b).collect();
    let (ours, limit, ratio) = (median(&ours), median(&limit), median(&ratios));
    println!("{what:<18} {ours:>9.0}/s   limit {limit:>9.0}/s   ratio {ratio:.2}");
    json!({ "per_s": ours.round(), "limit_per_s": limit.round(), "ratio": rounded(ratio) })
}

async fn by_hand(phased: &Path, steady: &Path, tasks: u32) -> anyhow::Result<Round> {
    for path in [phased, steady] {
        Port::sqlite(path).await?.store.close().await?;
    }
    let ids = ids(tasks);
    let mut limit = Limit::open(phased)?;
    let begin = Instant::now();
    for batch in ids.chunks(BATCH as usize) {
        limit.submit(batch, PAYLOAD.as_bytes())?;
    }
    let submit = rate(tasks, begin.elapsed());
    let begin = Instant::now();
    loop {
        let taken = limit.claim(BATCH)?;
        if taken.is_empty() {
            break;
        }
        limit.complete(&taken)?;
    }
    let drain = rate(tasks, begin.elapsed());
    let mut limit = Limit::open(steady)?;
    let begin = Instant::now();
    for batch in ids.chunks(BATCH as usize) {
        limit.submit(batch, PAYLOAD.as_bytes())?;
        let taken = limit.claim(BATCH)?;
        limit.complete(&taken)?;
    }
    Ok(Round {
        submit,
        drain,
        cycle: rate(tasks, begin.elapsed()),
    })
}

async fn by_port(phased: &Path, steady: &Path, tasks: u32) -> anyhow::Result<Round> {
    let (ids, payload) = (ids(tasks), Payload::json(PAYLOAD));
    let port = Port::sqlite(phased).await?;
    let begin = Instant::now();
    for batch in ids.chunks(BATCH as usize) {
        port.submit(batch, &payload).await?;
    }
    let submit = rate(tasks, begin.elapsed());
    let begin = Instant::now();
    loop {
        let taken = port.claim(BATCH).await?;
        if taken.is_empty() {
            break;
        }
        port.complete(taken).await?;
    }
    let drain = rate(tasks, begin.elapsed());
    port.store.close().await?;
    let port = Port::sqlite(steady).await?;
    let begin = Instant::now();
    for batch in ids.chunks(BATCH as usize) {
        port.submit(batch, &payload).await?;
        let taken = port.claim(BATCH).await?;
        port.complete(taken).await?;
    }
    let cycle = rate(tasks, begin.elapsed());
    port.store.close().await?;
    Ok(Round {
        submit,
        drain,
        cycle,
    })
}
