//! Limits: how much work may be under way at once, or begin per period, across all workers.

use duly_core::{Limit, Timestamp};

use crate::{Name, Subject};

/// A limit that bounds a task, and what the task weighs in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitUse {
    /// The limit. One that nobody has defined bounds nothing, until somebody does.
    pub name: Name,
    /// How many slots or permits the task takes: from 1 to
    /// [`LIMIT_WEIGHT_MAX`](duly_core::bounds::LIMIT_WEIGHT_MAX).
    pub weight: u32,
}

impl LimitUse {
    /// One slot, or one permit.
    #[must_use]
    pub fn one(name: impl Into<Name>) -> Self {
        Self::heavy(name, 1)
    }

    /// So many slots or permits.
    #[must_use]
    pub fn heavy(name: impl Into<Name>, weight: u32) -> Self {
        Self {
            name: name.into(),
            weight,
        }
    }
}

/// A limit as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRecord {
    /// Its name.
    pub name: Name,
    /// What it bounds.
    pub limit: Limit,
    /// How much of it is in use: the sum of what the leased attempts weigh.
    pub in_use: u64,
    /// When there is a permit of its rate; `None`: now, or it has no rate.
    pub next_permit_at: Option<Timestamp>,
    /// What it is attached to, and what each task there weighs: queues, then kinds, then tenants, each by
    /// name, the first [`ATTACHED_SHOWN_MAX`](crate::bounds::ATTACHED_SHOWN_MAX) of them.
    /// [`Store::attachments`](crate::Store::attachments) tells all.
    pub attached: Vec<(Subject, u32)>,
    /// How many queues, kinds and tenants it is attached to.
    pub attached_count: u64,
}

/// A page of limits, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitPage {
    /// The limits.
    pub limits: Vec<LimitRecord>,
    /// What the next page comes after; `None`: that was all.
    pub next: Option<Name>,
}

/// A change of what is attached to a queue, a kind or a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttachmentChange {
    /// Exactly these limits, and no others.
    Exactly(Vec<LimitUse>),
    /// This limit, too; if it is attached already, the weight is another.
    Add(LimitUse),
    /// This limit no longer.
    Remove(Name),
}

impl AttachmentChange {
    /// What is attached then, by name; `None`: what is to go is not attached, so nothing changes.
    #[must_use]
    pub fn apply(&self, attached: &[LimitUse]) -> Option<Vec<LimitUse>> {
        let without = |name: &Name| -> Vec<LimitUse> {
            let others = attached.iter().filter(|one| one.name != *name);
            others.cloned().collect()
        };
        let mut uses = match self {
            Self::Exactly(uses) => uses.clone(),
            Self::Add(one) => [without(&one.name), vec![one.clone()]].concat(),
            Self::Remove(name) => {
                let rest = without(name);
                return (rest.len() < attached.len()).then_some(rest);
            }
        };
        uses.sort_unstable();
        Some(uses)
    }
}

/// Asks for a page of what is attached, by subject: queues, then kinds, then tenants, each by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAttachments {
    /// Only subjects that this limit is attached to, and of what is attached to them only this.
    pub of: Option<Name>,
    /// Only what is attached to this.
    pub only: Option<Subject>,
    /// Only subjects that come after this one: where the page before ended.
    pub after: Option<Subject>,
    /// How many subjects at most; at most [`PAGE_MAX`](crate::bounds::PAGE_MAX).
    pub limit: u32,
}

impl ListAttachments {
    /// What is attached to one.
    #[must_use]
    pub const fn only(subject: Subject) -> Self {
        Self {
            of: None,
            only: Some(subject),
            after: None,
            limit: 1,
        }
    }

    /// A page of up to `limit` of what one limit is attached to, from the first subject.
    #[must_use]
    pub const fn of(name: Name, limit: u32) -> Self {
        Self {
            of: Some(name),
            only: None,
            after: None,
            limit,
        }
    }

    /// A page of up to `limit`, from the first subject.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self {
            of: None,
            only: None,
            after: None,
            limit,
        }
    }
}

/// A page of what is attached, by subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachmentPage {
    /// Subjects that something is attached to, with all of it that was asked for, by name: limits that nobody
    /// has defined, too.
    pub attachments: Vec<(Subject, Vec<LimitUse>)>,
    /// What the next page comes after; `None`: that was all.
    pub next: Option<Subject>,
}
