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
    /// What it is attached to, and what each task there weighs.
    pub attached: Vec<(Subject, u32)>,
}

/// A page of limits, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitPage {
    /// The limits.
    pub limits: Vec<LimitRecord>,
    /// What the next page comes after; `None`: that was all.
    pub next: Option<Name>,
}
