//! What is asked for: from the wire inwards.

use std::collections::BTreeMap;
use std::time::Duration;

use duly_api::Problem;
use duly_core::bounds::LIMIT_WEIGHT_MAX;
use duly_core::{DELAY_MAX, Limit, Rate, RetryPolicy, TaskId, Timestamp};
use serde_json::value::RawValue;

use super::unique;
use crate::App;
use crate::bounds::PAYLOAD_DEPTH_MAX;
use crate::nesting::depth;
use crate::port::priority::Prioritiser;
use crate::port::trace::{RESERVED, TraceContext, is_reserved};
use crate::port::{
    Clock, Filter, KindChange, LimitUse, NewTask, Payload, QueueChange, Subject, TenantChange,
    When, id,
};
use crate::query;
use crate::refusal::Refusal;
use crate::routes::Key;

/// What the tasks of one submit share.
pub(crate) struct Submission<'a> {
    clock: &'a dyn Clock,
    prioritiser: &'a Prioritiser,
    trace: Option<TraceContext>,
    key: Option<&'a Key>,
    /// How many ids were derived from the key.
    derived: usize,
    /// Fresh ones, for those that bring none.
    ids: std::vec::IntoIter<TaskId>,
}

impl<'a> Submission<'a> {
    pub(crate) fn new(app: &'a App, trace: Option<TraceContext>, key: Option<&'a Key>) -> Self {
        Self {
            clock: app.clock(),
            prioritiser: app.prioritiser(),
            trace,
            key,
            derived: 0,
            ids: Vec::new().into_iter(),
        }
    }

    /// So many tasks will want an id.
    pub(crate) fn expect(&mut self, tasks: usize) {
        if self.key.is_none() {
            self.ids = id::task_ids(self.clock, tasks).into_iter();
        }
    }

    /// The next task to submit.
    pub(crate) fn task(&mut self, wire: duly_api::NewTask) -> Result<NewTask, Refusal> {
        let derives = self.key.filter(|_| wire.id.is_none());
        let id = match (wire.id, derives) {
            (Some(id), _) => id,
            (None, Some(key)) => {
                self.derived += 1;
                key.task_id(self.derived - 1)
            }
            (None, None) => {
                let ready = self.ids.next();
                ready.unwrap_or_else(|| id::task_id(self.clock))
            }
        };
        let is_given = wire.priority.is_some();
        let mut task = new_task(wire, id)?;
        if let Some(trace) = &self.trace {
            trace.write(&mut task.labels);
        }
        if let Some(key) = derives {
            key.sign(&mut task);
        }
        self.prioritiser.apply(&mut task, is_given);
        Ok(task)
    }
}

/// A task to submit. What the store checks itself is left to it.
pub(super) fn new_task(mut wire: duly_api::NewTask, id: TaskId) -> Result<NewTask, Refusal> {
    let Some(kind) = wire.kind.take() else {
        return Err(Problem::invalid(
            "kind",
            "the name of a handler, such as http",
            "kind is missing: expected the name of a handler, such as http",
        )
        .into());
    };
    if let Some(name) = wire.labels.keys().find(|name| is_reserved(name)) {
        let expected = format!("a name that does not begin with {RESERVED}");
        let detail = format!("labels has {name:?}: expected {expected}, which is reserved");
        return Err(Problem::invalid("labels", expected, detail).into());
    }
    let ceiling_ms = wire.retry.as_ref().and_then(|retry| retry.ceiling_ms);
    if ceiling_ms.is_some_and(|ceiling| Duration::from_millis(ceiling) > DELAY_MAX) {
        let expected = "at most 366 days, also where it bounds nothing";
        let detail = format!("retry.ceiling_ms is too long: expected {expected}");
        return Err(Problem::invalid("retry", expected, detail).into());
    }
    let payload = wire.payload.take().map(payload).transpose()?;
    let payload = payload.unwrap_or_default();
    let unique = unique::asked(&wire, &payload)?;
    let mut task = NewTask::new(id, kind, payload);
    task.due = due(wire.delay_ms, wire.run_at)?.unwrap_or_default();
    task.deadline = when(
        ("deadline_in_ms", wire.deadline_in_ms),
        ("deadline", wire.deadline),
    )?;
    task.finish_by = when(
        ("finish_in_ms", wire.finish_in_ms),
        ("finish_by", wire.finish_by),
    )?;
    task.alert_unstarted = wire.alert_unstarted_ms.map(Duration::from_millis);
    task.alert_unfinished = wire.alert_unfinished_ms.map(Duration::from_millis);
    if let Some(queue) = wire.queue {
        task.queue = queue.into();
    }
    task.priority = wire.priority.unwrap_or_default();
    task.timeout = wire.timeout_ms.map(Duration::from_millis);
    task.retry = retry(wire.retry, wire.attempts_max);
    task.lost_max = wire.lost_max.unwrap_or(NewTask::LOST_MAX_DEFAULT);
    task.unique = unique;
    task.tenant = wire.tenant.map(Into::into);
    task.limits = limit_uses(wire.limits);
    task.labels = wire.labels;
    Ok(task)
}

