//! What every store checks at its door, before anything is changed.

use duly_core::DELAY_MAX;

use crate::bounds::{
    BATCH_MAX, ERROR_BYTES_MAX, LABEL_NAME_BYTES_MAX, LABEL_VALUE_BYTES_MAX, LABELS_MAX,
    NAME_BYTES_MAX, PAGE_MAX, PAYLOAD_BYTES_MAX, RESERVED_LABELS_MAX, RESULT_BYTES_MAX,
    SUBMIT_BYTES_MAX, SUBMIT_MAX, UNIQUE_KEY_BYTES_MAX, WORKER_NAMES_MAX,
};
use crate::trace::is_reserved;
use crate::{
    Claim, InvalidInput, Labels, NewTask, Registration, Settlement, Submit, SubmitError, When,
};

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

/// A batch of tasks.
///
/// # Errors
/// The first task that is wrong, by its index.
pub fn submit(request: &Submit) -> Result<(), SubmitError> {
    let at = |index| move |source| SubmitError::InvalidInput { index, source };
    at_most("tasks", request.tasks.len(), SUBMIT_MAX, "tasks").map_err(at(SUBMIT_MAX))?;
    let mut bytes = 0;
    for (index, new) in request.tasks.iter().enumerate() {
        task(new).map_err(at(index))?;
        bytes += new.payload.bytes.len();
        at_most("payloads", bytes, SUBMIT_BYTES_MAX, "bytes in one batch").map_err(at(index))?;
    }
    Ok(())
}

fn task(new: &NewTask) -> Checked {
    name("kind", &new.kind)?;
    name("queue", &new.queue)?;
    if let Some(tenant) = &new.tenant {
        name("tenant", tenant)?;
    }
    if let Some(key) = &new.unique_key {
        if key.is_empty() {
            return refuse(
                "unique_key",
                "empty",
                "at least one character, or none at all",
            );
        }
        at_most("unique_key", key.len(), UNIQUE_KEY_BYTES_MAX, "bytes")?;
    }
    at_most(
        "payload",
        new.payload.bytes.len(),
        PAYLOAD_BYTES_MAX,
        "bytes",
    )?;
    labels(&new.labels)?;
    times(new)
}

fn times(new: &NewTask) -> Checked {
    when("due", new.due)?;
    if let Some(deadline) = new.deadline {
        when("deadline", deadline)?;
    }
    if new
        .timeout
        .is_some_and(|timeout| timeout.is_zero() || timeout > DELAY_MAX)
    {
        let timeout = new.timeout.unwrap_or_default();
        return refuse(
            "timeout",
            format_args!("{} s", timeout.as_secs_f64()),
            "more than 0 s, at most 366 days",
        );
    }
    if new.retry.attempts_max == 0 {
        return refuse("retry.attempts_max", 0, "at least 1");
    }
    if new.lost_max == 0 {
        return refuse("lost_max", 0, "at least 1");
    }
    Ok(())
}

/// An instant that a task is due: not more than 366 days away if relative.
///
/// # Errors
/// [`InvalidInput`], naming `field`.
pub fn when(field: &'static str, when: When) -> Checked {
    match when {
        When::After(delay) if delay > DELAY_MAX => refuse(
            field,
            format_args!("{} s from now", delay.as_secs()),
            "at most 366 days from now",
        ),
        _ => Ok(()),
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
    worker_names(&request.queues, &request.kinds)
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
/// [`InvalidInput`] if the result is too large.
pub fn settlement(settlement: &Settlement) -> Checked {
    let size = settlement
        .result
        .as_ref()
        .map_or(0, |result| result.bytes.len());
    at_most("result", size, RESULT_BYTES_MAX, "bytes")
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
mod tests {
    use super::*;
    use crate::Payload;
    use duly_core::TaskId;
    use std::time::Duration;

    fn new() -> NewTask {
        NewTask::new(TaskId::from_bytes([1; 16]), "kind", Payload::default())
    }

    fn field(change: impl FnOnce(&mut NewTask)) -> &'static str {
        let mut task = new();
        change(&mut task);
        match submit(&Submit::one(task)) {
            Err(SubmitError::InvalidInput { index: 0, source }) => source.field,
            other => panic!("expected InvalidInput, got {other:?}"),
        }
    }

    #[test]
    fn a_plain_task_passes() {
        assert_eq!(submit(&Submit::one(new())), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(field(|t| t.kind = "".into()), "kind");
        assert_eq!(field(|t| t.queue = "a\nb".into()), "queue");
        assert_eq!(field(|t| t.queue = "q".repeat(129).into()), "queue");
        assert_eq!(
            field(|t| t.payload = Payload::bytes(vec![0; (1 << 20) + 1])),
            "payload"
        );
        assert_eq!(field(|t| t.timeout = Some(Duration::ZERO)), "timeout");
        assert_eq!(field(|t| t.retry.attempts_max = 0), "retry.attempts_max");
        assert_eq!(field(|t| t.lost_max = 0), "lost_max");
        assert_eq!(field(|t| t.due = When::After(Duration::MAX)), "due");
        assert_eq!(field(|t| t.unique_key = Some("".into())), "unique_key");
        assert_eq!(
            field(|t| t.labels = (0..33).map(|n| (n.to_string(), String::new())).collect()),
            "labels"
        );
    }

    #[test]
    fn reserved_labels_have_a_bound_of_their_own() {
        let named = |reserved: usize| {
            let own = (0..LABELS_MAX).map(|n| (n.to_string(), String::new()));
            let reserved = (0..reserved).map(|n| (format!("duly.{n}"), String::new()));
            own.chain(reserved).collect::<Labels>()
        };
        assert_eq!(labels(&named(RESERVED_LABELS_MAX)), Ok(()));
        let refusal = labels(&named(RESERVED_LABELS_MAX + 1)).unwrap_err();
        assert_eq!(refusal.value, "9 reserved labels");
    }

    #[test]
    fn an_error_text_is_cut_at_a_character() {
        let cut = cut_error("ü".repeat(ERROR_BYTES_MAX));
        assert!(cut.len() <= ERROR_BYTES_MAX && cut.ends_with("ü…"));
        assert_eq!(cut_error("short".into()), "short");
    }
}
