//! `tenants.NAME`.

use crate::bounds::TENANT_WEIGHT_MAX;
use crate::form::{whole, yes_or_no};
use crate::group::{Example, group};

group! {
    /// Tenants, by name: whose work tasks are. What is said here of a tenant is set in the store at the
    /// start and whenever the configuration is loaded anew, whoever may have changed it in between; what is
    /// not said stays as it is in the store. The values shown are those of a tenant that nobody has changed.
    Tenant {
        /// Its share of a fair queue, against those of the others.
        [AtOnce] weight: Option<u32> = None, whole(1..=TENANT_WEIGHT_MAX).or_none(), example "1";

        /// Whether nothing of it starts, in any queue.
        [AtOnce] paused: Option<bool> = None, yes_or_no().or_none(), example "false";

        /// Whether it takes in no new tasks; those that are there are worked off.
        [AtOnce] draining: Option<bool> = None, yes_or_no().or_none(), example "false";
    }
}

impl Example for Tenant {
    const NAME: &'static str = "acme";
}