/// What a handler gets: JSON that it will be able to read.
pub(crate) fn payload(json: Box<RawValue>) -> Result<Payload, Refusal> {
    // Two brackets a level: a short text need not be counted.
    let may_be_deep = json.get().len() > 2 * PAYLOAD_DEPTH_MAX;
    if may_be_deep && depth(json.get()) > PAYLOAD_DEPTH_MAX {
        let expected = format!("JSON that is nested at most {PAYLOAD_DEPTH_MAX} deep");
        let detail = format!("payload is nested too deep: expected {expected}");
        return Err(Problem::invalid("payload", expected, detail).into());
    }
    Ok(Payload::json(Box::<str>::from(json).into_boxed_bytes()))
}

/// When a task is due, if anything is said of it.
pub(crate) fn due(
    delay_ms: Option<u64>,
    run_at: Option<Timestamp>,
) -> Result<Option<When>, Refusal> {
    when(("delay_ms", delay_ms), ("run_at", run_at))
}

/// Which tasks are meant.
pub(crate) fn filter(wire: &duly_api::Filter) -> Result<Filter, Refusal> {
    let label = wire
        .label
        .as_deref()
        .map(|text| query::label("filter.label", text));
    Ok(Filter {
        states: wire.state.clone(),
        queue: wire.queue.as_deref().map(Into::into),
        kind: wire.kind.as_deref().map(Into::into),
        tenant: wire.tenant.as_deref().map(Into::into),
        worker: wire.worker.as_deref().map(Into::into),
        due_before: wire.due_before,
        overdue: wire.overdue,
        submitted_from: wire.submitted_from,
        submitted_before: wire.submitted_before,
        label: label.transpose()?,
    })
}

/// Other settings of a queue.
pub(crate) fn queue_change(wire: duly_api::QueueChange) -> QueueChange {
    QueueChange {
        paused: wire.paused,
        draining: wire.draining,
        order: wire.order.map(Into::into),
        fair: wire.fair,
        bound: wire.bound,
        retention_completed: wire.retention_completed_ms.map(Duration::from_millis),
        retention_failed: wire.retention_failed_ms.map(Duration::from_millis),
    }
}

/// Other settings of a kind.
pub(crate) const fn kind_change(wire: duly_api::KindChange) -> KindChange {
    KindChange {
        paused: wire.paused,
        draining: wire.draining,
    }
}

/// Other settings of a tenant.
pub(crate) const fn tenant_change(wire: duly_api::TenantChange) -> TenantChange {
    TenantChange {
        weight: wire.weight,
        paused: wire.paused,
        draining: wire.draining,
    }
}

fn limit_uses(wire: BTreeMap<String, u32>) -> Vec<LimitUse> {
    let uses = wire.into_iter();
    uses.map(|(name, weight)| LimitUse::heavy(name, weight))
        .collect()
}

/// What a limit bounds. A rate is checked here: it cannot even be made of what is not allowed.
pub(crate) fn limit(wire: duly_api::LimitSet) -> Result<Limit, Refusal> {
    let rate = wire.rate.map(|rate| {
        let most = u64::from(LIMIT_WEIGHT_MAX);
        let burst = rate.burst.unwrap_or(rate.permits);
        within("rate.permits", rate.permits.into(), most)?;
        within("rate.burst", burst.into(), most)?;
        let longest = u64::try_from(DELAY_MAX.as_millis()).unwrap_or(u64::MAX);
        within("rate.period_ms", rate.period_ms, longest)?;
        let period = Duration::from_millis(rate.period_ms);
        Ok::<_, Refusal>(Rate::new(rate.permits, period).burst(burst))
    });
    Ok(Limit {
        concurrency: wire.concurrency,
        rate: rate.transpose()?,
    })
}

fn within(field: &str, value: u64, most: u64) -> Result<(), Refusal> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    let expected = format!("1 to {most}");
    let detail = format!("{field} is {value}: expected {expected}");
    Err(Problem::invalid(field, expected, detail).into())
}

/// What a limit is to be attached to, or detached from: one thing.
pub(crate) fn subject(
    queue: Option<String>,
    kind: Option<String>,
    tenant: Option<String>,
) -> Result<Subject, Refusal> {
    match (queue, kind, tenant) {
        (Some(queue), None, None) => Ok(Subject::Queue(queue.into())),
        (None, Some(kind), None) => Ok(Subject::Kind(kind.into())),
        (None, None, Some(tenant)) => Ok(Subject::Tenant(tenant.into())),
        _ => {
            let expected = "exactly one of queue, kind and tenant";
            let detail = format!("what is meant is not clear: expected {expected}");
            Err(Problem::invalid("queue", expected, detail).into())
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_nested_to_a_bound() {
        let nested = |deep| {
            let text = "[".repeat(deep) + &"]".repeat(deep);
            payload(RawValue::from_string(text).unwrap())
        };
        assert!(nested(PAYLOAD_DEPTH_MAX).is_ok());
        assert!(nested(PAYLOAD_DEPTH_MAX + 1).is_err());
    }
}
