//! The handler of the kind: from a delivery's end to what becomes of its task.

use std::sync::Arc;

use super::{Client, ClientError, Delivered, KIND, Targets, deliver};
use crate::port::{Clock, Payload, Verdict, WorkerBuilder};

/// A worker that executes the kind.
pub(in crate::kinds) fn register(
    worker: WorkerBuilder,
    clock: &Arc<dyn Clock>,
    targets: Targets,
) -> Result<WorkerBuilder, ClientError> {
    let (client, clock) = (Client::new(targets)?, Arc::clone(clock));
    Ok(worker.handle_raw(KIND, move |payload, context| {
        let (client, clock) = (client.clone(), Arc::clone(&clock));
        async move {
            let cancelled = context.cancelled().cancelled();
            let (task, trace) = (context.task(), context.trace());
            let now = || clock.now();
            verdict(deliver(&client, task, trace, &payload.bytes, now, cancelled).await)
        }
    }))
}

fn verdict(delivered: Delivered) -> Verdict {
    match delivered {
        Delivered::Done(json) => Verdict::done(Some(Payload::json(json))),
        Delivered::Retry { error, after: None } => Verdict::retry(error),
        Delivered::Retry {
            error,
            after: Some(wait),
        } => Verdict::retry_after(wait, error),
        Delivered::Fail(error) => Verdict::fail(error),
        Delivered::Cancelled => Verdict::cancelled(),
    }
}
