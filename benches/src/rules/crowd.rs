//! The same backlog of one tenant in a fair queue, in one lane and in ten thousand: by limits of its own on
//! each of its tasks, all open, or each for one at a time, so that lanes close and open.

use duly_core::Limit;
use duly_store::{LimitUse, NewTask, QueueChange};
use serde_json::{Value, json};

use super::house::{House, Stream};
use crate::port::Port;
use crate::stats::{median, rate, rounded};

/// Tasks that wait.
const BACKLOG: u32 = 100_000;
/// Tasks cycled at each repeat.
const CYCLED: u32 = 5_000;
/// How many lanes, and how many tasks of each may run at once.
const CROWDS: [(u32, u32); 3] = [(1, 1_000_000), (10_000, 1_000_000), (10_000, 1)];

pub(super) async fn run(house: &House<'_>, rounds: u32) -> anyhow::Result<Value> {
    println!(
        "{}: {BACKLOG} tasks of one tenant, in turns, in more and more lanes",
        house.store
    );
    let mut crowds = Vec::new();
    for (lanes, at_once) in CROWDS {
        let (port, stream) = filled(house, lanes, at_once).await?;
        crowds.push((lanes, at_once, port, stream, Vec::new()));
    }
    for _ in 0..rounds {
        for (lanes, _, port, stream, rates) in &mut crowds {
            let lanes = *lanes;
            let shape = |task: &mut NewTask, n| of_crowd(task, n, lanes);
            rates.push(rate(CYCLED, stream.cycle(port, CYCLED, shape).await?));
        }
    }
    let one = median(&crowds[0].4);
    let mut rows = Vec::new();
    for (lanes, at_once, port, _, rates) in &crowds {
        let per_s = median(rates);
        let each = if *at_once == 1 { ", each for one" } else { "" };
        println!(
            "{lanes:>9} lanes{each}: cycle {per_s:>9.0}/s   of one lane {:.2}",
            per_s / one
        );
        rows.push(json!({
            "lanes": lanes, "at_once": at_once, "cycle_per_s": per_s.round(),
            "of_one": rounded(per_s / one),
        }));
        port.store.close().await?;
    }
    Ok(Value::Array(rows))
}

async fn filled(house: &House<'_>, lanes: u32, at_once: u32) -> anyhow::Result<(Port, Stream)> {
    let (port, mut stream) = (house.open().await?, Stream::default());
    let turns = QueueChange {
        fair: Some(true),
        ..QueueChange::default()
    };
    let queue = NewTask::QUEUE_DEFAULT;
    port.store.configure(queue.into(), turns).await?;
    for number in 0..lanes {
        port.store
            .configure_limit(name(number).into(), Some(Limit::concurrency(at_once)))
            .await?;
    }
    let shape = |task: &mut NewTask, n| of_crowd(task, n, lanes);
    stream.fill(&port, BACKLOG, shape).await?;
    Ok((port, stream))
}

fn of_crowd(task: &mut NewTask, number: u32, lanes: u32) {
    task.tenant = Some("crowd".into());
    task.limits = vec![LimitUse::one(name(number % lanes))];
}

fn name(number: u32) -> String {
    format!("limit-{number}")
}
