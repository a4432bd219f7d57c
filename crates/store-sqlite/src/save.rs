//! Taking everything out, and putting it into another store.

use duly_core::dispatch::Terms;
use duly_core::{Hold, Timestamp, Vitals};
use duly_store::bounds::{EVENTS_SAVED_MAX, SAVE_BYTES_MAX};
use duly_store::validate::{self, Returned};
use duly_store::{
    Event, Name, NewTask, RequestError, Restore, Restored, Save, SaveCursor, SavedPage, SavedTask,
    SubmitError, TaskRecord, Unique,
};
use rusqlite::{Connection, Result, params};

use crate::book::{Line, QueueSlot};
use crate::error::Fault;
use crate::live::Ended;
use crate::room::{self, Named};
use crate::transaction::{NewEvent, Transaction};
use crate::unique::Key;
use crate::{event, record, task};

pub(crate) const TASKS: &str =
    "SELECT sequence FROM duly_task WHERE sequence > ?1 ORDER BY sequence";
pub(crate) const ADD_HISTORY: &str = "UPDATE duly_live
    SET started_at = ?2, progress_fraction = ?3, progress_text = ?4, error = ?5 WHERE sequence = ?1";

/// A page of everything.
pub(crate) fn save(
    connection: &Connection,
    request: &Save,
    now: Timestamp,
) -> std::result::Result<SavedPage, Fault<RequestError>> {
    validate::page(request.limit).map_err(|refused| Fault::Refused(refused.into()))?;
    let after = request.after.map_or(0, SaveCursor::sequence);
    let mut page = SavedPage {
        tasks: Vec::new(),
        next: None,
        at: now,
    };
    let mut bytes = 0;
    let mut statement = connection.prepare_cached(TASKS)?;
    let mut rows = statement.query([after])?;
    while let Some(row) = rows.next()? {
        let sequence = row.get(0)?;
        let Some(task) = record::by_sequence(connection, sequence, now, false)? else {
            continue;
        };
        let events = event::newest(connection, sequence, EVENTS_SAVED_MAX)?;
        let saved = SavedTask { task, events };
        bytes += saved.bytes();
        page.tasks.push(saved);
        if page.tasks.len() == request.limit as usize || bytes >= SAVE_BYTES_MAX {
            page.next = Some(SaveCursor::after(sequence));
            break;
        }
    }
    Ok(page)
}

/// Puts saved tasks into the store, all or none.
pub(crate) fn restore(
    tx: &mut Transaction<'_, '_>,
    request: &Restore,
) -> std::result::Result<Restored, Fault<SubmitError>> {
    let returned = validate::restore(request, tx.now).map_err(Fault::Refused)?;
    tx.all_or_none(|tx| {
        let mut restored = Restored::default();
        for (index, (saved, returned)) in request.tasks.iter().zip(returned).enumerate() {
            if tx.sequence(saved.task.id)?.is_some() {
                restored.existed += 1;
                continue;
            }
            take_in(tx, saved, returned, index)?;
            restored.restored += 1;
        }
        Ok(restored)
    })
}

/// A saved task that has its place.
struct Placed<'s> {
    task: &'s TaskRecord,
    queue: QueueSlot,
    kind: i64,
    sequence: i64,
    /// Who held it, by the number of the name.
    worker: Option<i64>,
}

