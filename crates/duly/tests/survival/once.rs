//! Once is once.

use std::time::Duration;

use duly::{Context, Duly, State, Task};

use crate::common::{Bench, Fault, Operation};

const SECOND: Duration = Duration::from_secs(1);

async fn refuse(_job: (), _context: Context) -> Result<(), &'static str> {
    Err("no")
}

pub(crate) async fn after_the_retry_limit_nothing_starts_it_again(bench: Bench) {
    let _house = bench.keep_house();
    let worker = bench.worker().handle("refuse", refuse);
    let _worker = worker.start().expect("a worker that can start");
    // The end of the last attempt is told twice, and its answer lost.
    let id = bench
        .submit_with("refuse", |task| task.retry.attempts_max = 3)
        .await;
    bench.pass(2 * SECOND).await;
    bench.store.fail_next(Operation::Settle, Fault::After);
    bench.pass(10 * SECOND).await;
    let task = bench.reaches(id, State::Failed).await;
    assert_eq!((task.attempt, task.spent), (3, 3));
    bench.pass(120 * SECOND).await;
    let task = bench.task(id).await;
    assert_eq!((task.state, task.attempt), (State::Failed, 3));
    assert_eq!(task.error.as_deref(), Some("no"));
}

fn duly(bench: &Bench) -> Duly {
    Duly::with_store(bench.store.clone(), bench.clock.clone())
}

pub(crate) async fn the_same_id_submitted_twice_is_one_task(bench: Bench) {
    let duly = duly(&bench);
    let task = Task::new("work", &1).id(duly.new_id());
    let first = duly.submit(task.clone()).await.expect("a submit");
    let again = duly.submit(task).await.expect("a submit");
    assert_eq!((first.id, first.existed()), (again.id, false));
    assert!(again.existed());
    assert_eq!(pending(&duly).await, 1);
}

pub(crate) async fn a_submit_whose_reply_was_lost_is_one_task(bench: Bench) {
    let duly = duly(&bench);
    bench.store.fail_next(Operation::Submit, Fault::After);
    bench.store.fail_next(Operation::Submit, Fault::After);
    let submitted = duly.submit(Task::new("work", &1)).await;
    assert!(submitted.expect("a submit").existed());
    assert_eq!(pending(&duly).await, 1);

    // What is known to have failed is for the caller to know.
    bench.store.fail_next(Operation::Submit, Fault::Before);
    let refused = duly.submit(Task::new("work", &1)).await;
    assert!(refused.is_err());
    assert_eq!(pending(&duly).await, 1);
}

async fn pending(duly: &Duly) -> u64 {
    let queues = duly.queues().await.expect("queues");
    queues[0].counts.of(State::Pending)
}
