//! Submitting tasks.

use duly_core::bounds::LINES_MAX;
use duly_core::{EventKind, State, TaskId};
use duly_store::{
    Admission, Name, NewTask, Submit, SubmitError, SubmitReply, Submitted, Unique, validate,
};
use hashbrown::HashMap;
use rusqlite::Result;

use crate::book::{QueueSlot, Tenant};
use crate::error::Fault;
use crate::room::{self, Named};
use crate::task::{write_live, write_task};
use crate::transaction::{NewEvent, Transaction};
use crate::unique::Key;

pub(crate) fn submit(
    tx: &mut Transaction<'_, '_>,
    request: &Submit,
) -> std::result::Result<SubmitReply, Fault<SubmitError>> {
    validate::submit(request, tx.now).map_err(Fault::Refused)?;
    let tasks = if request.tasks.len() < 2 {
        admit_all(tx, &request.tasks)?
    } else if let Some(tenants) = sure(tx, &request.tasks)? {
        let known = request.tasks.iter().zip(tenants).enumerate();
        known
            .map(|(index, (task, tenant))| admit(tx, task, tenant, index))
            .collect::<std::result::Result<_, _>>()?
    } else {
        tx.all_or_none(|tx| admit_all(tx, &request.tasks))?
    };
    Ok(SubmitReply { tasks, at: tx.now })
}

/// Submits tasks in a transaction that whoever calls undoes if one of them is refused.
pub(crate) fn submit_all(
    tx: &mut Transaction<'_, '_>,
    request: &Submit,
) -> std::result::Result<SubmitReply, Fault<SubmitError>> {
    validate::submit(request, tx.now).map_err(Fault::Refused)?;
    let tasks = admit_all(tx, &request.tasks)?;
    Ok(SubmitReply { tasks, at: tx.now })
}

/// If no task of a batch can be refused, so that none has to be undone: the records of their tenants.
fn sure(tx: &mut Transaction<'_, '_>, tasks: &[NewTask]) -> Result<Option<Vec<Option<Tenant>>>> {
    let mut per_queue: HashMap<&Name, u64> = HashMap::new();
    let mut tenants = Vec::with_capacity(tasks.len());
    for task in tasks {
        if task.unique.is_some() || !task.limits.is_empty() {
            return Ok(None);
        }
        let tenant = tx.tenant(task.tenant.as_ref())?;
        if !may_come(tx, task, tenant)? {
            return Ok(None);
        }
        tenants.push(tenant);
        *per_queue.entry(&task.queue).or_default() += 1;
    }
    for (name, n) in per_queue {
        let Some(slot) = tx.book.queue_slot(tx.connection, name)? else {
            return Ok(None);
        };
        let queue = tx.book.queue(slot);
        if queue.settings.draining || queue.unfinished() + n > queue.settings.bound {
            return Ok(None);
        }
        if tx.book.line_count(slot) + tasks.len() > LINES_MAX {
            return Ok(None);
        }
    }
    Ok(Some(tenants))
}

/// Whether there are records of a task's kind and tenant already, and neither is drained.
fn may_come(tx: &mut Transaction<'_, '_>, task: &NewTask, tenant: Option<Tenant>) -> Result<bool> {
    let Some(kind) = tx.book.kind(tx.connection, &task.kind)? else {
        return Ok(false);
    };
    let comes = match tenant {
        None => task.tenant.is_none(),
        Some(tenant) => !tenant.settings.draining,
    };
    Ok(comes && !tx.book.kind_settings(tx.connection, kind)?.draining)
}

fn admit_all(
    tx: &mut Transaction<'_, '_>,
    tasks: &[NewTask],
) -> std::result::Result<Vec<Submitted>, Fault<SubmitError>> {
    let mut submitted = Vec::with_capacity(tasks.len());
    for (index, task) in tasks.iter().enumerate() {
        let tenant = tx.tenant(task.tenant.as_ref())?;
        submitted.push(admit(tx, task, tenant, index)?);
    }
    Ok(submitted)
}

