//! Changes that people make to a task.

use duly_core::{EventKind, InvalidTransition, TaskId, Vitals};
use duly_store::{Change, ChangeError, Payload, TaskRecord, validate};
use rusqlite::{OptionalExtension, Result, params};

use crate::error::Fault;
use crate::house;
use crate::live::Trace;
use crate::record;
use crate::transaction::{NewEvent, Transaction};

type Changed<T> = std::result::Result<T, Fault<ChangeError>>;

const HOLDER: &str = "SELECT name FROM duly_worker WHERE id = ?1";
pub(crate) const REWRITE: &str = "UPDATE duly_task
    SET encoding = ?2, version = ?3, key_id = ?4, payload = ?5 WHERE sequence = ?1";

fn refused<E: Into<ChangeError>>(error: E) -> Fault<ChangeError> {
    Fault::Refused(error.into())
}

fn not_found(task: Target) -> Fault<ChangeError> {
    Fault::Refused(ChangeError::TaskNotFound(task.id))
}

/// The task that is to be changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) sequence: i64,
    pub(crate) id: TaskId,
}

/// Changes a task, and answers it as it is then; one that is discarded, as it was.
pub(crate) fn change(
    tx: &mut Transaction<'_, '_>,
    (id, change): &(TaskId, Change),
) -> Changed<TaskRecord> {
    validate::change(change, tx.now).map_err(refused)?;
    let sequence = tx.sequence(*id)?;
    let sequence = sequence.ok_or(Fault::Refused(ChangeError::TaskNotFound(*id)))?;
    let task = Target { sequence, id: *id };
    if *change == Change::Discard {
        let record = show(tx, task)?;
        discard(tx, task)?;
        return Ok(record);
    }
    apply(tx, task, change)?;
    show(tx, task)
}

/// Changes a task. Whoever is refused has written nothing.
pub(crate) fn apply(tx: &mut Transaction<'_, '_>, task: Target, change: &Change) -> Changed<()> {
    let now = tx.now;
    match change {
        Change::Cancel => step(tx, task, Vitals::cancel, |_| {}),
        Change::Retry { payload } => retry(tx, task, payload.as_ref()),
        Change::Reprioritise(priority) => step(
            tx,
            task,
            |vitals| vitals.reprioritise(*priority),
            |event| event.priority = Some(*priority),
        ),
        Change::Reschedule(due) => {
            let due_at = due.resolve(now);
            step(
                tx,
                task,
                |vitals| vitals.reschedule(due_at, now).map(Some),
                |event| event.due_at = Some(due_at),
            )
        }
        Change::Discard => discard(tx, task),
    }
}

/// Applies a rule to a task; `tell` adds to its event.
fn step(
    tx: &mut Transaction<'_, '_>,
    task: Target,
    rule: impl FnOnce(&mut Vitals) -> std::result::Result<Option<EventKind>, InvalidTransition>,
    tell: impl FnOnce(&mut NewEvent),
) -> Changed<()> {
    let Some(live) = tx.live(task.sequence)? else {
        let done = tx.done(task.sequence)?;
        let mut vitals = done.ok_or(not_found(task))?;
        return rule(&mut vitals).map(drop).map_err(refused);
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
        let mut event = NewEvent::new(task.sequence, kind, vitals.attempt);
        tell(&mut event);
        tx.event(queue, event)?;
    }
    Ok(())
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

fn show(tx: &Transaction<'_, '_>, task: Target) -> Changed<TaskRecord> {
    record::by_sequence(tx.connection, task.sequence, tx.now, false)?.ok_or(not_found(task))
}

fn retry(tx: &mut Transaction<'_, '_>, task: Target, payload: Option<&Payload>) -> Changed<()> {
    let old = tx.vitals(task.sequence)?.ok_or(not_found(task))?;
    let mut new = old;
    let event = new.retry(tx.now).map_err(refused)?;
    let line = tx.line(task.sequence)?;
    if let Some((key, hold)) = line.key()
        && let Some(rival) = tx.rival(key, hold, (task.sequence, &new))?
    {
        return Err(Fault::Refused(ChangeError::TaskExists {
            existing: rival.id,
            key: key.key.into(),
        }));
    }
    if let Some(payload) = payload {
        rewrite(tx, task.sequence, payload)?;
    }
    let queue = tx.revive(task.sequence, (&old, &new), &line)?;
    tx.event(queue, NewEvent::new(task.sequence, event, new.attempt))?;
    Ok(())
}

/// Gives a task another payload.
pub(crate) fn rewrite(tx: &Transaction<'_, '_>, sequence: i64, payload: &Payload) -> Result<()> {
    let mut statement = tx.connection.prepare_cached(REWRITE)?;
    statement.execute(params![
        sequence,
        payload.encoding.code(),
        payload.version,
        payload.key_id.as_deref(),
        &*payload.bytes,
    ])?;
    Ok(())
}

fn discard(tx: &mut Transaction<'_, '_>, task: Target) -> Changed<()> {
    let vitals = tx.vitals(task.sequence)?.ok_or(not_found(task))?;
    vitals.discard().map_err(refused)?;
    let line = tx.line(task.sequence)?;
    // Its newest events may still be on their way to the table.
    tx.flush_events()?;
    if line.unique_key.is_some() {
        tx.free_key(task.sequence)?;
    }
    house::remove(tx, &line.queue, task.sequence, vitals.state)?;
    Ok(())
}
