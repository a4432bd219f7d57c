//! A kind, and a tenant.

use serde::{Deserialize, Serialize};

use super::{is_false, text};
use crate::{KindSettings, Name, TenantSettings};

element! {
    /// A kind and its settings.
    KindElement {
        name: String,
        #[serde(default, skip_serializing_if = "is_false")]
        paused: bool,
        #[serde(default, skip_serializing_if = "is_false")]
        draining: bool,
    }
}

element! {
    /// A tenant and its settings.
    TenantElement {
        name: String,
        weight: u32,
        #[serde(default, skip_serializing_if = "is_false")]
        paused: bool,
        #[serde(default, skip_serializing_if = "is_false")]
        draining: bool,
    }
}

impl KindElement {
    pub(crate) fn new(name: &Name, settings: KindSettings) -> Self {
        Self {
            name: text(name),
            paused: settings.paused,
            draining: settings.draining,
        }
    }

    pub(crate) fn into_kind(self) -> (Name, KindSettings) {
        let settings = KindSettings {
            paused: self.paused,
            draining: self.draining,
        };
        (self.name.into(), settings)
    }
}

impl TenantElement {
    pub(crate) fn new(name: &Name, settings: TenantSettings) -> Self {
        Self {
            name: text(name),
            weight: settings.weight,
            paused: settings.paused,
            draining: settings.draining,
        }
    }

    pub(crate) fn into_tenant(self) -> (Name, TenantSettings) {
        let settings = TenantSettings {
            weight: self.weight,
            paused: self.paused,
            draining: self.draining,
        };
        (self.name.into(), settings)
    }
}
