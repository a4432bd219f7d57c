//! Changes that people make to a task.

use duly_core::{EventKind, InvalidTransition, Priority, TaskId, Vitals};
use duly_store::{ChangeError, TaskRecord, When};
use rusqlite::{OptionalExtension, Result};

use crate::error::Fault;
use crate::live::Trace;
use crate::record;
use crate::transaction::{NewEvent, Transaction};

type Changed = std::result::Result<TaskRecord, Fault<ChangeError>>;

const HOLDER: &str = "SELECT name FROM duly_worker WHERE id = ?1";

fn refused<E: Into<ChangeError>>(error: E) -> Fault<ChangeError> {
    Fault::Refused(error.into())
}

pub(crate) fn cancel(tx: &mut Transaction<'_, '_>, id: &TaskId) -> Changed {
    change(tx, *id, Vitals::cancel, |_| {})
}

pub(crate) fn reprioritise(
    tx: &mut Transaction<'_, '_>,
    (id, priority): &(TaskId, Priority),
) -> Changed {
    change(
        tx,
        *id,
        |vitals| vitals.reprioritise(*priority),
        |event| event.priority = Some(*priority),
    )
}

pub(crate) fn reschedule(tx: &mut Transaction<'_, '_>, (id, due): &(TaskId, When)) -> Changed {
    let now = tx.now;
    let due_at = due.resolve(now);
    change(
        tx,
        *id,
        |vitals| vitals.reschedule(due_at, now).map(Some),
        |event| event.due_at = Some(due_at),
    )
}

/// Applies a rule to a task; `tell` adds to its event.
fn change(
    tx: &mut Transaction<'_, '_>,
    id: TaskId,
    rule: impl FnOnce(&mut Vitals) -> std::result::Result<Option<EventKind>, InvalidTransition>,
    tell: impl FnOnce(&mut NewEvent),
) -> Changed {
    let Some(sequence) = tx.sequence(id)? else {
        return Err(Fault::Refused(ChangeError::TaskNotFound(id)));
    };
    let Some(live) = tx.live(sequence)? else {
        let done = tx.done(sequence)?;
        let mut vitals = done.ok_or(Fault::Refused(ChangeError::TaskNotFound(id)))?;
        rule(&mut vitals).map_err(refused)?;
        return show(tx, sequence, id);
    };
    let mut vitals = live.vitals;
    let event = rule(&mut vitals).map_err(refused)?;
    let queue = tx.book.lane(live.lane).queue;
    tx.hint(queue);
    if let Some(kind) = event {
        let trace = Trace {
            holder: holder(tx, live.worker)?,
            ..Trace::default()
        };
        tx.change(&live, &vitals, &trace)?;
        let mut event = NewEvent::new(sequence, kind, vitals.attempt);
        tell(&mut event);
        tx.event(queue, event)?;
    }
    show(tx, sequence, id)
}

fn holder(tx: &Transaction<'_, '_>, worker: Option<i64>) -> Result<Option<i64>> {
    let Some(worker) = worker else {
        return Ok(None);
    };
    tx.connection
        .prepare_cached(HOLDER)?
        .query_row([worker], |row| row.get(0))
        .optional()
}

fn show(tx: &Transaction<'_, '_>, sequence: i64, id: TaskId) -> Changed {
    record::by_sequence(tx.connection, sequence, tx.now, false)?
        .ok_or(Fault::Refused(ChangeError::TaskNotFound(id)))
}

pub(crate) fn retry(tx: &mut Transaction<'_, '_>, id: &TaskId) -> Changed {
    let standing = tx.standing(*id)?;
    let standing = standing.ok_or(Fault::Refused(ChangeError::TaskNotFound(*id)))?;
    let old = standing.vitals;
    let mut new = old;
    let event = new.retry(tx.now).map_err(refused)?;
    let line = tx.line(standing.sequence)?;
    if let Some(key) = &line.unique_key
        && let Some(existing) = tx.key_holder(line.kind, key)?
    {
        let key = key.clone();
        return Err(Fault::Refused(ChangeError::TaskExists { existing, key }));
    }
    let queue = tx.revive(standing.sequence, (&old, &new), &line)?;
    tx.event(queue, NewEvent::new(standing.sequence, event, new.attempt))?;
    show(tx, standing.sequence, *id)
}
