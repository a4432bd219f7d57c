//! What a task carries through the engine, kept small: a million of them may wait.

use std::time::Duration;

use duly_core::engine::Entry;
use duly_core::{Alerts, Hold, Incarnation, RetryPolicy, State, Timestamp};

use crate::{Labels, LimitUse, Name, NewTask, Payload, Progress, TaskRecord, UniqueScope};

/// What the memory store keeps with an unfinished task.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) payload: Payload,
    pub(super) submitted_at: Timestamp,
    pub(super) last_event: i64,
    /// Whose work it is: a place in the roll of tenants.
    pub(super) tenant: Option<u32>,
    pub(super) started_at: Option<Timestamp>,
    /// What few tasks have.
    pub(super) rare: Option<Box<Rare>>,
}

/// Options other than the defaults, and what has happened so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Rare {
    pub(super) retry: RetryPolicy,
    pub(super) timeout: Option<Duration>,
    pub(super) alerts: Alerts,
    /// When somebody may have to be told of it; of a task that has ended, that may be past.
    pub(super) alert_at: Option<Timestamp>,
    pub(super) labels: Labels,
    pub(super) progress: Option<Progress>,
    pub(super) error: Option<String>,
}

/// A task that has ended.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) entry: Entry<Body>,
    pub(super) finished_at: Timestamp,
    pub(super) worker: Option<Name>,
    pub(super) result: Option<Payload>,
}

impl Body {
    pub(super) fn new(new: &NewTask, tenant: Option<u32>, now: Timestamp) -> Self {
        let plain = new.retry == RetryPolicy::default()
            && new.timeout.is_none()
            && new.alerts().is_none()
            && new.labels.is_empty();
        let rare = (!plain).then(|| {
            Box::new(Rare {
                retry: new.retry,
                timeout: new.timeout,
                alerts: new.alerts(),
                labels: new.labels.clone(),
                ..Rare::default()
            })
        });
        Self {
            payload: new.payload.clone(),
            submitted_at: now,
            last_event: 0,
            tenant,
            started_at: None,
            rare,
        }
    }

    /// What a saved task carried.
    pub(super) fn restored(task: &TaskRecord, tenant: Option<u32>) -> Self {
        let plain = task.retry == RetryPolicy::default()
            && task.timeout.is_none()
            && task.alerts().is_none()
            && task.labels.is_empty()
            && task.progress.is_none()
            && task.error.is_none();
        let rare = (!plain).then(|| {
            Box::new(Rare {
                retry: task.retry,
                timeout: task.timeout,
                alerts: task.alerts(),
                alert_at: None,
                labels: task.labels.clone(),
                progress: task.progress.clone(),
                error: task.error.clone(),
            })
        });
        Self {
            payload: task.payload.clone(),
            submitted_at: task.submitted_at,
            last_event: 0,
            tenant,
            started_at: task.started_at,
            rare,
        }
    }

    pub(super) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    pub(super) fn retry(&self) -> RetryPolicy {
        self.rare
            .as_ref()
            .map_or_else(RetryPolicy::default, |rare| rare.retry)
    }
}

/// The names that an entry refers to, and how it ended.
pub(super) struct Seen<'a> {
    pub(super) kind: &'a Name,
    pub(super) queue: &'a Name,
    pub(super) tenant: Option<Name>,
    pub(super) worker: Option<Name>,
    pub(super) holder: Option<Incarnation>,
    pub(super) finished: Option<&'a Finished>,
    /// The limits that it names.
    pub(super) limits: Vec<LimitUse>,
    pub(super) state: State,
}

/// The unique key of a task.
pub(super) fn unique_key(entry: &Entry<Body>) -> Option<Name> {
    let unique = entry.unique.as_ref()?;
    Some(Name::from(&*unique.key))
}

fn unique_scope(entry: &Entry<Body>) -> UniqueScope {
    match entry.unique.as_ref().map(|unique| unique.hold) {
        None | Some(Hold::Unfinished) => UniqueScope::Unfinished,
        Some(Hold::Waiting) => UniqueScope::Waiting,
        Some(Hold::Until(end)) => UniqueScope::Period(end.since(entry.carry.submitted_at)),
    }
}

/// A task as it is shown.
pub(super) fn record(entry: &Entry<Body>, seen: Seen<'_>) -> TaskRecord {
    let (vitals, body) = (&entry.vitals, &entry.carry);
    let rare = body.rare.as_deref().cloned().unwrap_or_default();
    TaskRecord {
        id: entry.id,
        sequence: entry.sequence,
        kind: seen.kind.clone(),
        queue: seen.queue.clone(),
        payload: body.payload.clone(),
        priority: vitals.priority,
        state: seen.state,
        attempt: vitals.attempt,
        spent: vitals.spent,
        lost: vitals.lost,
        lost_max: vitals.lost_max,
        due_at: vitals.due_at,
        deadline: vitals.deadlines.start(),
        finish_by: vitals.deadlines.finish(),
        alert_unstarted: rare.alerts.unstarted,
        alert_unfinished: rare.alerts.unfinished,
        late_to_start: rare.alerts.late_to_start,
        late_to_finish: rare.alerts.late_to_finish,
        timeout: rare.timeout,
        retry: rare.retry,
        unique_key: unique_key(entry),
        unique_scope: unique_scope(entry),
        tenant: seen.tenant,
        limits: seen.limits,
        labels: rare.labels,
        submitted_at: body.submitted_at,
        started_at: body.started_at,
        finished_at: seen.finished.map(|finished| finished.finished_at),
        cancel_requested: vitals.cancel_requested,
        incarnation: seen.holder,
        worker: seen.worker,
        progress: rare.progress,
        result: seen.finished.and_then(|finished| finished.result.clone()),
        error: rare.error,
    }
}