fn take_in(
    tx: &mut Transaction<'_, '_>,
    saved: &SavedTask,
    returned: Returned,
    index: usize,
) -> std::result::Result<(), Fault<SubmitError>> {
    let task = &saved.task;
    let named = Named {
        kind: &task.kind,
        queue: &task.queue,
        tenant: task.tenant.as_ref(),
        record: tx.tenant(task.tenant.as_ref())?,
        limits: &task.limits,
        unfinished: returned.finished_at.is_none(),
    };
    let queue = tx.book.queue_slot(tx.connection, &task.queue)?;
    let kind = tx.book.kind(tx.connection, &task.kind)?;
    let mut refused = room::lacks_room(tx, &named, index)?;
    if refused.is_none() {
        refused = key_is_taken(tx, kind, task, &returned, index)?;
    }
    if refused.is_none() {
        refused = room::refusal(tx, queue, kind, &named, index)?;
    }
    if let Some(refused) = refused {
        return Err(Fault::Refused(refused));
    }
    let placed = Placed {
        task,
        queue: tx.book.make_queue(tx.connection, &task.queue)?,
        kind: tx.book.make_kind(tx.connection, &task.kind)?,
        sequence: tx.next_sequence()?,
        worker: number(tx, task.worker.as_ref())?,
    };
    write(tx, &placed, &returned)?;
    if let Some(tenant) = &task.tenant {
        tx.book.make_tenant(tx.connection, tenant)?;
    }
    tx.count(placed.queue, returned.vitals.state, 1);
    tx.hint(placed.queue);
    for event in &saved.events {
        tell_again(tx, placed.sequence, event)?;
    }
    if let Some(kind) = returned.event {
        let event = NewEvent {
            worker: placed.worker,
            ..NewEvent::new(placed.sequence, kind, returned.vitals.attempt)
        };
        tx.event(placed.queue, event)?;
    }
    Ok(())
}

/// Why an unfinished task cannot hold its unique key.
fn key_is_taken(
    tx: &Transaction<'_, '_>,
    kind: Option<i64>,
    task: &TaskRecord,
    returned: &Returned,
    index: usize,
) -> Result<Option<SubmitError>> {
    let (Some(kind), Some(key), None) = (kind, &task.unique_key, returned.finished_at) else {
        return Ok(None);
    };
    if !hold(task).holds(&returned.vitals, tx.now) {
        return Ok(None);
    }
    let holder = tx.holder(Key { kind, key })?;
    let rival = holder.filter(|holder| holder.id != task.id);
    Ok(rival.map(|rival| SubmitError::TaskExists {
        index,
        existing: rival.id,
        key: key.clone(),
    }))
}

/// How long a saved task holds its unique key.
fn hold(task: &TaskRecord) -> Hold {
    task.unique_scope.hold(task.submitted_at)
}

/// A restored task takes its unique key, if it holds it and nobody else does.
fn take_key(tx: &Transaction<'_, '_>, placed: &Placed<'_>, vitals: &Vitals) -> Result<()> {
    let task = placed.task;
    let Some(key) = &task.unique_key else {
        return Ok(());
    };
    let key = Key {
        kind: placed.kind,
        key,
    };
    if !hold(task).holds(vitals, tx.now) {
        return Ok(());
    }
    match tx.holder(key)? {
        Some(holder) if holder.id != task.id => Ok(()),
        _ => tx.take_key(key, hold(task), placed.sequence),
    }
}

fn number(tx: &mut Transaction<'_, '_>, name: Option<&Name>) -> Result<Option<i64>> {
    name.map(|name| tx.book.make_name(tx.connection, name))
        .transpose()
}

/// What was submitted, as far as it is known.
fn submitted(task: &TaskRecord) -> NewTask {
    NewTask {
        priority: task.priority,
        timeout: task.timeout,
        retry: task.retry,
        lost_max: task.lost_max,
        unique: task.unique_key.as_ref().map(|key| Unique {
            scope: task.unique_scope,
            ..Unique::new(key.clone())
        }),
        tenant: task.tenant.clone(),
        limits: task.limits.clone(),
        labels: task.labels.clone(),
        queue: task.queue.clone(),
        ..NewTask::new(task.id, task.kind.clone(), task.payload.clone())
    }
}

