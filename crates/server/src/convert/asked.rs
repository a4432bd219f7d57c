//! What is asked for: from the wire inwards.

use std::time::Duration;

use duly_api::Problem;
use duly_core::{RetryPolicy, Timestamp};

use crate::port::{Clock, NewTask, Payload, When, id};
use crate::refusal::Refusal;

/// A task to submit. What the store checks itself is left to it.
pub(crate) fn new_task(wire: duly_api::NewTask, clock: &dyn Clock) -> Result<NewTask, Refusal> {
    let Some(kind) = wire.kind else {
        return Err(Problem::invalid(
            "kind",
            "the name of a handler, such as http",
            "kind is missing: expected the name of a handler, such as http",
        )
        .into());
    };
    let payload = wire
        .payload
        .map_or_else(Payload::default, |json| Payload::json(json.get()));
    let id = wire.id.unwrap_or_else(|| id::task_id(clock));
    let mut task = NewTask::new(id, kind, payload);
    task.due = when(("delay_ms", wire.delay_ms), ("run_at", wire.run_at))?.unwrap_or_default();
    task.deadline = when(
        ("deadline_in_ms", wire.deadline_in_ms),
        ("deadline", wire.deadline),
    )?;
    if let Some(queue) = wire.queue {
        task.queue = queue.into();
    }
    task.priority = wire.priority.unwrap_or_default();
    task.timeout = wire.timeout_ms.map(Duration::from_millis);
    task.retry = retry(wire.retry, wire.attempts_max);
    task.lost_max = wire.lost_max.unwrap_or(NewTask::LOST_MAX_DEFAULT);
    task.unique_key = wire.unique_key.map(Into::into);
    task.tenant = wire.tenant.map(Into::into);
    task.labels = wire.labels;
    Ok(task)
}

fn retry(retry: Option<duly_api::Retry>, attempts_max: Option<u32>) -> RetryPolicy {
    let attempts_max = attempts_max.unwrap_or(RetryPolicy::default().attempts_max);
    retry.unwrap_or_default().policy(attempts_max)
}

fn when(
    (after_name, after): (&str, Option<u64>),
    (at_name, at): (&str, Option<Timestamp>),
) -> Result<Option<When>, Refusal> {
    match (after, at) {
        (Some(_), Some(_)) => Err(Problem::invalid(
            at_name,
            format!("{after_name} or {at_name}, not both"),
            format!("{after_name} and {at_name} are both given: expected one of them"),
        )
        .into()),
        (Some(ms), None) => Ok(Some(When::After(Duration::from_millis(ms)))),
        (None, Some(at)) => Ok(Some(When::At(at))),
        (None, None) => Ok(None),
    }
}
