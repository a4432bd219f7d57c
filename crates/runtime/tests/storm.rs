//! A store of which two in five operations fail, before or after they took effect: whatever fails when,
//! nothing is lost, stranded, or run too often at once.

use std::time::Duration;

use duly_core::State;
use duly_runtime::Worker;

mod common;

use common::{Bench, Gate};

const SECOND: Duration = Duration::from_secs(1);
const TASKS: usize = 40;
const SEEDS: u64 = 40;

fn worker(bench: &Bench, gate: &Gate) -> Worker {
    let worker = bench.worker().concurrency(3).prefetch(8);
    let worker = worker.handle("work", gate.handler()).start();
    worker.expect("a worker that can start")
}

/// Lets handlers end a few at a time, so that others wait, run, and stand in store meanwhile.
async fn trickle(bench: &Bench, gate: &Gate, steps: usize) {
    for _ in 0..steps {
        gate.open(2);
        bench.pass(SECOND).await;
        assert!(gate.running() <= 3, "{} at once", gate.running());
    }
}

async fn weather(seed: u64, is_taken_back: bool) {
    let bench = Bench::new();
    let calm = bench.beside();
    let _house = calm.keep_house();
    let gate = Gate::default();
    let mut ids = Vec::new();
    for _ in 0..TASKS {
        ids.push(calm.submit("work").await);
    }
    bench.store.storm(Some(seed));
    let worker = worker(&bench, &gate);
    trickle(&bench, &gate, 15).await;
    if is_taken_back {
        bench.take_all_back().await;
    }
    trickle(&bench, &gate, 15).await;
    bench.store.storm(None);
    gate.open(1_000);
    // What a claim of unknown outcome took is looked for once a minute.
    bench.pass(130 * SECOND).await;
    for id in ids {
        let task = calm.task(id).await;
        assert_eq!(task.state, State::Completed, "seed {seed}: {task:?}");
        assert!(
            task.lost <= u32::from(is_taken_back),
            "seed {seed}: {task:?}"
        );
    }
    assert!(gate.most() <= 3, "seed {seed}: {} at once", gate.most());
    if !is_taken_back {
        assert_eq!(gate.started(), TASKS, "seed {seed}: each once");
    }
    worker.shutdown(10 * SECOND).await;
    let workers = calm.store.inner().workers().await;
    assert!(workers.expect("a store that works").is_empty());
}

#[tokio::test]
async fn each_task_runs_once_whatever_fails() {
    for seed in 1..=SEEDS {
        weather(seed, false).await;
    }
}

#[tokio::test]
async fn none_is_stranded_when_leases_are_taken_back_besides() {
    for seed in 1..=SEEDS {
        weather(seed, true).await;
    }
}

#[tokio::test]
async fn a_shutdown_in_a_storm_strands_nothing() {
    for seed in 1..=SEEDS {
        let bench = Bench::new();
        let calm = bench.beside();
        let _house = calm.keep_house();
        let gate = Gate::default();
        let mut ids = Vec::new();
        for _ in 0..TASKS {
            ids.push(calm.submit("work").await);
        }
        bench.store.storm(Some(seed));
        let worker = worker(&bench, &gate);
        trickle(&bench, &gate, 4).await;
        let leaving = tokio::spawn(async move { worker.shutdown(20 * SECOND).await });
        bench.rest().await;
        bench.pass(20 * SECOND).await;
        assert!(leaving.is_finished(), "seed {seed}");
        // What it could not say goodbye to is taken back.
        bench.pass(15 * SECOND).await;
        assert_eq!(gate.running(), 0, "seed {seed}");
        for id in ids {
            let state = calm.state(id).await;
            let is_well = matches!(state, State::Completed | State::Pending);
            assert!(is_well, "seed {seed}: {state}");
        }
    }
}
