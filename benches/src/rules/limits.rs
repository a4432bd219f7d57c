//! Ten thousand limits, each on tasks of its own; with most of them closed, and with none.

use duly_core::Limit;
use duly_store::{LimitUse, NewTask};
use serde_json::{Value, json};

use super::house::{House, Stream};
use crate::port::Port;
use crate::stats::{median, rate, rounded};

/// Tasks that wait.
const BACKLOG: u32 = 200_000;
/// Tasks cycled at each repeat.
const CYCLED: u32 = 20_000;
const LIMITS: [u32; 3] = [1, 100, 10_000];

pub(super) async fn run(house: &House<'_>, rounds: u32) -> anyhow::Result<Value> {
    println!(
        "{}: {BACKLOG} tasks under more and more limits, all open",
        house.store
    );
    let mut ports = Vec::new();
    for limits in LIMITS {
        ports.push((limits, filled(house, limits, 1_000_000).await?));
    }
    let mut rates = vec![Vec::new(); ports.len()];
    for _ in 0..rounds {
        for ((limits, (port, stream)), rates) in ports.iter_mut().zip(&mut rates) {
            let limits = *limits;
            let took = stream
                .cycle(port, CYCLED, |task, n| under(task, n, limits))
                .await?;
            rates.push(rate(CYCLED, took));
        }
    }
    let one = median(&rates[0]);
    let mut rows = Vec::new();
    for ((limits, (port, _)), rates) in ports.iter().zip(&rates) {
        let per_s = median(rates);
        println!(
            "{limits:>9} limits: cycle {per_s:>9.0}/s   of one {:.2}",
            per_s / one
        );
        rows.push(json!({
            "limits": limits, "cycle_per_s": per_s.round(), "of_one": rounded(per_s / one),
        }));
        port.store.close().await?;
    }
    rows.push(full(house, rounds).await?);
    Ok(Value::Array(rows))
}

/// All ten thousand are full: what is behind none of them runs past them.
async fn full(house: &House<'_>, rounds: u32) -> anyhow::Result<Value> {
    let limits = LIMITS[2];
    let (port, mut stream) = filled(house, limits, 1).await?;
    let mut leased = 0;
    // A claim looks at so many closed lanes at most: the last ones have looked at all.
    while leased < limits || port.take(1_000).await?.next_at.is_some() {
        leased += u32::try_from(port.take(1_000).await?.leases.len())?;
    }
    anyhow::ensure!(leased == limits, "each limit lets one begin");
    let mut rates = Vec::new();
    for _ in 0..rounds {
        rates.push(rate(CYCLED, stream.cycle(&port, CYCLED, |_, _| ()).await?));
    }
    let per_s = median(&rates);
    println!("{limits:>9} limits, all full: cycle of what is behind none {per_s:>9.0}/s");
    port.store.close().await?;
    Ok(json!({ "limits": limits, "full": true, "cycle_per_s": per_s.round() }))
}

async fn filled(house: &House<'_>, limits: u32, at_once: u32) -> anyhow::Result<(Port, Stream)> {
    let (port, mut stream) = (house.open().await?, Stream::default());
    for number in 0..limits {
        port.store
            .configure_limit(name(number).into(), Some(Limit::concurrency(at_once)))
            .await?;
    }
    let shape = |task: &mut NewTask, n| under(task, n, limits);
    stream.fill(&port, BACKLOG, shape).await?;
    Ok((port, stream))
}

fn under(task: &mut NewTask, number: u32, limits: u32) {
    task.limits = vec![LimitUse::one(name(number % limits))];
}

fn name(number: u32) -> String {
    format!("limit-{number}")
}
