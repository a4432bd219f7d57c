//! Limits: how much at once, how much per period, among the tasks of one scheduler.

use std::fmt;
use std::sync::Arc;

use duly_core::{Limit, Name, Timestamp};

use crate::scheduler::{Scheduler, Shared};

/// The limits of a scheduler: [`Scheduler::limits`]. They are said by name, and may be changed while it
/// runs: every change counts at once, also for what runs.
///
/// ```
/// use std::time::Duration;
/// use duly_local::{Limit, Rate, Scheduler, Subject, Task};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scheduler = Scheduler::builder().workers(8).start();
/// let limits = scheduler.limits();
/// let paced = Rate::new(50, Duration::from_secs(1)).burst(10);
/// limits.define("mailer", Limit::concurrency(3).and_rate(paced))?;
///
/// // All tasks of a name, or this one only, which takes two of the three slots.
/// limits.attach(Subject::Name("email".into()), "mailer", 1)?;
/// scheduler.submit(Task::new("email", async {})).await?;
/// scheduler.submit(Task::new("newsletter", async {}).limit_weight("mailer", 2)).await?;
/// scheduler.wait_idle().await;
///
/// let mailer = limits.show("mailer").expect("it was defined");
/// assert_eq!((mailer.limit.concurrency, mailer.in_use), (Some(3), 0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Limits {
    shared: Arc<Shared>,
}

/// What a limit is attached to.
///
/// ```
/// # use duly_local::Subject;
/// let fetches = Subject::Name("fetch".into());
/// assert_eq!(fetches.to_string(), "tasks named \"fetch\"");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// All tasks of the scheduler.
    All,
    /// All tasks of this name.
    Name(Name),
    /// All tasks of this tenant.
    Tenant(Name),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all tasks"),
            Self::Name(name) => write!(f, "tasks named \"{name}\""),
            Self::Tenant(tenant) => write!(f, "tasks of tenant \"{tenant}\""),
        }
    }
}

/// A limit as it stands at this instant: see [`Limits::show`].
///
/// ```
/// # use duly_local::{Limit, Scheduler};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limits = Scheduler::builder().build().limits();
/// limits.define("mailer", Limit::concurrency(3))?;
/// let mailer = limits.show("mailer").ok_or("it was defined")?;
/// assert!(mailer.attached.is_empty() && mailer.next_permit_at.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitRecord {
    /// Its name.
    pub name: Name,
    /// What it bounds.
    pub limit: Limit,
    /// How much of it is in use: the sum of what the running attempts weigh.
    pub in_use: u64,
    /// When there is a permit of its rate; `None`: now, or it has no rate.
    pub next_permit_at: Option<Timestamp>,
    /// What it is attached to, and what each task there weighs.
    pub attached: Vec<(Subject, u32)>,
}

/// Why a change of limits was refused.
///
/// ```
/// # use duly_local::{Limit, LimitError, Scheduler};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let limits = Scheduler::builder().build().limits();
/// assert_eq!(limits.define("none", Limit::concurrency(0)), Err(LimitError::Zero));
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitError {
    /// It has neither a concurrency nor a rate.
    Nothing,
    /// Its concurrency is zero.
    Zero,
    /// There are as many names of limits as there may be.
    Names {
        /// How many that is.
        most: usize,
    },
    /// As many limits are attached to the same as may be.
    Attached {
        /// How many that is.
        most: usize,
    },
    /// As many names of tasks have limits of their own as may.
    Subjects {
        /// How many that is.
        most: usize,
    },
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str(
                "a limit needs a concurrency, a rate, or both; to lift a limit, remove it",
            ),
            Self::Zero => f.write_str("a concurrency of 0 would let nothing run; give at least 1"),
            Self::Names { most } => write!(
                f,
                "there are {most} names of limits, and may be no more: let tasks share some"
            ),
            Self::Attached { most } => write!(
                f,
                "{most} limits are attached to it, and may be no more: detach one"
            ),
            Self::Subjects { most } => write!(
                f,
                "{most} names of tasks or tenants are known, and may be no more: \
                 let the tasks name the limit themselves"
            ),
        }
    }
}

impl std::error::Error for LimitError {}

