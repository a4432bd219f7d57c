//! Work is claimed, run and settled.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use duly_core::{State, TaskId};
use duly_runtime::{Context, JobError};
use duly_store::Payload;

mod common;

use common::{Bench, until};

async fn double(number: u64, _ctx: Context) -> Result<u64, JobError> {
    Ok(number * 2)
}

#[tokio::test]
async fn a_task_runs_and_its_result_is_kept() {
    let bench = Bench::new();
    let worker = bench.worker().handle("double", double).start().unwrap();
    let id = bench
        .submit_with("double", |task| task.payload = Payload::json("21"))
        .await;
    let task = bench.reaches(id, State::Completed).await;
    assert_eq!(task.result, Some(Payload::json("42")));
    assert_eq!((task.attempt, task.spent, task.error), (1, 1, None));
    let report = worker.shutdown(Duration::from_secs(30)).await;
    assert_eq!(report.abandoned, 0);
    assert!(bench.store.inner().workers().await.unwrap().is_empty());
}

#[tokio::test]
async fn never_one_more_handler_runs_than_allowed() {
    let bench = Bench::new();
    let (now, most, gate) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicUsize::new(0)),
        Arc::new(tokio::sync::Semaphore::new(0)),
    );
    let handler = {
        let (now, most, gate) = (now.clone(), most.clone(), gate.clone());
        move |(): (), _ctx: Context| {
            let (now, most, gate) = (now.clone(), most.clone(), gate.clone());
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                gate.acquire().await.unwrap().forget();
                now.fetch_sub(1, Ordering::SeqCst);
                Ok::<(), JobError>(())
            }
        }
    };
    let mut ids: Vec<TaskId> = Vec::new();
    for _ in 0..100 {
        ids.push(bench.submit("gated").await);
    }
    let worker = bench.worker().handle("gated", handler).start().unwrap();
    until("four run", || now.load(Ordering::SeqCst) == 4).await;
    gate.add_permits(100);
    for id in ids {
        bench.reaches(id, State::Completed).await;
    }
    assert_eq!(most.load(Ordering::SeqCst), 4);
    drop(worker);
}
