//! Tenants, known by heart.

use duly_core::Timestamp;
use duly_core::dispatch::Terms;
use duly_store::{Name, TenantSettings};
use hashbrown::HashMap;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::Book;
use super::kind::is_full;
use super::news::Item;
use crate::row;

pub(crate) const TENANT: &str =
    "SELECT id, weight, paused, draining FROM duly_tenant WHERE name = ?1";
const ADD_TENANT: &str = "INSERT INTO duly_tenant (name) VALUES (?1)";
const SET: &str = "UPDATE duly_tenant SET weight = ?2, paused = ?3, draining = ?4 WHERE id = ?1";
pub(crate) const COUNT: &str = "SELECT coalesce(max(id), 0) FROM duly_tenant";

/// A tenant that there is a record of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tenant {
    pub(crate) id: i64,
    pub(crate) settings: TenantSettings,
    /// The terms of its tasks that name no limits, once somebody asked.
    terms: Option<Terms>,
}

/// Those that were asked for; `None`: there is no record.
pub(super) type Tenants = HashMap<Name, Option<Tenant>>;

impl Tenant {
    /// The terms of its tasks that name no limits, if somebody has asked for them.
    pub(crate) const fn terms(&self) -> Option<Terms> {
        self.terms
    }
}

impl Book {
    /// A tenant, if there is a record of it.
    pub(crate) fn tenant(
        &mut self,
        connection: &Connection,
        name: &Name,
    ) -> Result<Option<Tenant>> {
        if let Some(tenant) = self.tenants.get(name) {
            return Ok(*tenant);
        }
        let tenant = connection
            .prepare_cached(TENANT)?
            .query_row([name.as_str()], |row| {
                Ok(Tenant {
                    id: row.get(0)?,
                    settings: settings(row, 1)?,
                    terms: None,
                })
            })
            .optional()?;
        self.tenants.insert(name.clone(), tenant);
        Ok(tenant)
    }

    /// A tenant; its record is made if there is none.
    pub(crate) fn make_tenant(&mut self, connection: &Connection, name: &Name) -> Result<Tenant> {
        if let Some(tenant) = self.tenant(connection, name)? {
            return Ok(tenant);
        }
        connection
            .prepare_cached(ADD_TENANT)?
            .execute([name.as_str()])?;
        let tenant = Tenant {
            id: connection.last_insert_rowid(),
            settings: TenantSettings::default(),
            terms: None,
        };
        self.tenants.insert(name.clone(), Some(tenant));
        self.made_tenants.push(name.clone());
        self.tell(Item::Tenant(name.clone()));
        Ok(tenant)
    }

    /// Makes the settings of a tenant what they shall be.
    pub(crate) fn set_tenant(
        &mut self,
        connection: &Connection,
        name: &Name,
        settings: TenantSettings,
    ) -> Result<()> {
        let tenant = self.make_tenant(connection, name)?;
        let TenantSettings {
            weight,
            paused,
            draining,
        } = settings;
        connection
            .prepare_cached(SET)?
            .execute(params![tenant.id, weight, paused, draining])?;
        let tenant = Tenant { settings, ..tenant };
        self.tenants.insert(name.clone(), Some(tenant));
        self.tell(Item::Tenant(name.clone()));
        Ok(())
    }

    /// A tenant was made or changed elsewhere.
    pub(super) fn follow_tenant(
        &mut self,
        connection: &Connection,
        name: &Name,
        now: Timestamp,
    ) -> Result<()> {
        self.tenants.remove(name);
        if self.gates.tenants.contains_key(name)
            && let Some(tenant) = self.tenant(connection, name)?
        {
            self.tell_tenant(name, tenant.settings, now);
        }
        Ok(())
    }

    /// The terms of a tenant's tasks that name no limits.
    pub(super) fn tenant_terms(&mut self, connection: &Connection, name: &Name) -> Result<Terms> {
        let tenant = self.tenant(connection, name)?;
        if let Some(terms) = tenant.and_then(|tenant| tenant.terms) {
            return Ok(terms);
        }
        let id = self.tenant_id(connection, name)?;
        let terms = self.dispatch.terms(Some(id), &[]);
        if let Some(tenant) = tenant {
            let terms = Some(terms);
            self.tenants
                .insert(name.clone(), Some(Tenant { terms, ..tenant }));
        }
        Ok(terms)
    }

    /// Whether there is no record of a tenant, and no room for one more in `most`.
    pub(crate) fn lacks_tenant(
        &mut self,
        connection: &Connection,
        name: &Name,
        most: usize,
    ) -> Result<bool> {
        Ok(self.tenant(connection, name)?.is_none() && tenants_are_full(connection, most)?)
    }
}

/// Whether there is no room for the record of one tenant more in `most`.
pub(crate) fn tenants_are_full(connection: &Connection, most: usize) -> Result<bool> {
    is_full(connection, COUNT, most)
}

/// A tenant's settings, from the columns that begin at `at`.
pub(crate) fn settings(row: &Row<'_>, at: usize) -> Result<TenantSettings> {
    Ok(TenantSettings {
        weight: row::number(row, at)?,
        paused: row.get(at + 1)?,
        draining: row.get(at + 2)?,
    })
}
