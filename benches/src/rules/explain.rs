//! How long `explain` takes with a million tasks pending: of a task, of the queue, of the worker.

use std::time::Instant;

use duly_core::{Limit, TaskId};
use duly_store::{LimitUse, NewTask, QueueChange};
use serde_json::{Value, json};

use super::house::{House, Stream};
use crate::port::Port;
use crate::sqlite::ids_from;
use crate::stats::{millis, percentile, rounded};

const PENDING: u32 = 1_000_000;
/// Tenants, each of which has a lane for each limit.
const TENANTS: u32 = 1_000;
const LIMITS: u32 = 10;
/// Tasks that are explained, evenly from the first to the last.
const ASKED: u32 = 400;
/// How often the queue and the worker are.
const REPEATS: usize = 50;

pub(super) async fn run(house: &House<'_>) -> anyhow::Result<Value> {
    println!("{}: explain, with {PENDING} tasks pending", house.store);
    let mut rows = Vec::new();
    for spread in [false, true] {
        let port = filled(house, spread).await?;
        let lanes = if spread { TENANTS * LIMITS } else { 1 };
        rows.push(json!({
            "lanes": lanes,
            "task": tell("task", lanes, of_tasks(&port).await?),
            "queue": tell("queue", lanes, of_queue(&port).await?),
            "worker": tell("worker", lanes, of_worker(&port).await?),
        }));
        port.store.close().await?;
    }
    Ok(Value::Array(rows))
}

fn tell(what: &str, lanes: u32, mut took: Vec<f64>) -> Value {
    let [p50, p99, most] = [50.0, 99.0, 100.0].map(|percent| percentile(&mut took, percent));
    println!("{what:<7} in {lanes:>6} lanes: p50 {p50:.2} ms, p99 {p99:.2} ms, most {most:.2} ms");
    json!({ "p50_ms": rounded(p50), "p99_ms": rounded(p99), "most_ms": rounded(most) })
}

async fn filled(house: &House<'_>, spread: bool) -> anyhow::Result<Port> {
    let (port, mut stream) = (house.open().await?, Stream::default());
    let turns = QueueChange {
        fair: Some(spread),
        ..QueueChange::default()
    };
    let queue = NewTask::QUEUE_DEFAULT;
    port.store.configure(queue.into(), turns).await?;
    for number in 0..LIMITS {
        let limit = Some(Limit::concurrency(10));
        port.store
            .configure_limit(name(number).into(), limit)
            .await?;
    }
    let shape = move |task: &mut NewTask, n: u32| {
        if spread {
            task.tenant = Some(format!("tenant-{}", n % TENANTS).into());
            task.limits = vec![LimitUse::one(name(n / TENANTS % LIMITS))];
        }
    };
    stream.fill(&port, PENDING, shape).await?;
    // Some run, so that there is a pace, and something that closes.
    for _ in 0..10 {
        let taken = port.claim(200).await?;
        port.complete(taken).await?;
    }
    port.take(200).await?;
    Ok(port)
}

fn name(number: u32) -> String {
    format!("limit-{number}")
}

async fn of_tasks(port: &Port) -> anyhow::Result<Vec<f64>> {
    let mut took = Vec::new();
    let ids = ids_from(0, PENDING);
    for id in ids.into_iter().step_by((PENDING / ASKED) as usize) {
        let begin = Instant::now();
        let told = port.store.explain_task(TaskId::from_bytes(id)).await?;
        took.push(millis(begin.elapsed()));
        anyhow::ensure!(told.is_some(), "the task is there");
    }
    Ok(took)
}

async fn of_queue(port: &Port) -> anyhow::Result<Vec<f64>> {
    let mut took = Vec::new();
    for _ in 0..REPEATS {
        let begin = Instant::now();
        let told = port.store.explain_queue(NewTask::QUEUE_DEFAULT.into());
        anyhow::ensure!(told.await?.is_some(), "the queue is there");
        took.push(millis(begin.elapsed()));
    }
    Ok(took)
}

async fn of_worker(port: &Port) -> anyhow::Result<Vec<f64>> {
    let mut took = Vec::new();
    for _ in 0..REPEATS {
        let begin = Instant::now();
        let told = port.store.explain_worker("bench".into()).await?;
        took.push(millis(begin.elapsed()));
        anyhow::ensure!(!told.is_empty(), "the worker is there");
    }
    Ok(took)
}
