//! Tenants: their settings and the counts of their tasks.

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
        self.tenant_changed(place, settings);
        Ok(settings)
    }

    /// Where the engine is told what holds for a tenant: whether it is paused, and its weight.
    fn tenant_changed(&mut self, _place: usize, _settings: TenantSettings) {}

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
