//! What is paused, drained or purged as a whole.

use std::fmt;

use crate::{Filter, Name};

/// A queue, a kind or a tenant: what is paused, drained or purged as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The queue of this name.
    Queue(Name),
    /// The kind of this name.
    Kind(Name),
    /// The tenant of this name.
    Tenant(Name),
}

impl Subject {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Name {
        match self {
            Self::Queue(name) | Self::Kind(name) | Self::Tenant(name) => name,
        }
    }

    /// What it is: `queue`, `kind` or `tenant`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Queue(_) => "queue",
            Self::Kind(_) => "kind",
            Self::Tenant(_) => "tenant",
        }
    }

    /// All its tasks.
    ///
    /// ```
    /// use duly_store::Subject;
    ///
    /// let filter = Subject::Tenant("acme".into()).tasks();
    /// assert_eq!(filter.tenant.as_deref(), Some("acme"));
    /// assert_eq!(filter.queue, None);
    /// ```
    #[must_use]
    pub fn tasks(&self) -> Filter {
        let mut filter = Filter::default();
        match self {
            Self::Queue(name) => filter.queue = Some(name.clone()),
            Self::Kind(name) => filter.kind = Some(name.clone()),
            Self::Tenant(name) => filter.tenant = Some(name.clone()),
        }
        filter
    }
}

impl fmt::Display for Subject {
    /// As in `queue "mail"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.what(), self.name())
    }
}
