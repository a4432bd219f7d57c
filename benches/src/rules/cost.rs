//! What one concurrency limit and one rate limit on every task cost, beside none: submit, drain, cycle.

use std::time::{Duration, Instant};

use duly_core::{Limit, Rate};
use duly_store::{LimitUse, NewTask};
use serde_json::{Value, json};

use super::house::{House, Stream};
use crate::port::Port;
use crate::sqlite::limit::BATCH;
use crate::stats::{median, rate, rounded};

/// Tasks of each pattern and round.
const TASKS: u32 = 100_000;

/// Tasks a second.
struct Round {
    submit: f64,
    drain: f64,
    cycle: f64,
}

pub(super) async fn run(house: &House<'_>, rounds: u32) -> anyhow::Result<Value> {
    println!(
        "{}: a concurrency limit and a rate limit on every task, beside none",
        house.store
    );
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        without.push(round(house, false).await?);
        with.push(round(house, true).await?);
    }
    Ok(json!({
        "submit": ratio("submit", &with, &without, |round| round.submit),
        "drain": ratio("drain", &with, &without, |round| round.drain),
        "cycle": ratio("cycle", &with, &without, |round| round.cycle),
    }))
}

fn ratio(what: &str, with: &[Round], without: &[Round], of: fn(&Round) -> f64) -> Value {
    let pairs = with.iter().zip(without);
    let ratios: Vec<f64> = pairs
        .map(|(with, without)| of(without) / of(with))
        .collect();
    let middle = |all: &[Round]| median(&all.iter().map(of).collect::<Vec<_>>());
    let (with, without, times) = (middle(with), middle(without), median(&ratios));
    println!("{what:<7} with {with:>9.0}/s   without {without:>9.0}/s   {times:.2} times the time");
    json!({
        "with_per_s": with.round(), "without_per_s": without.round(), "times": rounded(times),
    })
}

async fn round(house: &House<'_>, limited: bool) -> anyhow::Result<Round> {
    let shape = move |task: &mut NewTask, _| {
        if limited {
            task.limits = vec![LimitUse::one("slots"), LimitUse::one("pace")];
        }
    };
    let (port, mut stream) = (open(house).await?, Stream::default());
    let tasks = stream.next(TASKS, shape);
    let begin = Instant::now();
    for batch in tasks.chunks(BATCH as usize) {
        port.submit_tasks(batch.to_vec()).await?;
    }
    let submit = rate(TASKS, begin.elapsed());
    let begin = Instant::now();
    loop {
        let taken = port.claim(BATCH).await?;
        if taken.is_empty() {
            break;
        }
        port.complete(taken).await?;
    }
    let drain = rate(TASKS, begin.elapsed());
    port.store.close().await?;
    let port = open(house).await?;
    let cycle = rate(TASKS, stream.cycle(&port, TASKS, shape).await?);
    port.store.close().await?;
    Ok(Round {
        submit,
        drain,
        cycle,
    })
}

/// A store with limits so wide that none ever closes.
async fn open(house: &House<'_>) -> anyhow::Result<Port> {
    let port = house.open().await?;
    let pace = Rate::new(1_000_000, Duration::from_millis(1));
    let limits = [
        ("slots", Limit::concurrency(1_000_000)),
        ("pace", Limit::rate(pace)),
    ];
    for (name, limit) in limits {
        port.store.configure_limit(name.into(), Some(limit)).await?;
    }
    Ok(port)
}
