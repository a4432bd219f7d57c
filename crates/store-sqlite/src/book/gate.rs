//! Gates: the limits and tenants that can close lanes, by the numbers that dispatch gave them.

use std::collections::BTreeSet;

use duly_core::Timestamp;
use duly_core::dispatch::{GateId, LimitId, Pick, TenantId, Terms};
use duly_store::{Attachments, LimitUse, Name, Subject, TenantSettings};
use hashbrown::HashMap;
use rusqlite::{Connection, Result};

use super::{Book, QueueSlot};
use crate::row;

/// A turn that a tenant of a queue has had, in a class.
pub(super) type Had = (QueueSlot, Option<TenantId>, u8);

/// What is known of the gates that dispatch has.
#[derive(Debug, Default)]
pub(super) struct Gates {
    pub(super) limits: HashMap<Name, LimitId>,
    pub(super) tenants: HashMap<Name, TenantId>,
    names: Vec<Option<Name>>,
    /// No more limits than this are in use: so many were when they were last counted, and the others came by
    /// heart since.
    pub(super) limits_most: usize,
    /// They were counted in this transaction: only those that are in use are kept by heart from now on.
    pub(super) counted: bool,
    /// What limits bound, and what is attached to what, was read.
    pub(super) known: bool,
    /// The limits that somebody has defined.
    pub(super) defined: BTreeSet<LimitId>,
    pub(super) attached: Attachments,
    /// Subjects to which others have attached something, until it is looked up.
    pub(super) attached_elsewhere: Vec<Subject>,
    /// Rates that have given something out since it was written.
    pub(super) given: BTreeSet<LimitId>,
    /// Turns that tenants have had since they were written.
    pub(super) turns: Vec<Had>,
}

impl Gates {
    /// The name of a gate, if it is one.
    pub(super) fn name(&self, gate: GateId) -> Option<&Name> {
        self.names.get(gate.index())?.as_ref()
    }

    #[cfg(test)]
    pub(super) fn names_count(&self) -> usize {
        self.names.iter().flatten().count()
    }

    fn set_name(&mut self, gate: GateId, name: Name) {
        let at = gate.index();
        if self.names.len() <= at {
            self.names.resize(at + 1, None);
        }
        self.names[at] = Some(name);
    }

    /// Forgets a limit.
    pub(super) fn forget_limit(&mut self, limit: LimitId) {
        let name = self.names.get_mut(limit.gate().index());
        if let Some(name) = name.and_then(Option::take) {
            self.limits.remove(&name);
        }
    }
}

impl Book {
    /// A limit in dispatch.
    pub(crate) fn limit_id(&mut self, name: &Name) -> LimitId {
        if let Some(id) = self.gates.limits.get(name) {
            return *id;
        }
        let id = self.dispatch.add_limit();
        self.gates.limits_most += 1;
        self.gates.limits.insert(name.clone(), id);
        self.gates.set_name(id.gate(), name.clone());
        id
    }

    pub(super) fn limit_use(&mut self, one: &LimitUse) -> (LimitId, u32) {
        (self.limit_id(&one.name), one.weight)
    }

    /// A tenant in dispatch.
    pub(super) fn tenant_id(&mut self, connection: &Connection, name: &Name) -> Result<TenantId> {
        if let Some(id) = self.gates.tenants.get(name) {
            return Ok(*id);
        }
        let settings = self.tenant(connection, name)?;
        let settings = settings.map_or_else(TenantSettings::default, |tenant| tenant.settings);
        let id = self.dispatch.add_tenant();
        self.gates.tenants.insert(name.clone(), id);
        self.gates.set_name(id.gate(), name.clone());
        self.tell_tenant(name, settings, Timestamp::MIN);
        Ok(id)
    }

    /// The name of a limit or a tenant.
    pub(crate) fn gate_name(&self, gate: GateId) -> &Name {
        let name = self.gates.name(gate);
        name.expect("gates have names from when they are added until they are forgotten")
    }

    /// Lets claims see what holds for a tenant.
    pub(crate) fn tell_tenant(&mut self, name: &Name, settings: TenantSettings, now: Timestamp) {
        if let Some(id) = self.gates.tenants.get(name) {
            let (weight, paused) = (settings.weight, settings.paused);
            self.dispatch.set_tenant(*id, weight, paused, now);
        }
    }

    /// The terms of a task.
    pub(crate) fn terms(
        &mut self,
        connection: &Connection,
        tenant: Option<&Name>,
        uses: &[LimitUse],
    ) -> Result<Terms> {
        match tenant {
            None if uses.is_empty() => return Ok(Terms::NONE),
            Some(name) if uses.is_empty() => return self.tenant_terms(connection, name),
            _ => {}
        }
        let tenant = tenant.map(|name| self.tenant_id(connection, name));
        let tenant = tenant.transpose()?;
        let limits: Vec<_> = uses.iter().map(|one| self.limit_use(one)).collect();
        Ok(self.dispatch.terms(tenant, &limits))
    }

    /// The terms of a lane, from its record.
    pub(super) fn terms_of_text(
        &mut self,
        connection: &Connection,
        tenant: &str,
        limits: &str,
    ) -> Result<Terms> {
        let tenant = (!tenant.is_empty()).then(|| Name::from(tenant));
        self.terms(connection, tenant.as_ref(), &row::uses(limits)?)
    }

    /// Terms as the record of a lane has them: the tenant, and the limits.
    pub(super) fn terms_text(&self, terms: Terms) -> (String, String) {
        let tenant = self.tenant_name(self.dispatch.tenant_of(terms));
        let limits = self.dispatch.limits_of(terms).iter();
        let uses = limits.map(|(id, weight)| {
            let name = self.gate_name(id.gate()).clone();
            LimitUse::heavy(name, *weight)
        });
        (
            tenant.as_str().to_owned(),
            row::uses_text(&uses.collect::<Vec<_>>()),
        )
    }

    /// The name of a tenant as records have it: an empty one stands for nobody's tasks.
    pub(super) fn tenant_name(&self, tenant: Option<TenantId>) -> Name {
        tenant.map_or_else(Name::default, |id| self.gate_name(id.gate()).clone())
    }

    /// A lane gets its turn: notes what that changes of rates and turns.
    pub(crate) fn take(&mut self, pick: &Pick) {
        let mut round = std::mem::take(&mut self.round);
        self.dispatch.take(&mut round, pick);
        self.round = round;
        let lane = &self.lanes[pick.lane.index()];
        let fair = self.dispatch.is_fair(lane.queue);
        if lane.has_no_terms() && self.gates.attached.is_empty() && !fair {
            return;
        }
        let rated = self.dispatch.limits_on(pick.lane).map(|(limit, _)| limit);
        let rated = rated.filter(|limit| {
            let limit = self.dispatch.limit(*limit);
            limit.is_some_and(|limit| limit.rate.is_some())
        });
        self.gates.given.extend(rated);
        if fair {
            let tenant = self.dispatch.tenant_of(lane.terms);
            self.gates.turns.push((lane.queue, tenant, pick.class()));
        }
    }
}
