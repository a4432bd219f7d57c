//! What is shown: from the rooms behind to the wire.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use duly::schedule::labels;
use duly_core::{EventKind, State, Timestamp};
use serde_json::value::RawValue;

use crate::port::trace::{TraceContext, is_reserved};
use crate::port::{
    AttachmentPage, AttemptRecord, Counts, Encoding, Event, KindRecord, Labels, LimitRecord, Name,
    Payload, Progress, QueueRecord, Subject, TaskRecord, TenantRecord, UniqueScope, WorkerRecord,
};
use crate::query;

/// A task without its payload and result, as in a list.
pub(crate) fn task(record: TaskRecord) -> duly_api::Task {
    duly_api::Task {
        id: record.id,
        kind: record.kind.to_string(),
        queue: record.queue.to_string(),
        priority: record.priority,
        priority_rule: record.priority_rule().map(str::to_owned),
        state: record.state,
        attempt: record.attempt,
        spent: record.spent,
        attempts_max: record.retry.attempts_max,
        lost: record.lost,
        lost_max: record.lost_max,
        worker: text(record.worker),
        cancel_requested: record.cancel_requested,
        submitted_at: record.submitted_at,
        due_at: record.due_at,
        started_at: record.started_at,
        finished_at: record.finished_at,
        deadline: record.deadline,
        finish_by: record.finish_by,
        alert_unstarted_ms: record.alert_unstarted.map(millis),
        alert_unfinished_ms: record.alert_unfinished.map(millis),
        late_to_start: record.late_to_start,
        late_to_finish: record.late_to_finish,
        timeout_ms: record.timeout.map(millis),
        retry: (&record.retry).into(),
        unique_while: unique_while(record.unique_key.is_some(), record.unique_scope),
        unique_for_ms: unique_for_ms(record.unique_scope),
        unique_key: text(record.unique_key),
        tenant: text(record.tenant),
        limits: record
            .limits
            .iter()
            .map(|one| (one.name.to_string(), one.weight))
            .collect(),
        schedule: record.labels.get(labels::SCHEDULE).cloned(),
        tick: tick(&record.labels),
        caught_up: record.labels.contains_key(labels::CAUGHT_UP),
        traceparent: TraceContext::read(&record.labels).map(|trace| trace.traceparent()),
        labels: record
            .labels
            .into_iter()
            .filter(|(name, _)| !is_reserved(name))
            .collect(),
        progress: record.progress.map(progress),
        error: record.error,
        payload: None,
        payload_encoding: None,
        result: None,
        result_encoding: None,
        attempts: None,
        events: None,
    }
}

/// The tick that a task of a schedule stands for.
fn tick(labels: &Labels) -> Option<Timestamp> {
    duly_api::time::parse(labels.get(labels::TICK)?).ok()
}

/// A task with its payload and result.
pub(crate) fn task_whole(record: TaskRecord) -> duly_api::Task {
    let (payload, payload_encoding) = json(&record.payload);
    let (result, result_encoding) = match &record.result {
        Some(result) => json(result),
        None => (Some(RawValue::NULL.to_owned()), None),
    };
    duly_api::Task {
        payload,
        payload_encoding,
        result,
        result_encoding,
        ..task(record)
    }
}

/// JSON as it is; anything else, and what was called JSON but is not, as text in base64.
fn json(payload: &Payload) -> (Option<Box<RawValue>>, Option<String>) {
    if payload.encoding == Encoding::Json
        && let Ok(value) = serde_json::from_slice::<Box<RawValue>>(&payload.bytes)
    {
        return (Some(value), None);
    }
    let text = format!("\"{}\"", STANDARD.encode(&payload.bytes));
    let value = RawValue::from_string(text).expect("base64 between quotes is JSON");
    (Some(value), Some("base64".to_owned()))
}

pub(crate) fn event(event: &Event) -> duly_api::Event {
    duly_api::Event {
        kind: event.kind,
        at: event.at,
        attempt: event.attempt,
        worker: text(event.worker.clone()),
        due_at: event.due_at,
        priority: event.priority,
        error: event.error.clone(),
    }
}

pub(crate) fn feed_event(event: &Event) -> duly_api::FeedEvent {
    duly_api::FeedEvent {
        cursor: event.cursor.to_string(),
        task: event.task,
        task_kind: event.task_kind.to_string(),
        queue: event.queue.to_string(),
        event: self::event(event),
    }
}

pub(crate) fn attempt(record: AttemptRecord) -> duly_api::Attempt {
    duly_api::Attempt {
        attempt: record.attempt,
        worker: text(record.worker),
        started_at: record.started_at,
        ended_at: record.ended_at,
        outcome: record.outcome,
        error: record.error,
    }
}

/// A queue, as it stands now.
pub(crate) fn queue(record: &QueueRecord, now: Timestamp) -> duly_api::Queue {
    let settings = &record.settings;
    duly_api::Queue {
        name: record.name.to_string(),
        paused: settings.paused,
        draining: settings.draining,
        order: settings.order.into(),
        fair: settings.fair,
        bound: settings.bound,
        retention_completed_ms: millis(settings.retention_completed),
        retention_failed_ms: millis(settings.retention_failed),
        tasks: counts(&record.counts),
        totals: EventKind::ALL
            .iter()
            .map(|kind| (kind.name().to_owned(), record.totals.of(*kind)))
            .collect(),
        oldest_due_at: record.oldest_due_at,
        oldest_due_age_ms: record.oldest_due_at.map(|due| millis(now.since(due))),
    }
}