impl Scheduler {
    /// How much may run at once, or begin per period: see [`Limits`].
    ///
    /// ```
    /// # use duly_local::{Limit, Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(4).start();
    /// scheduler.limits().define("disk", Limit::concurrency(1))?;
    /// scheduler.submit(Task::new("scan", async {}).limit("disk")).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            shared: self.shared().clone(),
        }
    }
}

impl Limits {
    /// Says what a limit bounds, whether it was there before or not. It counts at once, also for what runs:
    /// a smaller concurrency lets run what runs, and nothing more until there is room.
    ///
    /// ```
    /// # use duly_local::{Limit, Scheduler};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let limits = Scheduler::builder().build().limits();
    /// limits.define("disk", Limit::concurrency(1))?;
    /// limits.define("disk", Limit::concurrency(2))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LimitError`], and nothing is changed: it bounds nothing, or there are too many.
    pub fn define(&self, name: impl Into<Name>, limit: Limit) -> Result<(), LimitError> {
        let name = name.into();
        self.shared
            .change_limits(|state, now| state.define_limit(name, limit, now))
    }

    /// Removes a limit, and detaches it from everything: it bounds nothing any more. Tasks that name it are
    /// bound again if it is defined again. If there is none of that name, nothing happens.
    ///
    /// ```
    /// # use duly_local::{Limit, Scheduler};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let limits = Scheduler::builder().build().limits();
    /// limits.define("disk", Limit::concurrency(1))?;
    /// limits.remove("disk");
    /// assert!(limits.show("disk").is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove(&self, name: &str) {
        self.shared
            .change_limits(|state, now| state.remove_limit(name, now));
    }

    /// One limit as it stands now, if it is defined.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Limit, Rate, Scheduler};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let limits = Scheduler::builder().build().limits();
    /// let limit = Limit::rate(Rate::new(5, Duration::from_secs(1)));
    /// limits.define("api", limit)?;
    /// assert_eq!(limits.show("api").ok_or("none")?.limit, limit);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn show(&self, name: &str) -> Option<LimitRecord> {
        self.shared.look_at_limit(name)
    }

    /// All limits that are defined, by name: those too that the builder's rates made.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::{Limit, Rate, Scheduler};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let rate = Rate::new(5, Duration::from_secs(1));
    /// let limits = Scheduler::builder().rate_for("fetch", rate).build().limits();
    /// limits.define("disk", Limit::concurrency(1))?;
    /// let names: Vec<_> = limits.list().into_iter().map(|limit| limit.name).collect();
    /// assert_eq!(names, ["disk".into(), "rate:fetch".into()]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn list(&self) -> Vec<LimitRecord> {
        self.shared.look_at_limits()
    }

    /// Attaches a limit, in which each task of the subject weighs so much (1 to 1,000,000; what lies
    /// beyond is moved there). All its tasks are bound, at once, also those that are there: the first time
    /// that a name of tasks is bound, all tasks are looked at for that. If it is attached already, the weight
    /// is another.
    ///
    /// ```
    /// # use duly_local::{Limit, Scheduler, Subject};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let limits = Scheduler::builder().build().limits();
    /// limits.define("disk", Limit::concurrency(10))?;
    /// limits.attach(Subject::All, "disk", 1)?;
    /// limits.attach(Subject::Name("scan".into()), "disk", 3)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`LimitError`], and nothing is changed: there would be too many.
    pub fn attach(
        &self,
        subject: Subject,
        name: impl Into<Name>,
        weight: u32,
    ) -> Result<(), LimitError> {
        let name = name.into();
        self.shared
            .change_limits(|state, now| state.attach_limit(&subject, name, weight, now))
    }

    /// Detaches a limit. If it is not attached, nothing happens.
    ///
    /// ```
    /// # use duly_local::{Limit, Scheduler, Subject};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let limits = Scheduler::builder().build().limits();
    /// limits.define("disk", Limit::concurrency(10))?;
    /// limits.attach(Subject::All, "disk", 1)?;
    /// limits.detach(&Subject::All, "disk");
    /// assert!(limits.show("disk").ok_or("none")?.attached.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn detach(&self, subject: &Subject, name: &str) {
        self.shared
            .change_limits(|state, now| state.detach_limit(subject, name, now));
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list()).finish()
    }
}
