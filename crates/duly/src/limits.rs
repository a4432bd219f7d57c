//! Limits: how much at once, how much per period, across all workers.

use std::fmt;
use std::sync::Arc;

use duly_core::Limit;
use duly_store::{
    AttachmentChange, LimitRecord, LimitUse, ListAttachments, ListNames, Name, RequestError, Store,
    Subject, bounds,
};

use crate::Duly;

/// The limits of a store: [`Duly::limits`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use duly::{Duly, Limit, Rate, Subject, Task};
///
/// let duly = Duly::open("memory:").await?;
/// let limits = duly.limits();
/// let paced = Rate::new(50, Duration::from_secs(1)).burst(10);
/// limits.define("mailer", Limit::concurrency(10).and_rate(paced)).await?;
///
/// // All tasks of a kind, or this one only, which takes three of the ten slots.
/// limits.attach(Subject::Kind("email.send".into()), "mailer", 1).await?;
/// duly.submit(Task::new("newsletter", &7).limit_weight("mailer", 3)).await?;
///
/// let mailer = limits.show("mailer").await?.expect("it was defined");
/// assert_eq!((mailer.limit.concurrency, mailer.in_use), (Some(10), 0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Limits {
    store: Arc<dyn Store>,
}

impl Limits {
    /// Those of a store.
    #[must_use]
    pub const fn of(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Says what a limit bounds, whether it was there before or not. It counts at once, also for what runs:
    /// a smaller concurrency lets run what runs, and nothing more until there is room.
    ///
    /// # Errors
    /// If the name or the limit is not valid, there are too many limits, or the store fails.
    pub async fn define(&self, name: impl Into<Name>, limit: Limit) -> Result<(), RequestError> {
        self.store.configure_limit(name.into(), Some(limit)).await
    }

    /// Removes a limit, and detaches it from everything: it bounds nothing any more. Tasks that name it
    /// are bound again if it is defined again. If there is none of that name, nothing happens.
    ///
    /// # Errors
    /// If the name is not valid, or the store fails.
    pub async fn remove(&self, name: impl Into<Name>) -> Result<(), RequestError> {
        let name = name.into();
        // A record names a part of what a limit is attached to.
        while let Some(record) = self.show(name.clone()).await?
            && !record.attached.is_empty()
        {
            for (subject, _) in record.attached {
                self.detach(subject, name.clone()).await?;
            }
        }
        self.store.configure_limit(name, None).await
    }

    /// One limit as it stands now, if it is defined.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn show(&self, name: impl Into<Name>) -> Result<Option<LimitRecord>, RequestError> {
        let page = self.store.limits(ListNames::only(name.into())).await?;
        Ok(page.limits.into_iter().next())
    }

    /// All limits that are defined, by name; at most
    /// [`LIMITS_MAX`](duly_store::bounds::LIMITS_MAX) there are.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn list(&self) -> Result<Vec<LimitRecord>, RequestError> {
        let mut request = ListNames::first(bounds::PAGE_MAX);
        let mut limits = Vec::new();
        loop {
            let page = self.store.limits(request.clone()).await?;
            limits.extend(page.limits);
            request.after = page.next;
            if request.after.is_none() {
                return Ok(limits);
            }
        }
    }

    /// Attaches a limit to a queue, a kind or a tenant, in which each of its tasks weighs so much (1 to
    /// 1,000,000): all its tasks are bound, at once, also those that are there. What is attached already
    /// stays; if this limit is, the weight is another.
    ///
    /// # Errors
    /// If a name or the weight is not valid, more than 8 limits would be attached, or the store fails.
    pub async fn attach(
        &self,
        subject: Subject,
        name: impl Into<Name>,
        weight: u32,
    ) -> Result<(), RequestError> {
        let one = LimitUse::heavy(name, weight);
        let change = AttachmentChange::Add(one);
        self.store.attach(subject, change).await
    }

    /// Detaches a limit from a queue, a kind or a tenant. If it is not attached, nothing happens.
    ///
    /// # Errors
    /// If a name is not valid, or the store fails.
    pub async fn detach(
        &self,
        subject: Subject,
        name: impl Into<Name>,
    ) -> Result<(), RequestError> {
        let change = AttachmentChange::Remove(name.into());
        self.store.attach(subject, change).await
    }

    /// Attaches exactly these limits to a queue, a kind or a tenant, in one step.
    ///
    /// # Errors
    /// If a name or a weight is not valid, there are more than 8, or the store fails.
    pub async fn attach_exactly(
        &self,
        subject: Subject,
        limits: Vec<LimitUse>,
    ) -> Result<(), RequestError> {
        let change = AttachmentChange::Exactly(limits);
        self.store.attach(subject, change).await
    }

    /// All that a limit is attached to, and what each task there weighs: queues, then kinds, then tenants, each
    /// by name. Read in pages, so what is attached meanwhile may be left out.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use duly::{Duly, Subject};
    ///
    /// let limits = Duly::open("memory:").await?.limits();
    /// for n in 0..200 {
    ///     limits.attach(Subject::Tenant(format!("{n:03}").into()), "mailer", 1).await?;
    /// }
    /// let all = limits.attached_to("mailer").await?;
    /// assert_eq!((all.len(), &all[199]), (200, &(Subject::Tenant("199".into()), 1)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the store fails.
    pub async fn attached_to(
        &self,
        name: impl Into<Name>,
    ) -> Result<Vec<(Subject, u32)>, RequestError> {
        let mut request = ListAttachments::of(name.into(), bounds::PAGE_MAX);
        let mut all = Vec::new();
        loop {
            let page = self.store.attachments(request.clone()).await?;
            for (subject, uses) in page.attachments {
                all.extend(uses.iter().map(|one| (subject.clone(), one.weight)));
            }
            request.after = page.next;
            if request.after.is_none() {
                return Ok(all);
            }
        }
    }

    /// The limits that are attached to a queue, a kind or a tenant, by name; those that nobody has
    /// defined, too.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn attached(&self, subject: &Subject) -> Result<Vec<LimitUse>, RequestError> {
        let request = ListAttachments::only(subject.clone());
        let page = self.store.attachments(request).await?;
        let uses = page.attachments.into_iter().next();
        Ok(uses.map_or_else(Vec::new, |(_, uses)| uses))
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").finish_non_exhaustive()
    }
}

impl Duly {
    /// How much may run at once, or begin per period, across all workers.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits::of(Arc::clone(self.store()))
    }
}