/// A kind, as it stands now.
pub(crate) fn kind(record: &KindRecord) -> duly_api::Kind {
    duly_api::Kind {
        name: record.name.to_string(),
        paused: record.settings.paused,
        draining: record.settings.draining,
        unfinished: record.unfinished,
    }
}

/// A tenant, as it stands now.
pub(crate) fn tenant(record: &TenantRecord) -> duly_api::Tenant {
    duly_api::Tenant {
        name: record.name.to_string(),
        weight: record.settings.weight,
        paused: record.settings.paused,
        draining: record.settings.draining,
        unfinished: record.unfinished,
    }
}

/// A limit, as it stands now.
pub(crate) fn limit(record: &LimitRecord) -> duly_api::Limit {
    duly_api::Limit {
        name: record.name.to_string(),
        concurrency: record.limit.concurrency,
        rate: record.limit.rate.map(|rate| duly_api::Rate {
            permits: rate.permits(),
            period_ms: millis(rate.period()),
            burst: Some(rate.bursts()),
        }),
        in_use: record.in_use,
        next_permit_at: record.next_permit_at,
        attached: record.attached.iter().map(attachment).collect(),
        attached_count: record.attached_count,
    }
}

/// A page of what one limit is attached to.
pub(crate) fn attachments(page: AttachmentPage) -> duly_api::Attachments {
    let all = page.attachments.into_iter();
    let attached = all.flat_map(|(subject, uses)| {
        let weights = uses.into_iter().map(|one| one.weight);
        weights.map(move |weight| attachment(&(subject.clone(), weight)))
    });
    duly_api::Attachments {
        attached: attached.collect(),
        next: page.next.as_ref().map(query::subject_text),
    }
}

fn attachment((subject, weight): &(Subject, u32)) -> duly_api::Attachment {
    let mut attachment = duly_api::Attachment {
        weight: Some(*weight),
        ..duly_api::Attachment::default()
    };
    let place = match subject {
        Subject::Queue(_) => &mut attachment.queue,
        Subject::Kind(_) => &mut attachment.kind,
        Subject::Tenant(_) => &mut attachment.tenant,
    };
    *place = Some(subject.name().to_string());
    attachment
}

/// The tasks of all queues by state.
pub(crate) fn totals(queues: &[QueueRecord]) -> BTreeMap<String, u64> {
    let mut sum = Counts::default();
    for queue in queues {
        for state in State::ALL {
            sum.add(state, queue.counts.of(state));
        }
    }
    counts(&sum)
}

fn counts(counts: &Counts) -> BTreeMap<String, u64> {
    State::ALL
        .into_iter()
        .map(|state| (state.name().to_owned(), counts.of(state)))
        .collect()
}

/// A worker, without what it holds.
pub(crate) fn worker(record: &WorkerRecord) -> duly_api::Worker {
    let said = &record.registration;
    let names = |names: &[Name]| names.iter().map(ToString::to_string).collect();
    duly_api::Worker {
        incarnation: said.incarnation,
        name: said.name.to_string(),
        queues: names(&said.queues),
        kinds: names(&said.kinds),
        labels: said.labels.clone(),
        capacity: said.capacity,
        running: record.running,
        assigned: record.assigned,
        utilisation: (f64::from(record.running) / f64::from(said.capacity.max(1))).min(1.0),
        registered_at: record.registered_at,
        renewed_at: record.renewed_at,
        tasks: Vec::new(),
        tasks_more: 0,
    }
}

/// A task that a worker holds.
pub(crate) fn worker_task(record: TaskRecord) -> duly_api::WorkerTask {
    duly_api::WorkerTask {
        id: record.id,
        kind: record.kind.to_string(),
        queue: record.queue.to_string(),
        attempt: record.attempt,
        state: record.state,
        started_at: record.started_at,
        progress: record.progress.map(progress),
    }
}

fn progress(progress: Progress) -> duly_api::Progress {
    duly_api::Progress {
        fraction: progress.fraction,
        text: progress.text,
    }
}

/// All workers together.
pub(crate) fn workers(records: &[WorkerRecord]) -> duly_api::WorkerTotals {
    let mut totals = duly_api::WorkerTotals::default();
    for record in records {
        totals.total += 1;
        totals.idle += u64::from(record.running == 0 && record.assigned == 0);
        totals.capacity += u64::from(record.registration.capacity);
        totals.running += u64::from(record.running);
        totals.assigned += u64::from(record.assigned);
    }
    totals
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn text(name: Option<Name>) -> Option<String> {
    name.map(|name| name.to_string())
}

const fn unique_while(has_key: bool, scope: UniqueScope) -> Option<duly_api::UniqueWhile> {
    match scope {
        UniqueScope::Unfinished if has_key => Some(duly_api::UniqueWhile::Unfinished),
        UniqueScope::Waiting => Some(duly_api::UniqueWhile::Waiting),
        UniqueScope::Unfinished | UniqueScope::Period(_) => None,
    }
}

fn unique_for_ms(scope: UniqueScope) -> Option<u64> {
    match scope {
        UniqueScope::Period(period) => Some(millis(period)),
        UniqueScope::Unfinished | UniqueScope::Waiting => None,
    }
}
