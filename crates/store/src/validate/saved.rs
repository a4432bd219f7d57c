//! Saved tasks: they come from outside, so nothing about them is believed.

use duly_core::{EventKind, State, TaskId, Timestamp, Vitals};

use super::{
    Checked, at_most, labels, limit_uses, name, payload, refuse, result, times, unique_key,
    unique_scope,
};
use crate::bounds::{
    ERROR_BYTES_MAX, EVENTS_SAVED_MAX, PAGE_MAX, PROGRESS_BYTES_MAX, RESTORE_BYTES_MAX,
};
use crate::{Event, InvalidInput, Restore, SavedTask, SubmitError, TaskRecord, UniqueScope};

/// What a saved task is in the store that takes it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returned {
    /// What the rules know of it, once what was leased has been handed back.
    pub vitals: Vitals,
    /// What to record behind its own events, at the store's now, if it was leased.
    pub event: Option<EventKind>,
    /// When it ended, if it has.
    pub finished_at: Option<Timestamp>,
}

/// A batch of saved tasks, as it is restored at `now`; answers, for each, what becomes of it.
///
/// # Errors
/// The first task that is wrong, by its index.
pub fn restore(request: &Restore, now: Timestamp) -> Result<Vec<Returned>, SubmitError> {
    let at = |index| move |source| SubmitError::InvalidInput { index, source };
    let most = PAGE_MAX as usize;
    at_most("tasks", request.tasks.len(), most, "tasks").map_err(at(most))?;
    let mut bytes = 0;
    let mut returned = Vec::with_capacity(request.tasks.len());
    for (index, saved) in request.tasks.iter().enumerate() {
        returned.push(task(saved, now).map_err(at(index))?);
        bytes += saved.bytes();
        at_most("tasks", bytes, RESTORE_BYTES_MAX, "bytes in one batch").map_err(at(index))?;
    }
    Ok(returned)
}

fn task(saved: &SavedTask, now: Timestamp) -> Result<Returned, InvalidInput> {
    let task = &saved.task;
    what_was_submitted(task)?;
    instants(task, now)?;
    what_has_happened(task)?;
    let mut vitals = task.vitals();
    let event = vitals.restore(now).map_err(|wrong| InvalidInput {
        field: wrong.field,
        value: format!("{}, and the task is {}", wrong.value, wrong.state),
        expected: wrong.expected.to_owned(),
    })?;
    events(saved, now)?;
    let ended = vitals.state.is_final().then_some(now);
    Ok(Returned {
        vitals,
        event,
        finished_at: task.finished_at.or(ended),
    })
}

fn what_was_submitted(task: &TaskRecord) -> Checked {
    name("kind", &task.kind)?;
    name("queue", &task.queue)?;
    task.tenant
        .as_ref()
        .map_or(Ok(()), |tenant| name("tenant", tenant))?;
    task.unique_key.as_ref().map_or(Ok(()), unique_key)?;
    unique_scope(task.unique_scope)?;
    if task.unique_key.is_none() && task.unique_scope != UniqueScope::Unfinished {
        return refuse("unique_scope", "given", "none without a unique_key");
    }
    limit_uses(&task.limits)?;
    payload(&task.payload)?;
    labels(&task.labels)?;
    times::alerts(task.alert_unstarted, task.alert_unfinished)?;
    times::timeout(task.timeout)?;
    times::retry(&task.retry)
}

fn instants(task: &TaskRecord, now: Timestamp) -> Checked {
    for (field, at) in [
        ("submitted_at", Some(task.submitted_at)),
        ("due_at", Some(task.due_at)),
        ("deadline", task.deadline),
        ("finish_by", task.finish_by),
        ("started_at", task.started_at),
        ("finished_at", task.finished_at),
    ] {
        at.map_or(Ok(()), |at| times::instant(field, at, now))?;
    }
    Ok(())
}

