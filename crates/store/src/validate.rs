//! What every store checks at its door, before anything is changed.

mod limits;
mod saved;
mod schedule;
mod subjects;
mod times;

use duly_core::{Decision, Timestamp};

use crate::bounds::{
    BATCH_MAX, ERROR_BYTES_MAX, LABEL_NAME_BYTES_MAX, LABEL_VALUE_BYTES_MAX, LABELS_MAX,
    NAME_BYTES_MAX, PAGE_MAX, PAYLOAD_BYTES_MAX, PROGRESS_BYTES_MAX, RESERVED_LABELS_MAX,
    RESULT_BYTES_MAX, SUBMIT_BYTES_MAX, SUBMIT_MAX, UNIQUE_KEY_BYTES_MAX, WORKER_NAMES_MAX,
};
use crate::trace::is_reserved;
use crate::{
    Change, Claim, InvalidInput, Labels, Name, NewTask, OnConflict, Payload, Progress,
    Registration, Settlement, Submit, SubmitError, Unique, UniqueScope,
};
pub use limits::{attachment_change, limit, limit_uses, rate, too_many_limits};
pub use saved::{Returned, restore};
pub use schedule::{advance, put_schedule, schedule_count};
pub use subjects::{tenant_change, too_many_kinds, too_many_lines, too_many_tenants};
pub use times::{INSTANT_EXPECTED, queue_change, when};

type Checked = Result<(), InvalidInput>;

fn refuse(field: &'static str, value: impl ToString, expected: impl Into<String>) -> Checked {
    Err(InvalidInput {
        field,
        value: value.to_string(),
        expected: expected.into(),
    })
}

fn at_most(field: &'static str, size: usize, bound: usize, unit: &str) -> Checked {
    if size > bound {
        return refuse(
            field,
            format_args!("{size} {unit}"),
            format!("at most {bound} {unit}"),
        );
    }
    Ok(())
}

/// A name: not empty, no control characters, not too long.
///
/// # Errors
/// [`InvalidInput`], naming `field`.
pub fn name(field: &'static str, text: &str) -> Checked {
    if text.is_empty() || text.chars().any(char::is_control) {
        return refuse(
            field,
            format_args!("{text:?}"),
            format!("1 to {NAME_BYTES_MAX} bytes of text without control characters"),
        );
    }
    at_most(field, text.len(), NAME_BYTES_MAX, "bytes")
}

/// A batch of tasks, as it is submitted at `now`.
///
/// # Errors
/// The first task that is wrong, by its index.
pub fn submit(request: &Submit, now: Timestamp) -> Result<(), SubmitError> {
    let at = |index| move |source| SubmitError::InvalidInput { index, source };
    at_most("tasks", request.tasks.len(), SUBMIT_MAX, "tasks").map_err(at(SUBMIT_MAX))?;
    let mut bytes = 0;
    for (index, new) in request.tasks.iter().enumerate() {
        task(new, now).map_err(at(index))?;
        bytes += new.payload.bytes.len();
        at_most("payloads", bytes, SUBMIT_BYTES_MAX, "bytes in one batch").map_err(at(index))?;
    }
    Ok(())
}

fn task(new: &NewTask, now: Timestamp) -> Checked {
    name("kind", &new.kind)?;
    name("queue", &new.queue)?;
    if let Some(tenant) = &new.tenant {
        name("tenant", tenant)?;
    }
    new.unique.as_ref().map_or(Ok(()), unique)?;
    limit_uses(&new.limits)?;
    payload(&new.payload)?;
    labels(&new.labels)?;
    if new.lost_max == 0 {
        return refuse("lost_max", 0, "at least 1");
    }
    times::of_task(new, now)
}

fn unique(unique: &Unique) -> Checked {
    unique_key(&unique.key)?;
    unique_scope(unique.scope)?;
    match unique.on_conflict {
        OnConflict::Replace(what) if what.is_nothing() => refuse(
            "replace",
            "nothing",
            "payload, priority or time, or several of them",
        ),
        _ => Ok(()),
    }
}

fn unique_scope(scope: UniqueScope) -> Checked {
    match scope {
        UniqueScope::Period(period) if period.as_micros() == 0 => {
            refuse("unique_for", "less than 1 µs", "1 µs to 366 days")
        }
        UniqueScope::Period(period) => times::delay("unique_for", period),
        UniqueScope::Unfinished | UniqueScope::Waiting => Ok(()),
    }
}

