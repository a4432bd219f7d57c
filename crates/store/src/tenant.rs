//! Tenants: what holds for all tasks of those whose work it is.

use crate::Name;

/// What holds for a tenant. Its record is made, with the defaults, by the first task or setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TenantSettings {
    /// Its share of a fair queue against that of the others: from 1 to
    /// [`TENANT_WEIGHT_MAX`](crate::bounds::TENANT_WEIGHT_MAX).
    pub weight: u32,
    /// Nothing of it starts.
    pub paused: bool,
    /// It takes in no new tasks; those that are there are worked off.
    pub draining: bool,
}

impl Default for TenantSettings {
    /// Weight 1, neither paused nor draining.
    fn default() -> Self {
        Self {
            weight: 1,
            paused: false,
            draining: false,
        }
    }
}

/// A change to a tenant's settings: what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenantChange {
    /// Its share of a fair queue against that of the others: from 1 to
    /// [`TENANT_WEIGHT_MAX`](crate::bounds::TENANT_WEIGHT_MAX).
    pub weight: Option<u32>,
    /// Pause or resume it.
    pub paused: Option<bool>,
    /// Drain it, or open it to new tasks again.
    pub draining: Option<bool>,
}

impl TenantChange {
    /// The settings after the change.
    #[must_use]
    pub fn apply(&self, old: &TenantSettings) -> TenantSettings {
        TenantSettings {
            weight: self.weight.unwrap_or(old.weight),
            paused: self.paused.unwrap_or(old.paused),
            draining: self.draining.unwrap_or(old.draining),
        }
    }
}

impl From<TenantSettings> for TenantChange {
    /// Makes them what they are here.
    fn from(settings: TenantSettings) -> Self {
        Self {
            weight: Some(settings.weight),
            paused: Some(settings.paused),
            draining: Some(settings.draining),
        }
    }
}

/// A tenant with the count of its tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRecord {
    /// Its name.
    pub name: Name,
    /// What holds for it.
    pub settings: TenantSettings,
    /// How many of its tasks are not finished: 0 once it is drained.
    pub unfinished: u64,
}

/// A page of tenants, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantPage {
    /// The tenants.
    pub tenants: Vec<TenantRecord>,
    /// What the next page comes after; `None`: that was all.
    pub next: Option<Name>,
}
