//! Tenants as the settings want them.

use std::collections::BTreeMap;

use duly::{Duly, ListNames, RequestError, TenantChange, TenantSettings};
use duly_config::Tenant;

/// Brings the settings of the tenants that are named to the store; what is not said stays as it is, and
/// what is as it should be is not written.
pub(super) async fn set(
    duly: &Duly,
    tenants: &BTreeMap<String, Tenant>,
) -> Result<(), RequestError> {
    for (name, said) in tenants {
        let found = duly.tenants(ListNames::only(name.as_str().into())).await?;
        let now = found.tenants.first().map(|tenant| tenant.settings);
        let change = change(said);
        if now.is_none_or(|now| change.apply(&now) != now) {
            let settings = duly.configure_tenant(name.as_str(), change).await?;
            told(name, settings);
        }
    }
    Ok(())
}

const fn change(said: &Tenant) -> TenantChange {
    TenantChange {
        weight: said.weight,
        paused: said.paused,
        draining: said.draining,
    }
}

fn told(tenant: &str, settings: TenantSettings) {
    tracing::info!(
        tenant,
        weight = settings.weight,
        paused = settings.paused,
        draining = settings.draining,
        "a tenant was set as the configuration says"
    );
}
