//! Tenants: their settings and the counts of their tasks.

use duly_store::bounds::TENANTS_MAX;
use duly_store::{
    ListNames, Name, RequestError, TenantChange, TenantPage, TenantRecord, TenantSettings, validate,
};
use rusqlite::{Connection, Result, Row};

use crate::book;
use crate::error::Fault;
use crate::kind::page;
use crate::transaction::Transaction;

macro_rules! columns {
    () => {
        "SELECT name, weight, paused, draining,
            (SELECT coalesce(sum(la.unfinished), 0) FROM duly_lane AS la INDEXED BY duly_lane_tenant
                WHERE la.tenant = name AND la.tenant <> '')
        FROM duly_tenant "
    };
}
pub(crate) const ONE: &str = concat!(columns!(), "WHERE name = ?1 AND name > ?2 LIMIT ?3");
pub(crate) const PAGE: &str = concat!(columns!(), "WHERE name > ?1 ORDER BY name LIMIT ?2");

pub(crate) fn configure(
    tx: &mut Transaction<'_, '_>,
    (name, change): &(Name, TenantChange),
) -> std::result::Result<TenantSettings, Fault<RequestError>> {
    let refused = |input| Fault::Refused(RequestError::InvalidInput(input));
    validate::name("tenant", name)
        .and_then(|()| validate::tenant_change(change))
        .map_err(refused)?;
    if tx.book.lacks_tenant(tx.connection, name, TENANTS_MAX)? {
        return Err(refused(validate::too_many_tenants(name)));
    }
    let tenant = tx.book.make_tenant(tx.connection, name)?;
    let settings = change.apply(&tenant.settings);
    tx.book.set_tenant(tx.connection, name, settings)?;
    tx.book.tell_tenant(name, settings, tx.now);
    tx.hint_all();
    Ok(settings)
}

pub(crate) fn tenants(
    connection: &Connection,
    request: &ListNames,
) -> std::result::Result<TenantPage, Fault<RequestError>> {
    let (tenants, next) = page(connection, (ONE, PAGE), request, show)?;
    let next = next.map(|last: TenantRecord| last.name);
    Ok(TenantPage { tenants, next })
}

fn show(row: &Row<'_>) -> Result<TenantRecord> {
    Ok(TenantRecord {
        name: crate::row::name(row, 0)?,
        settings: book::tenant_settings(row, 1)?,
        unfinished: crate::row::number(row, 4)?,
    })
}