fn admit(
    tx: &mut Transaction<'_, '_>,
    task: &NewTask,
    tenant: Option<Tenant>,
    index: usize,
) -> std::result::Result<Submitted, Fault<SubmitError>> {
    if task.unique.is_some()
        && let Some(before) = taken_before(tx, task.id)?
    {
        return Ok(before);
    }
    let queue = tx.book.queue_slot(tx.connection, &task.queue)?;
    let kind = tx.book.kind(tx.connection, &task.kind)?;
    let named = Named {
        kind: &task.kind,
        queue: &task.queue,
        tenant: task.tenant.as_ref(),
        record: tenant,
        limits: &task.limits,
        unfinished: true,
    };
    let mut refused = match room::drained(tx, queue, kind, &named)? {
        Some(subject) => Some(SubmitError::Draining { index, subject }),
        None => room::lacks_room(tx, &named, index)?,
    };
    if refused.is_none() {
        if let (Some(unique), Some(kind)) = (&task.unique, kind)
            && let Some(met) = meet(tx, task, unique, kind, index)?
        {
            return Ok(met);
        }
        refused = room::refusal(tx, queue, kind, &named, index)?;
    }
    // What has no line yet is looked up first, so that a task that is there already makes none.
    let has_line = queue
        .zip(kind)
        .is_some_and(|(queue, kind)| tx.book.has_line(queue, kind));
    if (refused.is_some() || !has_line)
        && let Some(existing) = existing(tx, task.id)?
    {
        return Ok(existing);
    }
    if let Some(refused) = refused {
        return Err(Fault::Refused(refused));
    }
    let queue = tx.book.make_queue(tx.connection, &task.queue)?;
    let kind = tx.book.make_kind(tx.connection, &task.kind)?;
    Ok(insert(tx, task, tenant, (queue, kind))?)
}

/// The answer for a submission with a unique key that was taken before.
fn taken_before(tx: &mut Transaction<'_, '_>, id: TaskId) -> Result<Option<Submitted>> {
    match existing(tx, id)? {
        None => tx.replaced(id),
        existing => Ok(existing),
    }
}

/// What becomes of a submission whose unique key another task holds, if one does.
fn meet(
    tx: &mut Transaction<'_, '_>,
    task: &NewTask,
    unique: &Unique,
    kind: i64,
    index: usize,
) -> std::result::Result<Option<Submitted>, Fault<SubmitError>> {
    let key = Key {
        kind,
        key: &unique.key,
    };
    let Some(holder) = tx.holder(key)? else {
        return Ok(None);
    };
    match tx.meet(task, unique, holder)? {
        Some(met) => Ok(Some(met)),
        None => Err(Fault::Refused(SubmitError::TaskExists {
            index,
            existing: holder.id,
            key: unique.key.clone(),
        })),
    }
}

/// The answer for a task that is there already.
fn existing(tx: &mut Transaction<'_, '_>, id: TaskId) -> Result<Option<Submitted>> {
    let state = tx.standing(id)?.map(|standing| standing.state);
    Ok(state.map(|state| Submitted {
        id,
        state,
        admission: Admission::Existed,
    }))
}

fn insert(
    tx: &mut Transaction<'_, '_>,
    task: &NewTask,
    tenant: Option<Tenant>,
    (queue, kind): (QueueSlot, i64),
) -> Result<Submitted> {
    let sequence = tx.next_sequence()?;
    if !write_task(tx, task, (queue, kind, sequence), tx.now)? {
        tx.book.counters(tx.connection)?.task -= 1;
        let existing = existing(tx, task.id)?;
        return existing.ok_or(rusqlite::Error::QueryReturnedNoRows);
    }
    let tenant = match &task.tenant {
        Some(name) if tenant.is_none() => Some(tx.book.make_tenant(tx.connection, name)?),
        _ => tenant,
    };
    let vitals = task.vitals(tx.now);
    tx.set_term(sequence, &vitals, &task.alerts(), tx.now)?;
    write_live(tx, &vitals, (queue, kind, sequence), task, tenant)?;
    if let Some(unique) = &task.unique {
        let key = Key {
            kind,
            key: &unique.key,
        };
        tx.take_key(key, unique.scope.hold(tx.now), sequence)?;
    }
    let event = NewEvent {
        due_at: (vitals.state == State::Scheduled).then_some(vitals.due_at),
        ..NewEvent::new(sequence, EventKind::Submitted, 0)
    };
    tx.event(queue, event)?;
    tx.count(queue, vitals.state, 1);
    tx.hint(queue);
    Ok(Submitted {
        id: task.id,
        state: vitals.state,
        admission: Admission::New,
    })
}
