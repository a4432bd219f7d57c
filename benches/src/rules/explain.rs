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
const LIMITS: u32 = 10;
/// A limit that so many run under closes what stands behind it; another stays open, and any lane may come
/// before any other.
const CLOSED: u32 = 10;
const OPEN: u32 = 1_000_000;
/// Tenants, each of which has a lane for each limit (none: all stand in one lane), and what limits let through.
const SHAPES: [(u32, u32); 3] = [(0, OPEN), (1_000, CLOSED), (1_000, OPEN)];
/// Tasks that are explained, evenly from the first to the last.
const ASKED: u32 = 400;
/// How often the queue and the worker are.
const REPEATS: usize = 50;

pub(super) async fn run(house: &House<'_>) -> anyhow::Result<Value> {
    println!("{}: explain, with {PENDING} tasks pending", house.store);
    let mut rows = Vec::new();
    for (tenants, limit) in SHAPES {
        let port = filled(house, tenants, limit).await?;
        let lanes = lanes(tenants);
        let closed = limit == CLOSED;
        let tell = |what, took| tell(what, lanes, closed, took);
        rows.push(json!({
            "lanes": lanes,
            "closed": closed,
            "task": tell("task", of_tasks(&port).await?),
            "queue": tell("queue", of_queue(&port).await?),
            "worker": tell("worker", of_worker(&port).await?),
        }));
        port.store.close().await?;
    }
    Ok(Value::Array(rows))
}

const fn lanes(tenants: u32) -> u32 {
    if tenants == 0 { 1 } else { tenants * LIMITS }
}

fn tell(what: &str, lanes: u32, closed: bool, mut took: Vec<f64>) -> Value {
    let [p50, p99, most] = [50.0, 99.0, 100.0].map(|percent| percentile(&mut took, percent));
    let closed = if closed { "closed" } else { "open" };
    println!(
        "{what:<7} in {lanes:>6} lanes, {closed:<6}: p50 {p50:.2} ms, p99 {p99:.2} ms, most {most:.2} ms"
    );
    json!({ "p50_ms": rounded(p50), "p99_ms": rounded(p99), "most_ms": rounded(most) })
}

async fn filled(house: &House<'_>, tenants: u32, limit: u32) -> anyhow::Result<Port> {
    let (port, mut stream) = (house.open().await?, Stream::default());
    let spread = tenants > 0;
    let turns = QueueChange {
        fair: Some(spread),
        ..QueueChange::default()
    };
    let queue = NewTask::QUEUE_DEFAULT;
    port.store.configure(queue.into(), turns).await?;
    for number in 0..LIMITS {
        let limit = Some(Limit::concurrency(limit));
        port.store
            .configure_limit(name(number).into(), limit)
            .await?;
    }
    let shape = move |task: &mut NewTask, n: u32| {
        if spread {
            task.tenant = Some(format!("tenant-{}", n % tenants).into());
            task.limits = vec![LimitUse::one(name(n / tenants % LIMITS))];
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