fn unique_key(key: &Name) -> Checked {
    if key.is_empty() {
        return refuse(
            "unique_key",
            "empty",
            "at least one character, or none at all",
        );
    }
    at_most("unique_key", key.len(), UNIQUE_KEY_BYTES_MAX, "bytes")
}

fn payload(payload: &Payload) -> Checked {
    at_most("payload", payload.bytes.len(), PAYLOAD_BYTES_MAX, "bytes")
}

/// A change to a task, made at `now`.
///
/// # Errors
/// [`InvalidInput`], naming the field.
pub fn change(change: &Change, now: Timestamp) -> Checked {
    match change {
        Change::Retry { payload: Some(new) } => payload(new),
        Change::Reschedule(due) => when("due", *due, now),
        Change::Cancel
        | Change::Retry { payload: None }
        | Change::Reprioritise(_)
        | Change::Discard => Ok(()),
    }
}

fn labels(labels: &Labels) -> Checked {
    let reserved = labels.keys().filter(|name| is_reserved(name)).count();
    at_most("labels", labels.len() - reserved, LABELS_MAX, "labels")?;
    at_most("labels", reserved, RESERVED_LABELS_MAX, "reserved labels")?;
    for (key, value) in labels {
        if key.is_empty() {
            return refuse(
                "labels",
                "a label without a name",
                "a name of 1 to 64 bytes",
            );
        }
        at_most("labels (name)", key.len(), LABEL_NAME_BYTES_MAX, "bytes")?;
        at_most(
            "labels (value)",
            value.len(),
            LABEL_VALUE_BYTES_MAX,
            "bytes",
        )?;
    }
    Ok(())
}

/// A worker's introduction.
///
/// # Errors
/// [`InvalidInput`], naming the field.
pub fn registration(request: &Registration) -> Checked {
    name("name", &request.name)?;
    worker_names(&request.queues, &request.kinds)?;
    labels(&request.labels)
}

/// A worker's claim.
///
/// # Errors
/// [`InvalidInput`], naming the field.
pub fn claim(request: &Claim) -> Checked {
    worker_names(&request.queues, &request.kinds)?;
    limits::weights(request)
}

fn worker_names(queues: &[crate::Name], kinds: &[crate::Name]) -> Checked {
    at_most("queues", queues.len(), WORKER_NAMES_MAX, "names")?;
    at_most("kinds", kinds.len(), WORKER_NAMES_MAX, "names")?;
    queues.iter().try_for_each(|queue| name("queues", queue))?;
    kinds.iter().try_for_each(|kind| name("kinds", kind))
}

/// One settlement.
///
/// # Errors
/// [`InvalidInput`] if the result is too large, or the delay too long.
pub fn settlement(settlement: &Settlement) -> Checked {
    settlement.result.as_ref().map_or(Ok(()), result)?;
    match settlement.decision {
        Decision::Retry(delay) | Decision::Snooze(delay) => times::delay("decision", delay),
        _ => Ok(()),
    }
}

fn result(result: &Payload) -> Checked {
    at_most("result", result.bytes.len(), RESULT_BYTES_MAX, "bytes")
}

/// What an attempt says of itself: the fraction moved into its range, the text cut to its bound.
#[must_use]
pub fn progress(said: Progress) -> Progress {
    let fraction = if said.fraction.is_nan() {
        0.0
    } else {
        said.fraction.clamp(0.0, 1.0)
    };
    Progress {
        fraction,
        text: cut(said.text, PROGRESS_BYTES_MAX),
    }
}

/// The size of a page.
///
/// # Errors
/// [`InvalidInput`] if it is 0 or too large.
pub fn page(limit: u32) -> Checked {
    if limit == 0 || limit > PAGE_MAX {
        return refuse("limit", limit, format!("1 to {PAGE_MAX}"));
    }
    Ok(())
}

/// How many entries of a batch are looked at; the rest is refused.
///
/// # Errors
/// [`InvalidInput`] if there are too many.
pub fn batch(field: &'static str, size: usize) -> Checked {
    at_most(field, size, BATCH_MAX, "entries")
}

/// An error text, cut to its bound at a character.
#[must_use]
pub fn cut_error(text: String) -> String {
    cut(text, ERROR_BYTES_MAX)
}

/// A text, cut to `bound` bytes at a character, and marked so.
#[must_use]
pub fn cut(mut text: String, bound: usize) -> String {
    if text.len() > bound {
        text.truncate(text.floor_char_boundary(bound.saturating_sub('…'.len_utf8())));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests;