fn what_has_happened(task: &TaskRecord) -> Checked {
    let state = task.state;
    present("finished_at", task.finished_at.is_some(), state, {
        if state.is_final() { MUST } else { NEVER }
    })?;
    present("started_at", task.started_at.is_some(), state, {
        match (state, task.attempt) {
            (State::Running | State::Completed | State::TimedOut, _) => MUST,
            (_, 0) => NEVER,
            _ => MAY,
        }
    })?;
    present("progress", task.progress.is_some(), state, {
        if task.attempt == 0 { NEVER } else { MAY }
    })?;
    present("incarnation", task.incarnation.is_some(), state, {
        if state.is_leased() { MAY } else { NEVER }
    })?;
    present("worker", task.worker.is_some(), state, {
        let held = state.is_leased() || state.is_final();
        if held { MAY } else { NEVER }
    })?;
    present("result", task.result.is_some(), state, {
        if state == State::Completed {
            MAY
        } else {
            NEVER
        }
    })?;
    present("error", task.error.is_some(), state, {
        if state == State::Completed {
            NEVER
        } else {
            MAY
        }
    })?;
    task.worker
        .as_ref()
        .map_or(Ok(()), |worker| name("worker", worker))?;
    task.result.as_ref().map_or(Ok(()), result)?;
    let error = task.error.as_ref().map_or(0, String::len);
    at_most("error", error, ERROR_BYTES_MAX, "bytes")?;
    what_was_told(task)?;
    let Some(progress) = &task.progress else {
        return Ok(());
    };
    if !(0.0..=1.0).contains(&progress.fraction) {
        return refuse("progress", progress.fraction, "a fraction from 0 to 1");
    }
    at_most("progress", progress.text.len(), PROGRESS_BYTES_MAX, "bytes")
}

/// Nothing is told that nobody wanted to hear.
fn what_was_told(task: &TaskRecord) -> Checked {
    for (field, told, age) in [
        ("late_to_start", task.late_to_start, task.alert_unstarted),
        ("late_to_finish", task.late_to_finish, task.alert_unfinished),
    ] {
        if told && age.is_none() {
            return refuse(field, told, "false, or the age at which it was to be told");
        }
    }
    Ok(())
}

/// Whether something must be there, in this state: `None` if it may.
type Presence = Option<bool>;
const MUST: Presence = Some(true);
const MAY: Presence = None;
const NEVER: Presence = Some(false);

fn present(field: &'static str, there: bool, state: State, expected: Presence) -> Checked {
    match expected {
        Some(true) if !there => refuse(
            field,
            format_args!("missing, and the task is {state}"),
            "a value in this state",
        ),
        Some(false) if there => refuse(
            field,
            format_args!("given, and the task is {state}"),
            "none in this state, or before the first attempt",
        ),
        _ => Ok(()),
    }
}

fn events(saved: &SavedTask, now: Timestamp) -> Checked {
    let most = EVENTS_SAVED_MAX as usize;
    at_most("events", saved.events.len(), most, "events")?;
    for (index, event) in saved.events.iter().enumerate() {
        if let Err(wrong) = of_task(event, saved.task.id, saved.task.attempt, now) {
            return refuse(
                "events",
                format_args!("event {index}, whose {} is {}", wrong.field, wrong.value),
                wrong.expected,
            );
        }
    }
    Ok(())
}

fn of_task(event: &Event, task: TaskId, attempt: u32, now: Timestamp) -> Checked {
    if event.task != task {
        return refuse("task", event.task, "the task that it was saved with");
    }
    if event.attempt > attempt {
        return refuse("attempt", event.attempt, format!("at most {attempt}"));
    }
    times::instant("at", event.at, now)?;
    event
        .due_at
        .map_or(Ok(()), |at| times::instant("due_at", at, now))?;
    event
        .worker
        .as_ref()
        .map_or(Ok(()), |worker| name("worker", worker))?;
    let error = event.error.as_ref().map_or(0, String::len);
    at_most("error", error, ERROR_BYTES_MAX, "bytes")
}
