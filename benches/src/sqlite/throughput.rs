//! Submit, drain and cycle: ours and the limit in turn, several rounds, medians and ratios.

use std::path::Path;
use std::time::{Duration, Instant};

use duly_store::Payload;
use serde_json::{Value, json};

use super::limit::{BATCH, Limit};
use super::port::Port;
use super::{PAYLOAD, ids};
use crate::stats::{median, rate, rounded};

/// Seconds of one round: submit all, drain all, and cycle all in steady pattern.
#[derive(Clone, Copy, Debug)]
struct Round {
    submit: f64,
    drain: f64,
    cycle: f64,
}

pub(crate) async fn run(dir: &Path, tasks: u32, rounds: u32) -> anyhow::Result<Value> {
    let (mut ours, mut limit, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let file = |who: &str| dir.join(format!("{who}-{round}.db"));
        limit.push(by_hand(&file("limit"), &file("limit-steady"), tasks).await?);
        ours.push(by_port(&file("ours"), &file("ours-steady"), tasks).await?);
        bare.push(super::bare::phased(
            &file("bare"),
            tasks,
            PAYLOAD.as_bytes(),
        )?);
        println!(
            "round {}: drain {:.0}/s, limit {:.0}/s; cycle {:.0}/s, limit {:.0}/s",
            round + 1,
            ours[ours.len() - 1].drain,
            limit[limit.len() - 1].drain,
            ours[ours.len() - 1].cycle,
            limit[limit.len() - 1].cycle,
        );
    }
    Ok(report(&ours, &limit, &bare, tasks))
}

fn report(ours: &[Round], limit: &[Round], bare: &[(Duration, Duration)], tasks: u32) -> Value {
    let figures = |what: &str, of: fn(&Round) -> f64| {
        let (our, their): (Vec<f64>, Vec<f64>) = (
            ours.iter().map(of).collect(),
            limit.iter().map(of).collect(),
        );
        let ratios: Vec<f64> = our.iter().zip(&their).map(|(a, b)| a / b).collect();
        let (our, their, ratio) = (median(&our), median(&their), median(&ratios));
        println!("{what:<8} {our:>9.0}/s   limit {their:>9.0}/s   ratio {ratio:.2}");
        json!({ "per_s": our.round(), "limit_per_s": their.round(), "ratio": rounded(ratio) })
    };
    let bare_submit = median(&bare.iter().map(|b| rate(tasks, b.0)).collect::<Vec<_>>());
    let bare_drain = median(&bare.iter().map(|b| rate(tasks, b.1)).collect::<Vec<_>>());
    let report = json!({
        "submit": figures("submit", |r| r.submit),
        "drain": figures("drain", |r| r.drain),
        "cycle": figures("cycle", |r| r.cycle),
        "bare_table": { "submit_per_s": bare_submit.round(), "drain_per_s": bare_drain.round() },
    });
    println!("bare job table, for reference: submit {bare_submit:.0}/s, drain {bare_drain:.0}/s");
    report
}

async fn by_hand(phased: &Path, steady: &Path, tasks: u32) -> anyhow::Result<Round> {
    for path in [phased, steady] {
        Port::sqlite(path).await?.store.close().await;
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
    port.store.close().await;
    let port = Port::sqlite(steady).await?;
    let begin = Instant::now();
    for batch in ids.chunks(BATCH as usize) {
        port.submit(batch, &payload).await?;
        let taken = port.claim(BATCH).await?;
        port.complete(taken).await?;
    }
    let cycle = rate(tasks, begin.elapsed());
    port.store.close().await;
    Ok(Round {
        submit,
        drain,
        cycle,
    })
}
