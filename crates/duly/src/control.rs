//! Queues, kinds and tenants, each steered as a whole.

use std::fmt;
use std::sync::Arc;

use duly_core::State;
use duly_store::bounds::PAGE_MAX;
use duly_store::{
    Change, ChangeMatching, Clock, Filter, KindChange, KindPage, KindSettings, ListNames, Name,
    QueueChange, RequestError, Store, Subject, TenantChange, TenantPage, TenantSettings,
};

use crate::Duly;
use crate::wait::Pause;

/// A queue, a kind or a tenant, to be paused, drained or purged as a whole: from
/// [`Duly::queue`](crate::Duly::queue), [`Duly::kind`](crate::Duly::kind) or
/// [`Duly::tenant`](crate::Duly::tenant).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use duly::{Duly, SubmitError, Task};
///
/// let duly = Duly::open("memory:").await?;
/// duly.submit_all([Task::new("mail", &1), Task::new("mail", &2)]).await?;
///
/// let mail = duly.kind("mail");
/// mail.pause().await?; // nothing of it starts; new tasks wait
/// mail.drain().await?; // it takes in no new tasks; what is there is worked off
/// let refused = duly.submit(Task::new("mail", &3)).await;
/// assert!(matches!(refused, Err(SubmitError::Draining { .. })));
/// assert_eq!(mail.unfinished().await?, 2);
///
/// assert_eq!(mail.purge().await?, 2); // all that waits is called off
/// mail.drained().await?; // nothing is left
/// mail.undrain().await?;
/// mail.resume().await?;
/// duly.submit(Task::new("mail", &3)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Control {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    subject: Subject,
}

impl Duly {
    /// A queue, to be paused, drained or purged as a whole.
    #[must_use]
    pub fn queue(&self, name: impl Into<Name>) -> Control {
        self.control(Subject::Queue(name.into()))
    }

    /// A kind, to be paused, drained or purged as a whole, whatever its queue.
    #[must_use]
    pub fn kind(&self, name: impl Into<Name>) -> Control {
        self.control(Subject::Kind(name.into()))
    }

    /// A tenant, to be paused, drained or purged as a whole, whatever the queue.
    #[must_use]
    pub fn tenant(&self, name: impl Into<Name>) -> Control {
        self.control(Subject::Tenant(name.into()))
    }

    fn control(&self, subject: Subject) -> Control {
        Control {
            store: Arc::clone(self.store()),
            clock: Arc::clone(self.clock()),
            subject,
        }
    }

    /// A page of the kinds that there are records of, by name.
    ///
    /// # Errors
    /// If the limit is not 1 to 1,000, or the store fails.
    pub async fn kinds(&self, request: ListNames) -> Result<KindPage, RequestError> {
        self.store().kinds(request).await
    }

    /// Changes the settings of a kind; its record is made if there is none of that name.
    ///
    /// # Errors
    /// If the name is not valid, or the store fails.
    pub async fn configure_kind(
        &self,
        kind: impl Into<Name>,
        change: KindChange,
    ) -> Result<KindSettings, RequestError> {
        self.store().configure_kind(kind.into(), change).await
    }

    /// A page of the tenants that there are records of, by name.
    ///
    /// # Errors
    /// If the limit is not 1 to 1,000, or the store fails.
    pub async fn tenants(&self, request: ListNames) -> Result<TenantPage, RequestError> {
        self.store().tenants(request).await
    }

    /// Changes the settings of a tenant; its record is made if there is none of that name.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use duly::{Duly, ListNames, TenantChange};
    ///
    /// let duly = Duly::open("memory:").await?;
    /// let change = TenantChange { weight: Some(3), ..TenantChange::default() };
    /// assert_eq!(duly.configure_tenant("acme", change).await?.weight, 3);
    /// let tenants = duly.tenants(ListNames::first(100)).await?.tenants;
    /// assert_eq!((&*tenants[0].name, tenants[0].unfinished), ("acme", 0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the name or the weight is not valid, or the store fails.
    pub async fn configure_tenant(
        &self,
        tenant: impl Into<Name>,
        change: TenantChange,
    ) -> Result<TenantSettings, RequestError> {
        self.store().configure_tenant(tenant.into(), change).await
    }
}

