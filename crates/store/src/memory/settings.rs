//! Settings of kinds, tenants and limits, and what is attached to what.

use duly_core::Limit;

use super::MemoryStore;
use crate::{
    AttachmentChange, KindChange, KindSettings, Name, RequestError, Subject, TenantChange,
    TenantSettings,
};

impl MemoryStore {
    /// Its tasks may wait in any queue.
    pub(crate) fn configure_kind_now(
        &self,
        kind: &Name,
        change: KindChange,
    ) -> Result<KindSettings, RequestError> {
        let settings = self.with(|world, _| world.configure_kind(kind, change))??;
        self.hints.give_all();
        Ok(settings)
    }

    /// Its tasks may wait in any queue.
    pub(crate) fn configure_tenant_now(
        &self,
        tenant: &Name,
        change: TenantChange,
    ) -> Result<TenantSettings, RequestError> {
        let settings = self.with(|world, now| world.configure_tenant(tenant, change, now))??;
        self.hints.give_all();
        Ok(settings)
    }

    /// It may bound tasks in any queue.
    pub(crate) fn configure_limit_now(
        &self,
        limit: &Name,
        bounds: Option<Limit>,
    ) -> Result<(), RequestError> {
        self.with(|world, now| world.configure_limit(limit, bounds, now))??;
        self.hints.give_all();
        Ok(())
    }

    #[cfg(feature = "archive")]
    pub(crate) fn put_limit_now(
        &self,
        name: &Name,
        limit: Limit,
        given: duly_core::RateState,
    ) -> Result<(), RequestError> {
        self.with(|world, now| world.put_limit(name, limit, given, now))?
    }

    pub(crate) fn attach_now(
        &self,
        subject: &Subject,
        change: &AttachmentChange,
    ) -> Result<(), RequestError> {
        self.with(|world, now| world.attach(subject, change, now))??;
        self.hints.give_all();
        Ok(())
    }
}
