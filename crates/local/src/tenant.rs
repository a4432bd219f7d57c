//! Tenants: whose work it is.

use std::fmt;
use std::sync::Arc;

use duly_core::{Name, Timestamp};

use crate::limits::LimitError;
use crate::scheduler::{Scheduler, Shared};

/// A tenant of a scheduler: [`Scheduler::tenant`]. What is said of it counts at once.
///
/// ```
/// use duly_local::{Scheduler, Task};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(4).fair().start();
/// let acme = scheduler.tenant("acme");
/// acme.set_weight(3)?; // three turns for each one of the others
/// acme.pause()?;
/// let report = scheduler.submit(Task::new("report", async {}).tenant("acme")).await?;
/// assert_eq!(report.explain().reasons[0].code(), "tenant_paused");
/// acme.resume()?;
/// assert_eq!(report.await, Ok(()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tenant {
    shared: Arc<Shared>,
    name: Name,
}

impl Scheduler {
    /// A tenant, to be weighed in turns, or paused.
    ///
    /// ```
    /// # use duly_local::Scheduler;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().fair().build();
    /// scheduler.tenant("acme").set_weight(3)?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn tenant(&self, name: impl Into<Name>) -> Tenant {
        Tenant {
            shared: self.shared().clone(),
            name: name.into(),
        }
    }
}

impl Tenant {
    /// How many turns it has for each one of a tenant of weight 1, if the scheduler is
    /// [fair](crate::Builder::fair): 1 to 1,000, and 1 unless said; what lies beyond is moved there.
    ///
    /// ```
    /// # use duly_local::Scheduler;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let acme = Scheduler::builder().fair().build().tenant("acme");
    /// acme.set_weight(3)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LimitError::Subjects`]: it is new, and there are as many tenants as may be.
    pub fn set_weight(&self, weight: u32) -> Result<(), LimitError> {
        self.change(|_, paused| (weight, paused))
    }

    /// Nothing of it begins from here on; what runs goes on.
    ///
    /// ```
    /// # use duly_local::Scheduler;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// Scheduler::builder().build().tenant("acme").pause()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LimitError::Subjects`]: it is new, and there are as many tenants as may be.
    pub fn pause(&self) -> Result<(), LimitError> {
        self.change(|weight, _| (weight, true))
    }

    /// What waits of it may begin again.
    ///
    /// ```
    /// # use duly_local::Scheduler;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// Scheduler::builder().build().tenant("acme").resume()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LimitError::Subjects`]: it is new, and there are as many tenants as may be.
    pub fn resume(&self) -> Result<(), LimitError> {
        self.change(|weight, _| (weight, false))
    }

    fn change(&self, change: impl FnOnce(u32, bool) -> (u32, bool)) -> Result<(), LimitError> {
        let changed = |state: &mut crate::scheduler::State, now: Timestamp| {
            state.change_tenant(&self.name, change, now)
        };
        self.shared.change_limits(changed)
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenant")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
