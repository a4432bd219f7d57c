//! Kinds: their settings and the counts of their tasks.

use duly_store::bounds::KINDS_MAX;
use duly_store::{
    KindChange, KindPage, KindRecord, KindSettings, ListNames, Name, RequestError, validate,
};
use rusqlite::{Connection, Result, Row, params};

use crate::book;
use crate::error::Fault;
use crate::transaction::Transaction;

macro_rules! columns {
    () => {
        "SELECT name, paused, draining, unfinished FROM duly_kind "
    };
}
pub(crate) const ONE: &str = concat!(columns!(), "WHERE name = ?1 AND name > ?2 LIMIT ?3");
pub(crate) const PAGE: &str = concat!(columns!(), "WHERE name > ?1 ORDER BY name LIMIT ?2");

pub(crate) fn configure(
    tx: &mut Transaction<'_, '_>,
    (name, change): &(Name, KindChange),
) -> std::result::Result<KindSettings, Fault<RequestError>> {
    let refused = |input| Fault::Refused(RequestError::InvalidInput(input));
    validate::name("kind", name).map_err(refused)?;
    if tx.book.lacks_kind(tx.connection, name, KINDS_MAX)? {
        return Err(refused(validate::too_many_kinds(name)));
    }
    let kind = tx.book.make_kind(tx.connection, name)?;
    let settings = change.apply(&tx.book.kind_settings(tx.connection, kind)?);
    tx.book.set_kind(tx.connection, kind, settings)?;
    tx.hint_all();
    Ok(settings)
}

pub(crate) fn kinds(
    connection: &Connection,
    request: &ListNames,
) -> std::result::Result<KindPage, Fault<RequestError>> {
    let (kinds, next) = page(connection, (ONE, PAGE), request, show)?;
    let next = next.map(|last: KindRecord| last.name);
    Ok(KindPage { kinds, next })
}

fn show(row: &Row<'_>) -> Result<KindRecord> {
    Ok(KindRecord {
        name: crate::row::name(row, 0)?,
        settings: book::kind_settings(row, 1)?,
        unfinished: crate::row::number(row, 3)?,
    })
}

/// A page of records by name, and its last one if there are more.
pub(crate) fn page<R: Clone>(
    connection: &Connection,
    (one, all): (&str, &str),
    request: &ListNames,
    show: fn(&Row<'_>) -> Result<R>,
) -> std::result::Result<(Vec<R>, Option<R>), Fault<RequestError>> {
    validate::page(request.limit).map_err(|refused| Fault::Refused(refused.into()))?;
    // No name is empty.
    let after = request.after.as_deref().unwrap_or_default();
    let limit = request.limit + 1;
    let found: Result<Vec<R>> = match &request.only {
        Some(name) => connection
            .prepare_cached(one)?
            .query_map(params![name.as_str(), after, limit], show)?
            .collect(),
        None => connection
            .prepare_cached(all)?
            .query_map(params![after, limit], show)?
            .collect(),
    };
    let mut found = found?;
    let more = found.len() > request.limit as usize;
    found.truncate(request.limit as usize);
    let last = found.last().filter(|_| more).cloned();
    Ok((found, last))
}
