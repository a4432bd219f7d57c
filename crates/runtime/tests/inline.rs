//! Work that is run in the caller's task.

use std::time::Duration;

use duly_core::State;
use duly_runtime::{Context, JobError};
use duly_store::{Clock, When};

mod common;

use common::{Bench, Fault, Operation};

async fn build((): (), context: Context) -> Result<(), JobError> {
    context.progress(1.0, "built");
    Ok(())
}

#[tokio::test]
async fn an_attempt_is_settled_although_its_progress_could_not_be_told() {
    for fault in [Fault::Before, Fault::After] {
        let bench = Bench::new();
        let mut inline = bench.worker().handle("build", build).inline().unwrap();
        let id = bench.submit("build").await;
        bench.store.fail_next(Operation::Heartbeat, fault);
        let ran = inline.run_due(10).await.unwrap();
        assert_eq!(ran[0].state, State::Completed);
        assert_eq!(bench.state(id).await, State::Completed);
    }
}

#[tokio::test]
async fn what_must_have_ended_is_stopped_for_good() {
    let bench = Bench::new();
    let clock = bench.clock.clone();
    let endless = move |(), _context: Context| {
        let clock = clock.clone();
        async move {
            clock.advance(Duration::from_secs(3));
            std::future::pending::<Result<(), JobError>>().await
        }
    };
    let mut inline = bench.worker().handle("endless", endless).inline().unwrap();
    let ends = |task: &mut duly_store::NewTask| {
        task.finish_by = Some(When::At(bench.clock.now() + Duration::from_secs(3)));
    };
    bench.submit_with("endless", ends).await;
    let ran = inline.run_due(10).await.unwrap();
    assert_eq!((ran.len(), ran[0].state), (1, State::TimedOut));
    let error = ran[0].error.as_deref();
    assert!(
        error.is_some_and(|error| error.contains("finish_by")),
        "{error:?}"
    );
}