impl Control {
    /// What this steers.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Nothing of it starts any more; what runs goes on. It is made if there is none of that name.
    ///
    /// # Errors
    /// If the name is not valid, or the store fails.
    pub async fn pause(&self) -> Result<(), RequestError> {
        self.set(Some(true), None).await
    }

    /// Work of it starts again.
    ///
    /// # Errors
    /// If the name is not valid, or the store fails.
    pub async fn resume(&self) -> Result<(), RequestError> {
        self.set(Some(false), None).await
    }

    /// It takes in no new tasks any more: they are refused with
    /// [`SubmitError::Draining`](crate::SubmitError::Draining). Those that are there are worked off, tried
    /// again, and may be put back in line. [`drained`](Self::drained) waits until none is left.
    ///
    /// # Errors
    /// If the name is not valid, or the store fails.
    pub async fn drain(&self) -> Result<(), RequestError> {
        self.set(None, Some(true)).await
    }

    /// It takes in new tasks again.
    ///
    /// # Errors
    /// If the name is not valid, or the store fails.
    pub async fn undrain(&self) -> Result<(), RequestError> {
        self.set(None, Some(false)).await
    }

    async fn set(&self, paused: Option<bool>, draining: Option<bool>) -> Result<(), RequestError> {
        let name = self.subject.name().clone();
        match self.subject {
            Subject::Queue(_) => {
                let change = QueueChange {
                    paused,
                    draining,
                    ..QueueChange::default()
                };
                self.store.configure(name, change).await.map(drop)
            }
            Subject::Kind(_) => {
                let change = KindChange { paused, draining };
                self.store.configure_kind(name, change).await.map(drop)
            }
            Subject::Tenant(_) => {
                let change = TenantChange {
                    paused,
                    draining,
                    ..TenantChange::default()
                };
                self.store.configure_tenant(name, change).await.map(drop)
            }
        }
    }

    /// Calls off everything of it that has not begun, in bounded steps, and answers how many tasks that
    /// were. What runs goes on; what is submitted meanwhile may be left, unless it drains.
    ///
    /// # Errors
    /// If the store fails: some of it may be done then, and asking again goes on.
    pub async fn purge(&self) -> Result<u64, RequestError> {
        let waits = |state: State| !state.is_final() && !state.is_leased();
        self.sweep(waits, &Change::Cancel).await
    }

    /// Removes everything of it that has ended, with its events, in bounded steps, and answers how many
    /// tasks that were.
    ///
    /// # Errors
    /// If the store fails: some of it may be done then, and asking again goes on.
    pub async fn purge_finished(&self) -> Result<u64, RequestError> {
        self.sweep(State::is_final, &Change::Discard).await
    }

    async fn sweep(&self, states: fn(State) -> bool, change: &Change) -> Result<u64, RequestError> {
        let states = State::ALL.into_iter().filter(|state| states(*state));
        let filter = Filter {
            states: states.collect(),
            ..self.subject.tasks()
        };
        let mut step = ChangeMatching {
            filter,
            change: change.clone(),
            after: None,
            limit: PAGE_MAX,
            dry_run: false,
        };
        let mut changed = 0;
        loop {
            let done = self.store.change_matching(step.clone()).await?;
            changed += u64::from(done.changed);
            step.after = done.next;
            if step.after.is_none() {
                return Ok(changed);
            }
        }
    }

    /// How many of its tasks are not finished; 0 if there is none of that name.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn unfinished(&self) -> Result<u64, RequestError> {
        let only = |name| ListNames::only(name);
        Ok(match &self.subject {
            Subject::Queue(name) => {
                let queues = self.store.queues().await?;
                let queue = queues.iter().find(|queue| queue.name == *name);
                queue.map_or(0, |queue| queue.counts.unfinished())
            }
            Subject::Kind(name) => {
                let page = self.store.kinds(only(name.clone())).await?;
                page.kinds.first().map_or(0, |kind| kind.unfinished)
            }
            Subject::Tenant(name) => {
                let page = self.store.tenants(only(name.clone())).await?;
                page.tenants.first().map_or(0, |tenant| tenant.unfinished)
            }
        })
    }

    /// Waits until none of its tasks is unfinished. That lasts only while it drains; and while it is paused,
    /// nothing of it gets done.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn drained(&self) -> Result<(), RequestError> {
        let mut pause = Pause::default();
        while self.unfinished().await? > 0 {
            pause.sleep(&*self.clock).await;
        }
        Ok(())
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Control").field(&self.subject).finish()
    }
}
