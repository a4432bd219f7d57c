//! The same backlog, spread over more and more lanes: tenants of one queue, in turns and not.

use duly_store::{NewTask, QueueChange};
use serde_json::{Value, json};

use super::house::{House, Stream};
use crate::port::Port;
use crate::stats::{median, rate, rounded};

/// Tasks that wait.
const BACKLOG: u32 = 200_000;
/// Tasks cycled at each repeat.
const CYCLED: u32 = 20_000;
const LANES: [u32; 4] = [1, 1_000, 10_000, 100_000];

pub(super) async fn run(house: &House<'_>, rounds: u32) -> anyhow::Result<Value> {
    let mut rows = Vec::new();
    for fair in [false, true] {
        let turns = if fair { "in turns" } else { "in one line" };
        println!(
            "{}: {BACKLOG} tasks of more and more tenants, {turns}",
            house.store
        );
        let mut ports = Vec::new();
        for lanes in LANES {
            ports.push((lanes, filled(house, lanes, fair).await?));
        }
        let mut rates = vec![Vec::new(); ports.len()];
        for _ in 0..rounds {
            for ((lanes, (port, stream)), rates) in ports.iter_mut().zip(&mut rates) {
                let lanes = *lanes;
                let took = stream
                    .cycle(port, CYCLED, |task, n| of_lane(task, n, lanes))
                    .await?;
                rates.push(rate(CYCLED, took));
            }
        }
        let one = median(&rates[0]);
        for ((lanes, (port, _)), rates) in ports.iter().zip(&rates) {
            let per_s = median(rates);
            println!(
                "{lanes:>9} lanes: cycle {per_s:>9.0}/s   of one lane {:.2}",
                per_s / one
            );
            rows.push(json!({
                "fair": fair, "lanes": lanes, "cycle_per_s": per_s.round(),
                "of_one": rounded(per_s / one),
            }));
            port.store.close().await?;
        }
    }
    Ok(Value::Array(rows))
}

async fn filled(house: &House<'_>, lanes: u32, fair: bool) -> anyhow::Result<(Port, Stream)> {
    let (port, mut stream) = (house.open().await?, Stream::default());
    let change = QueueChange {
        fair: Some(fair),
        ..QueueChange::default()
    };
    port.store
        .configure(NewTask::QUEUE_DEFAULT.into(), change)
        .await?;
    let shape = |task: &mut NewTask, n| of_lane(task, n, lanes);
    stream.fill(&port, BACKLOG, shape).await?;
    // What comes first after the filling pays for it.
    stream.cycle(&port, CYCLED, shape).await?;
    Ok((port, stream))
}

fn of_lane(task: &mut NewTask, number: u32, lanes: u32) {
    task.tenant = Some(format!("tenant-{}", number % lanes).into());
}
