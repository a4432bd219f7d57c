//! What is shown: from the rooms behind to the wire.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use duly_core::State;
use serde_json::value::RawValue;

use crate::port::{
    AttemptRecord, Counts, Encoding, Event, Name, Payload, QueueRecord, TaskRecord, WorkerRecord,
};

/// A task without its payload and result, as in a list.
pub(crate) fn task(record: TaskRecord) -> duly_api::Task {
    duly_api::Task {
        id: record.id,
        kind: record.kind.to_string(),
        queue: record.queue.to_string(),
        priority: record.priority,
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
        timeout_ms: record
            .timeout
            .map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
        retry: (&record.retry).into(),
        unique_key: text(record.unique_key),
        tenant: text(record.tenant),
        labels: record.labels,
        progress: record.progress.map(|progress| duly_api::Progress {
            fraction: progress.fraction,
            text: progress.text,
        }),
        error: record.error,
        payload: None,
        payload_encoding: None,
        result: None,
        result_encoding: None,
        attempts: None,
        events: None,
    }
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

pub(crate) fn queue(record: &QueueRecord) -> duly_api::QueueStats {
    duly_api::QueueStats {
        name: record.name.to_string(),
        paused: record.settings.paused,
        bound: record.settings.bound,
        tasks: counts(&record.counts),
    }
}

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

pub(crate) fn worker(record: WorkerRecord) -> duly_api::WorkerStats {
    let names = |names: &[Name]| names.iter().map(ToString::to_string).collect();
    duly_api::WorkerStats {
        name: record.registration.name.to_string(),
        queues: names(&record.registration.queues),
        kinds: names(&record.registration.kinds),
        capacity: record.registration.capacity,
        running: record.running,
        assigned: record.assigned,
        registered_at: record.registered_at,
        renewed_at: record.renewed_at,
    }
}

fn text(name: Option<Name>) -> Option<String> {
    name.map(|name| name.to_string())
}
