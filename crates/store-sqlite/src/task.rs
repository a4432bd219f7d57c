//! The rows of a new task: what never changes, and what does.

use duly_core::{Timestamp, Vitals};
use duly_store::NewTask;
use rusqlite::{Result, params};

use crate::book::{Line, QueueSlot, Tenant};
use crate::pens::Pen;
use crate::row;
use crate::transaction::Transaction;
use crate::unique::Keyed;

pub(crate) const ADD_TASK: &str = "INSERT INTO duly_task
    (sequence, id, queue, kind, submitted_at, tenant, unique_key, timeout, retry, labels, encoding,
     version, key_id, payload, limits)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
    ON CONFLICT (id) DO NOTHING";
pub(crate) const ADD_LIVE: &str = "INSERT INTO duly_live
    (sequence, lane, class, rank, state, priority, due_at, deadline, attempt, spent, lost, lost_max,
     cancel_requested, keyed, finish_by, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";

/// Writes what never changes; false if a task of this id is there already.
pub(crate) fn write_task(
    tx: &mut Transaction<'_, '_>,
    task: &NewTask,
    (queue, kind, sequence): (QueueSlot, i64, i64),
    submitted_at: Timestamp,
) -> Result<bool> {
    let payload = &task.payload;
    let changed = tx.pens.take_up(Pen::AddTask)?.execute(params![
        sequence,
        task.id.as_bytes(),
        tx.book.queue(queue).id,
        kind,
        submitted_at.as_micros(),
        task.tenant.as_deref(),
        task.unique.as_ref().map(|unique| unique.key.as_str()),
        task.timeout.map(row::micros),
        row::retry_text(&task.retry),
        row::labels_text(&task.labels),
        payload.encoding.code(),
        payload.version,
        payload.key_id.as_deref(),
        &*payload.bytes,
        (!task.limits.is_empty()).then(|| row::uses_text(&task.limits)),
    ])?;
    if changed == 1
        && let Some(unique) = &task.unique
    {
        tx.write_scope(unique.scope, sequence)?;
    }
    Ok(changed == 1)
}

/// Writes what changes, and counts it among what is unfinished. `record`: of its tenant, if it was looked up.
pub(crate) fn write_live(
    tx: &mut Transaction<'_, '_>,
    vitals: &Vitals,
    (queue, kind, sequence): (QueueSlot, i64, i64),
    task: &NewTask,
    record: Option<Tenant>,
) -> Result<()> {
    let known = record.filter(|_| task.limits.is_empty());
    let terms = match known.and_then(|record| record.terms()) {
        Some(terms) => terms,
        None => (tx.book).terms(tx.connection, task.tenant.as_ref(), &task.limits)?,
    };
    let place = tx.place(Line { queue, kind, terms }, sequence, vitals)?;
    tx.pens.take_up(Pen::AddLive)?.execute(params![
        sequence,
        place.lane_id,
        place.class,
        place.rank,
        vitals.state.code(),
        vitals.priority.code(),
        vitals.due_at.as_micros(),
        vitals.deadlines.start().map(Timestamp::as_micros),
        vitals.attempt,
        vitals.spent,
        vitals.lost,
        vitals.lost_max,
        vitals.cancel_requested,
        Keyed::of(task.unique.as_ref().map(|unique| unique.scope)).code(),
        vitals.deadlines.finish().map(Timestamp::as_micros),
        vitals.deadlines.earliest().map(Timestamp::as_micros),
    ])?;
    tx.count_unfinished(place.lane, 1);
    Ok(())
}
