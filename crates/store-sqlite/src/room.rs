//! Whether a task may be taken in: what drains, and what there is room for.

use duly_core::bounds::LINES_MAX;
use duly_store::bounds::{KINDS_MAX, LIMITS_MAX, TENANTS_MAX};
use duly_store::{LimitUse, Name, Subject, SubmitError, validate};
use rusqlite::Result;

use crate::book::{QueueSlot, Tenant, tenants_are_full};
use crate::transaction::Transaction;

/// What a task names that is to be taken in.
pub(crate) struct Named<'a> {
    pub(crate) kind: &'a Name,
    pub(crate) queue: &'a Name,
    pub(crate) tenant: Option<&'a Name>,
    /// The record of the tenant, if there is one.
    pub(crate) record: Option<Tenant>,
    pub(crate) limits: &'a [LimitUse],
    /// Otherwise it has no need of a place in its queue, nor of limits.
    pub(crate) unfinished: bool,
}

/// What of a new task's queue, kind and tenant is drained.
pub(crate) fn drained(
    tx: &mut Transaction<'_, '_>,
    queue: Option<QueueSlot>,
    kind: Option<i64>,
    task: &Named<'_>,
) -> Result<Option<Subject>> {
    if queue.is_some_and(|queue| tx.book.queue(queue).settings.draining) {
        return Ok(Some(Subject::Queue(task.queue.clone())));
    }
    if let Some(kind) = kind
        && tx.book.kind_settings(tx.connection, kind)?.draining
    {
        return Ok(Some(Subject::Kind(task.kind.clone())));
    }
    let tenant = task.tenant.zip(task.record);
    let drained = tenant.filter(|(_, record)| record.settings.draining);
    Ok(drained.map(|(name, _)| Subject::Tenant(name.clone())))
}

/// Why there may be no record of a task's kind or tenant.
pub(crate) fn lacks_room(
    tx: &mut Transaction<'_, '_>,
    task: &Named<'_>,
    index: usize,
) -> Result<Option<SubmitError>> {
    let refuse = |source| Ok(Some(SubmitError::InvalidInput { index, source }));
    if tx.book.lacks_kind(tx.connection, task.kind, KINDS_MAX)? {
        return refuse(validate::too_many_kinds(task.kind));
    }
    if let Some(tenant) = task.tenant
        && task.record.is_none()
        && tenants_are_full(tx.connection, TENANTS_MAX)?
    {
        return refuse(validate::too_many_tenants(tenant));
    }
    if !task.unfinished || task.limits.is_empty() {
        return Ok(None);
    }
    let limits = task.limits.iter().map(|one| &one.name);
    match tx.book.lacks_limit(tx.connection, limits, LIMITS_MAX)? {
        Some(name) => refuse(validate::too_many_limits(name)),
        None => Ok(None),
    }
}

/// Why a task that is not there yet cannot be taken in.
pub(crate) fn refusal(
    tx: &mut Transaction<'_, '_>,
    queue: Option<QueueSlot>,
    kind: Option<i64>,
    task: &Named<'_>,
    index: usize,
) -> Result<Option<SubmitError>> {
    let Some(slot) = queue else { return Ok(None) };
    let found = tx.book.queue(slot);
    if task.unfinished && found.unfinished() >= found.settings.bound {
        return Ok(Some(SubmitError::QueueFull {
            index,
            queue: task.queue.clone(),
            bound: found.settings.bound,
        }));
    }
    let has_line = kind.is_some_and(|kind| tx.book.has_line(slot, kind));
    Ok(
        (!has_line && tx.book.line_count(slot) >= LINES_MAX).then(|| SubmitError::InvalidInput {
            index,
            source: validate::too_many_lines(task.kind),
        }),
    )
}
