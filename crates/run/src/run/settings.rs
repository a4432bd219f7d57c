//! What a file says of limits, tenants and its queue, brought to the store.

use duly::store::bounds::PAGE_MAX;
use duly::{Duly, ListNames, Name, QueueChange, RequestError, TenantChange};

use super::RunError;
use crate::TaskFile;
use crate::format::{Group, Settings, exceeded};

/// Refuses what could never start, for it weighs more than a limit of the store ever lets through. The
/// file has looked at its own.
pub(super) async fn weigh(duly: &Duly, file: &TaskFile, groups: &[Group]) -> Result<(), RunError> {
    let there = duly.limits().list().await?;
    for group in groups {
        let others = group.limits.iter();
        let others = others.filter(|one| !file.settings.limits.contains_key(&*one.name));
        for one in others {
            let known = there.iter().find(|record| record.name == one.name);
            let exceeded = known.and_then(|record| exceeded(one.weight, &record.limit));
            if let Some((what, most)) = exceeded {
                return Err(RunError::TooHeavy {
                    file: file.path().display().to_string(),
                    group: group.name.clone(),
                    limit: one.name.to_string(),
                    weight: one.weight,
                    what,
                    most,
                });
            }
        }
    }
    Ok(())
}

/// Brings settings to a store. One that is the file's own (not `is_shared`) has them from then on and no
/// others; in another, what the file does not name stays as it is.
pub(super) async fn bring(
    duly: &Duly,
    queue: &Name,
    settings: &Settings,
    is_shared: bool,
) -> Result<(), RequestError> {
    let change = QueueChange {
        order: Some(settings.order),
        fair: Some(settings.fair),
        ..QueueChange::default()
    };
    duly.configure(queue.clone(), change).await?;
    limits(duly, settings, is_shared).await?;
    for (name, weight) in &settings.tenants {
        share(duly, name.as_str().into(), *weight).await?;
    }
    if is_shared {
        return Ok(());
    }
    even(duly, settings).await
}

async fn limits(duly: &Duly, settings: &Settings, is_shared: bool) -> Result<(), RequestError> {
    let limits = duly.limits();
    let there = limits.list().await?;
    let stale = |name: &Name| !is_shared && !settings.limits.contains_key(&**name);
    for record in there.iter().filter(|record| stale(&record.name)) {
        limits.remove(record.name.clone()).await?;
    }
    for (name, limit) in &settings.limits {
        let known = there.iter().find(|record| *record.name == **name);
        if known.is_none_or(|record| record.limit != *limit) {
            limits.define(name.as_str(), *limit).await?;
        }
    }
    Ok(())
}

/// Gives tenants that the settings do not name the share of everybody.
async fn even(duly: &Duly, settings: &Settings) -> Result<(), RequestError> {
    let mut request = ListNames::first(PAGE_MAX);
    loop {
        let page = duly.tenants(request.clone()).await?;
        let others = page.tenants.into_iter();
        let others = others.filter(|tenant| !settings.tenants.contains_key(&*tenant.name));
        for tenant in others.filter(|tenant| tenant.settings.weight != 1) {
            share(duly, tenant.name, 1).await?;
        }
        request.after = page.next;
        if request.after.is_none() {
            return Ok(());
        }
    }
}

async fn share(duly: &Duly, tenant: Name, weight: u32) -> Result<(), RequestError> {
    let change = TenantChange {
        weight: Some(weight),
        ..TenantChange::default()
    };
    duly.configure_tenant(tenant, change).await?;
    Ok(())
}
