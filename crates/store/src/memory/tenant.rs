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
        self.forget_unmade();
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

#[cfg(test)]
mod tests {
    use duly_core::TaskId;

    use super::*;
    use crate::{NewTask, Payload, Submit, SubmitError};

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);

    #[test]
    fn a_batch_makes_no_more_tenants_than_there_is_room_for() {
        let mut world = World::new();
        for n in 1..TENANTS_MAX {
            let place = world.tenants.place(&format!("{n}").into());
            world.tenants.make(place);
        }
        let of = |n: u8, tenant: &str| NewTask {
            tenant: Some(tenant.into()),
            ..NewTask::new(TaskId::from_bytes([n; 16]), "work", Payload::default())
        };
        let tasks = vec![of(1, "1"), of(2, "last"), of(3, "last"), of(4, "more")];
        let refused = |index| SubmitError::InvalidInput {
            index,
            source: validate::too_many_tenants("more"),
        };
        let mut submit = |tasks| world.submit(&Submit { tasks }, NOW).err();
        for _ in 0..2 {
            assert_eq!(submit(tasks.clone()), Some(refused(3)));
        }
        assert_eq!(submit(tasks[..3].to_vec()), None, "it left nothing");
        assert_eq!(submit(tasks[3..].to_vec()), Some(refused(0)));
    }
}
