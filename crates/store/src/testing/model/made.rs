//! What the small numbers of a history stand for.

use duly_core::{AttemptRef, Incarnation, RetryPolicy, TaskId};

use super::operation::{Draft, Ending, Pick};
use crate::testing::names;
use crate::{Labels, LimitUse, Name, NewTask, Payload, Registration, Settlement};

pub(super) fn id(n: u8) -> TaskId {
    TaskId::from_bytes([n; 16])
}

pub(super) fn incarnation(n: u8) -> Incarnation {
    Incarnation::from_bytes([n; 16])
}

pub(super) fn queue(n: u8) -> Name {
    format!("queue-{n}").into()
}

pub(super) fn kind(n: u8) -> Name {
    format!("kind-{n}").into()
}

pub(super) fn tenant(n: u8) -> Name {
    format!("tenant-{n}").into()
}

pub(super) fn limit(n: u8) -> Name {
    format!("limit-{n}").into()
}

pub(super) fn uses(limits: &[(u8, u32)]) -> Vec<LimitUse> {
    let limits = limits.iter();
    limits
        .map(|(n, weight)| LimitUse::heavy(limit(*n), *weight))
        .collect()
}

pub(super) fn registration(worker: u8) -> Registration {
    Registration {
        incarnation: incarnation(worker),
        name: format!("worker-{worker}").into(),
        queues: names(&["queue-0"]),
        kinds: names(&["kind-0"]),
        labels: Labels::new(),
        capacity: 4,
    }
}

pub(super) fn new_task(draft: &Draft) -> NewTask {
    let mut task = NewTask::new(
        id(draft.id),
        kind(draft.kind),
        Payload::json(vec![draft.id]),
    );
    task.queue = queue(draft.queue);
    task.priority = draft.priority;
    task.due = draft.due;
    task.deadline = draft.deadline;
    task.finish_by = draft.finish_by;
    [task.alert_unstarted, task.alert_unfinished] = draft.alerts;
    task.unique.clone_from(&draft.unique);
    task.lost_max = draft.lost_max;
    task.labels = draft
        .label
        .map(|n| ("label".to_owned(), format!("value-{n}")))
        .into_iter()
        .collect();
    task.tenant = draft.tenant.map(tenant);
    task.limits = uses(&draft.limits);
    if !draft.plain {
        task.retry = RetryPolicy::NEVER;
    }
    task
}

pub(super) fn picked(attempts: &[AttemptRef], pick: Pick) -> Option<AttemptRef> {
    let index = pick.index.checked_rem(attempts.len())?;
    let attempt = attempts[index];
    Some(AttemptRef {
        attempt: attempt.attempt + pick.skew,
        ..attempt
    })
}

pub(super) fn settlement(attempts: &[AttemptRef], ending: &Ending) -> Option<Settlement> {
    Some(Settlement {
        attempt: picked(attempts, ending.pick)?,
        decision: ending.decision,
        result: ending.result.then(|| Payload::json("1")),
        error: ending.error.then(|| "boom".to_owned()),
    })
}
