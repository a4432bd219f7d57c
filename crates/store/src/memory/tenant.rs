//! Tenants: their settings and the counts of their tasks.

use duly_core::Timestamp;

use super::roll::Member;
use super::world::World;
use crate::bounds::TENANTS_MAX;
use crate::{
    ListNames, Name, RequestError, TenantChange, TenantPage, TenantRecord, TenantSettings, validate,
};

impl World {
    pub(super) fn configure_tenant(
        &mut self,
        name: &Name,
        change: TenantChange,
        now: Timestamp,
    ) -> Result<TenantSettings, RequestError> {
        validate::name("tenant", name)?;
        validate::tenant_change(&change)?;
        if self.tenants.lacks_room(name, TENANTS_MAX) {
            return Err(validate::too_many_tenants(name).into());
        }
        let place = self.tenants.place(name);
        let tenant = self.tenants.make(place);
        tenant.settings = change.apply(&tenant.settings);
        let settings = tenant.settings;
        self.watch.note();
        let id = self.tenant_id(place);
        let dispatch = self.engine.dispatch_mut();
        dispatch.set_tenant(id, settings.weight, settings.paused, now);
        Ok(settings)
    }

    pub(super) fn tenant_page(&self, request: &ListNames) -> Result<TenantPage, RequestError> {
        validate::page(request.limit)?;
        let show = |tenant: &Member<TenantSettings>| TenantRecord {
            name: tenant.name.clone(),
            settings: tenant.settings,
            unfinished: tenant.unfinished,
        };
        let (tenants, next) = self.tenants.page(request, show);
        Ok(TenantPage { tenants, next })
    }
}
