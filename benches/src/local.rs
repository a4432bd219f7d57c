//! The in-process scheduler: tasks that do nothing, from the hand-in to the result in hand, beside
//! other ways to run a million boxed futures, each of which answers by a oneshot channel.

use std::time::Duration;

use serde_json::{Value, json};

mod latency;
mod ours;
mod peers;
mod weight;

use crate::LocalArgs;
use crate::stats::{median, rate, rounded};

/// How many of the scheduler's workers there are, and of every peer.
const WORKERS: usize = 8;

/// A way to run tasks that do nothing: how long it took for so many.
type Contender = (&'static str, fn(u32) -> anyhow::Result<Duration>);

const CONTENDERS: [Contender; 9] = [
    ("duly, Tokio", ours::on_tokio),
    ("duly, threads", ours::on_threads),
    ("tokio::spawn + JoinSet", peers::join_set),
    ("prefilled heap + 8 workers", peers::heap),
    ("async-priority-channel + 8", peers::priority_channel),
    ("mpsc + 8 workers", peers::channel),
    ("rayon::spawn", peers::rayon),
    ("threadpool", peers::threadpool),
    ("the heap on 8 threads", peers::heap_on_threads),
];

pub(crate) fn run(args: &LocalArgs) -> anyhow::Result<()> {
    let wants = |part: &str| args.only.is_empty() || args.only.iter().any(|only| only == part);
    let mut figures = json!({ "bench": "local" });
    if wants("throughput") {
        figures["throughput"] = throughput(args)?;
    }
    if wants("latency") {
        figures["latency"] = latency::run()?;
    }
    if wants("memory") {
        figures["memory"] = weight::run(args.tasks)?;
    }
    println!("{figures}");
    Ok(())
}

fn throughput(args: &LocalArgs) -> anyhow::Result<Value> {
    let mut rates = vec![Vec::new(); CONTENDERS.len()];
    for _ in 0..args.rounds {
        for (rates, (_, contender)) in rates.iter_mut().zip(CONTENDERS) {
            rates.push(rate(args.tasks, contender(args.tasks)?));
        }
    }
    let medians: Vec<f64> = rates.iter().map(|rates| median(rates)).collect();
    let (tokio, threads) = (medians[0], medians[1]);
    println!("{} tasks, {} rounds, the median:", args.tasks, args.rounds);
    println!(
        "{:<28} {:>12} {:>12} {:>14}",
        "", "tasks/s", "duly Tokio", "duly threads"
    );
    let mut figures = serde_json::Map::new();
    for ((name, _), median) in CONTENDERS.iter().zip(&medians) {
        let (ours, plain) = (tokio / median, threads / median);
        println!("{name:<28} {median:>12.0} {ours:>11.2}x {plain:>13.2}x");
        let entry =
            json!({ "per_s": median.round(), "tokio": rounded(ours), "threads": rounded(plain) });
        figures.insert((*name).to_owned(), entry);
    }
    Ok(Value::Object(figures))
}

/// A runtime with as many threads as the machine has cores.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_time()
        .build()?;
    Ok(runtime)
}
