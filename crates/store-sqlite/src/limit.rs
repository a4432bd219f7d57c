//! Limits: what they bound, what they are attached to, and what is in use.

use duly_core::Limit;
use duly_store::bounds::{KINDS_MAX, LIMITS_MAX, TENANTS_MAX};
use duly_store::{
    AttachmentChange, AttachmentPage, InvalidInput, LimitPage, LimitRecord, ListAttachments,
    ListNames, Name, RequestError, Subject, validate,
};
use rusqlite::{Result, params};

use crate::error::Fault;
use crate::transaction::Transaction;

type Asked<T> = std::result::Result<T, Fault<RequestError>>;

pub(crate) const ONE: &str = "SELECT name FROM duly_limit WHERE name = ?1 AND ?2 > 0";
pub(crate) const PAGE: &str = "SELECT name FROM duly_limit WHERE name > ?1 ORDER BY name LIMIT ?2";

fn refuse(refused: InvalidInput) -> Fault<RequestError> {
    Fault::Refused(refused.into())
}

pub(crate) fn configure(
    tx: &mut Transaction<'_, '_>,
    (name, bounds): &(Name, Option<Limit>),
) -> Asked<()> {
    validate::name("limit", name).map_err(refuse)?;
    bounds
        .as_ref()
        .map_or(Ok(()), validate::limit)
        .map_err(refuse)?;
    tx.book.know_limits(tx.connection, tx.now)?;
    if bounds.is_none() && !tx.book.is_defined(name) {
        return Ok(());
    }
    has_room(tx, std::iter::once(name))?;
    tx.book.set_limit(tx.connection, name, *bounds, tx.now)?;
    tx.hint_all();
    Ok(())
}

pub(crate) fn attach(
    tx: &mut Transaction<'_, '_>,
    (subject, change): &(Subject, AttachmentChange),
) -> Asked<()> {
    validate::name(subject.what(), subject.name()).map_err(refuse)?;
    validate::attachment_change(change).map_err(refuse)?;
    tx.book.know_limits(tx.connection, tx.now)?;
    let Some(uses) = change.apply(tx.book.attached().of(subject)) else {
        return Ok(());
    };
    validate::limit_uses(&uses).map_err(refuse)?;
    has_room(tx, uses.iter().map(|one| &one.name))?;
    let refused = match subject {
        Subject::Queue(_) => None,
        Subject::Kind(name) => (tx.book.lacks_kind(tx.connection, name, KINDS_MAX)?)
            .then(|| validate::too_many_kinds(name)),
        Subject::Tenant(name) => (tx.book.lacks_tenant(tx.connection, name, TENANTS_MAX)?)
            .then(|| validate::too_many_tenants(name)),
    };
    if let Some(refused) = refused {
        return Err(refuse(refused));
    }
    tx.book.attach(tx.connection, subject, &uses, tx.now)?;
    tx.hint_all();
    Ok(())
}

/// Whether there may be these limits.
fn has_room<'a>(
    tx: &mut Transaction<'_, '_>,
    names: impl Iterator<Item = &'a Name> + Clone,
) -> Asked<()> {
    match tx.book.lacks_limit(tx.connection, names, LIMITS_MAX)? {
        Some(name) => Err(refuse(validate::too_many_limits(name))),
        None => Ok(()),
    }
}

/// A page of limits. The writer answers: only it knows what is in use. What each is attached to it knows
/// by heart, too, so that all of a record is of one instant.
pub(crate) fn limits(tx: &mut Transaction<'_, '_>, request: &ListNames) -> Asked<LimitPage> {
    validate::page(request.limit).map_err(refuse)?;
    tx.book.know_limits(tx.connection, tx.now)?;
    tx.book.know_leases(tx.connection)?;
    let (sql, from) = match &request.only {
        Some(name) => (ONE, name.as_str()),
        None => (PAGE, request.after.as_ref().map_or("", Name::as_str)),
    };
    let mut statement = tx.connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![from, request.limit + 1], |row| {
        crate::row::name(row, 0)
    })?;
    let mut names = rows.collect::<Result<Vec<Name>>>()?;
    if let (Some(_), Some(after)) = (&request.only, &request.after) {
        names.retain(|name| name > after);
    }
    let more = names.len() > request.limit as usize;
    names.truncate(request.limit as usize);
    let next = names.last().filter(|_| more).cloned();
    let limits = names.into_iter().filter_map(|name| record(tx, name));
    Ok(LimitPage {
        limits: limits.collect(),
        next,
    })
}

/// A page of what a limit is attached to. The writer answers: it knows by heart what records have by subject
/// only.
pub(crate) fn attachments(
    tx: &mut Transaction<'_, '_>,
    request: &ListAttachments,
) -> Asked<AttachmentPage> {
    validate::page(request.limit).map_err(refuse)?;
    tx.book.know_limits(tx.connection, tx.now)?;
    Ok(tx.book.attached().page(request))
}

fn record(tx: &mut Transaction<'_, '_>, name: Name) -> Option<LimitRecord> {
    let id = tx.book.limit_id(&name);
    let dispatch = &tx.book.dispatch;
    let limit = dispatch.limit(id)?;
    let ready = limit
        .rate
        .map(|rate| dispatch.rate_state(id).ready_at(&rate, tx.now));
    let (attached, attached_count) = tx.book.attached().shown(&name);
    Some(LimitRecord {
        limit,
        in_use: dispatch.in_use(id),
        next_permit_at: ready.filter(|at| *at > tx.now),
        attached,
        attached_count,
        name,
    })
}