fn write(tx: &mut Transaction<'_, '_>, placed: &Placed<'_>, returned: &Returned) -> Result<()> {
    let (task, vitals) = (placed.task, &returned.vitals);
    let new = submitted(task);
    let place = (placed.queue, placed.kind, placed.sequence);
    task::write_task(tx, &new, place, task.submitted_at)?;
    tx.set_term(placed.sequence, vitals, &task.alerts(), task.submitted_at)?;
    take_key(tx, placed, vitals)?;
    let started_at = task.started_at.map(Timestamp::as_micros);
    let progress = task.progress.as_ref();
    let (fraction, text) = (
        progress.map(|progress| f64::from(progress.fraction)),
        progress.map(|progress| progress.text.as_str()),
    );
    if let Some(at) = returned.finished_at {
        // Its line is there, should it be put back in line.
        let line = Line {
            queue: placed.queue,
            kind: placed.kind,
            terms: Terms::NONE,
        };
        tx.place(line, placed.sequence, vitals)?;
        return tx.keep(&Ended {
            sequence: placed.sequence,
            queue: placed.queue,
            at,
            vitals,
            holder: placed.worker,
            started_at,
            progress_fraction: fraction,
            progress_text: text,
            error: task.error.as_deref(),
            result: task.result.as_ref(),
        });
    }
    task::write_live(tx, vitals, place, &new, None)?;
    let history = params![
        placed.sequence,
        started_at,
        fraction,
        text,
        task.error.as_deref()
    ];
    if task.attempt > 0 || task.error.is_some() {
        tx.connection
            .prepare_cached(ADD_HISTORY)?
            .execute(history)?;
    }
    Ok(())
}

/// Writes an event that was saved.
fn tell_again(tx: &mut Transaction<'_, '_>, task: i64, event: &Event) -> Result<()> {
    let again = NewEvent {
        worker: number(tx, event.worker.as_ref())?,
        due_at: event.due_at,
        priority: event.priority,
        error: event.error.clone(),
        ..NewEvent::new(task, event.kind, event.attempt)
    };
    tx.old_event(event.at, again)
}

#[cfg(test)]
mod tests {
    use duly_core::TaskId;

    use super::*;
    use crate::steps::{ME, World, schema};

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);

    /// A task that a worker runs, as it is saved.
    fn saved() -> SavedTask {
        let connection = schema();
        let mut world = World::new(&connection);
        world.submit(1);
        assert_eq!(world.claim(ME, 1, false), 1);
        let request = Save {
            after: None,
            limit: 9,
        };
        save(&connection, &request, NOW).unwrap().tasks.remove(0)
    }

    /// The same under another id, held by a worker of another name.
    fn named(n: u8, name: &str) -> SavedTask {
        let mut saved = saved();
        saved.task.id = TaskId::from_bytes([n; 16]);
        saved.task.worker = Some(name.into());
        for event in &mut saved.events {
            event.task = saved.task.id;
            event.worker = Some(name.into());
        }
        saved
    }

    #[test]
    fn a_refused_restore_leaves_nothing_known_by_heart_that_is_not_there() {
        let connection = schema();
        let mut world = World::new(&connection);
        let restore = |tx: &mut Transaction<'_, '_>, tasks| restore(tx, &Restore { tasks });
        let keyed = |n| {
            let mut saved = named(n, "refused");
            saved.task.unique_key = Some("one".into());
            saved
        };
        world.transact(|tx| {
            let refused = restore(tx, vec![keyed(1), keyed(2)]);
            assert!(matches!(
                refused,
                Err(Fault::Refused(SubmitError::TaskExists { index: 1, .. }))
            ));
            let tasks = vec![named(3, "taken"), named(3, "taken"), named(4, "refused")];
            let done = restore(tx, tasks).unwrap();
            assert_eq!((done.restored, done.existed), (2, 1));
        });
        let request = Save {
            after: None,
            limit: 9,
        };
        let page = save(&connection, &request, NOW).unwrap();
        assert_eq!(page.tasks.len(), 2);
        for (saved, name) in page.tasks.iter().zip(["taken", "refused"]) {
            assert_eq!(saved.events.len(), 3, "submitted, started, handed back");
            for event in &saved.events {
                assert_eq!(event.worker.as_deref(), Some(name));
            }
        }
    }
}
