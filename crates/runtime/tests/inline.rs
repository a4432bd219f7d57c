//! Work that is run in the caller's task.

use duly_core::State;
use duly_runtime::{Context, JobError};

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
