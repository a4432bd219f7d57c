//! Queues, kinds and tenants: how many there may be, and what may hold for them.

use duly_core::bounds::LINES_MAX;

use super::{Checked, refuse};
use crate::bounds::{KINDS_MAX, TENANT_WEIGHT_MAX, TENANTS_MAX};
use crate::{InvalidInput, TenantChange};

/// A change to a tenant's settings.
///
/// # Errors
/// [`InvalidInput`], naming the field.
pub fn tenant_change(change: &TenantChange) -> Checked {
    match change.weight {
        Some(weight) if weight == 0 || weight > TENANT_WEIGHT_MAX => {
            refuse("weight", weight, format!("1 to {TENANT_WEIGHT_MAX}"))
        }
        _ => Ok(()),
    }
}

/// A queue would hold lines for more kinds than it may.
#[must_use]
pub fn too_many_lines(kind: &str) -> InvalidInput {
    InvalidInput {
        field: "kind",
        value: format!("{kind:?}, one kind more than its queue can hold"),
        expected: format!("at most {LINES_MAX} kinds in one queue"),
    }
}

/// There would be records of more than [`KINDS_MAX`] kinds.
#[must_use]
pub fn too_many_kinds(kind: &str) -> InvalidInput {
    InvalidInput {
        field: "kind",
        value: format!("{kind:?}, one kind more than the store can hold"),
        expected: format!("at most {KINDS_MAX} kinds"),
    }
}

/// There would be records of more than [`TENANTS_MAX`] tenants.
#[must_use]
pub fn too_many_tenants(tenant: &str) -> InvalidInput {
    InvalidInput {
        field: "tenant",
        value: format!("{tenant:?}, one tenant more than the store can hold"),
        expected: format!("at most {TENANTS_MAX} tenants"),
    }
}
