//! The numbers that stand for names, and for sets of conditions.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::HashMap;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            pub(super) fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("fewer than 2^32 of a sort fit in memory"))
            }

            /// How many of its sort were made before it.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

number! {
    /// A queue, by the number that [`add_queue`](super::Dispatch::add_queue) gave it.
    QueueId
}
number! {
    /// A lane, by the number that [`lane`](super::Dispatch::lane) gave it.
    LaneId
}
number! {
    /// A limit or a tenant, by its number among both.
    GateId
}

/// A kind, by the number that the driver gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(pub u32);

/// A limit, by the number that [`add_limit`](super::Dispatch::add_limit) gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitId(pub(super) GateId);

impl LimitId {
    /// Its number among limits and tenants together.
    #[must_use]
    pub const fn gate(self) -> GateId {
        self.0
    }
}

/// A tenant, by the number that [`add_tenant`](super::Dispatch::add_tenant) gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(pub(super) GateId);

impl TenantId {
    /// Its number among limits and tenants together.
    #[must_use]
    pub const fn gate(self) -> GateId {
        self.0
    }
}

/// Whose work a task is and which limits it names: kept once for all tasks of which both are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Terms(u32);

impl Terms {
    /// Nobody's, and no limits.
    pub const NONE: Self = Self(0);

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a number of [`Terms`] stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Conditions {
    pub(super) tenant: Option<TenantId>,
    /// With their weights, by number, none twice.
    pub(super) limits: Box<[(LimitId, u32)]>,
}

/// Who has need of a number of [`Terms`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carried {
    /// How many unfinished tasks.
    pub(super) unfinished: u32,
    /// How often they are kept for something else.
    pub(super) kept: u32,
}

/// All that were asked for, and not forgotten.
#[derive(Debug, Default)]
pub(super) struct TermsTable {
    numbers: HashMap<Conditions, Terms>,
    /// Of tenants whose tasks name no limits, by gate; [`Terms::NONE`]: nobody has asked for them. They are
    /// kept as long as the tenants, of which each has one: so there are no more than whoever drives this lets
    /// there be tenants.
    bare: Vec<Terms>,
    conditions: Vec<Conditions>,
    carried: Vec<Carried>,
    /// Those that were forgotten: their numbers are given to others.
    free: Vec<Terms>,
    /// How many sets with limits were made.
    pub(super) made: usize,
}

impl TermsTable {
    pub(super) fn number(&mut self, tenant: Option<TenantId>, limits: &[(LimitId, u32)]) -> Terms {
        if limits.is_empty() {
            return tenant.map_or(Terms::NONE, |tenant| self.bare(tenant));
        }
        let conditions = Conditions {
            tenant,
            limits: heaviest(limits.to_vec()),
        };
        if let Some(terms) = self.numbers.get(&conditions) {
            return *terms;
        }
        self.made += 1;
        let terms = self.add(conditions.clone());
        self.numbers.insert(conditions, terms);
        terms
    }

    /// Those of a tenant whose tasks name no limits: most tasks of most tenants.
    fn bare(&mut self, tenant: TenantId) -> Terms {
        let at = tenant.gate().index();
        if self.bare.len() <= at {
            self.bare.resize(at + 1, Terms::NONE);
        }
        if self.bare[at] == Terms::NONE {
            self.bare[at] = self.add(Conditions {
                tenant: Some(tenant),
                limits: Box::default(),
            });
        }
        self.bare[at]
    }

    fn add(&mut self, conditions: Conditions) -> Terms {
        if let Some(terms) = self.free.pop() {
            self.conditions[terms.index() - 1] = conditions;
            return terms;
        }
        self.conditions.push(conditions);
        self.carried.push(Carried::default());
        let number = u32::try_from(self.conditions.len());
        Terms(number.expect("fewer than 2^32 sets of conditions fit in memory"))
    }

    pub(super) const fn len(&self) -> usize {
        self.conditions.len() - self.free.len()
    }

    /// The conditions of a number, and who has need of them; nobody counts who has none.
    pub(super) fn carried_mut(&mut self, terms: Terms) -> Option<(&Conditions, &mut Carried)> {
        let at = terms.index().checked_sub(1)?;
        Some((self.conditions.get(at)?, self.carried.get_mut(at)?))
    }

    /// Those with limits of which nobody has need, unless `used` knows of one who has.
    pub(super) fn idle(&self, used: impl Fn(Terms) -> bool) -> Vec<Terms> {
        let all = self.numbers.values().copied();
        let idle = all.filter(|terms| {
            let Carried { unfinished, kept } = self.carried[terms.index() - 1];
            unfinished == 0 && kept == 0 && !used(*terms)
        });
        idle.collect()
    }

    pub(super) fn forget(&mut self, terms: Terms) {
        let nothing = Conditions {
            tenant: None,
            limits: Box::default(),
        };
        let conditions = core::mem::replace(&mut self.conditions[terms.index() - 1], nothing);
        self.numbers.remove(&conditions);
        self.free.push(terms);
    }

    /// The limits that are named by what was not forgotten.
    pub(super) fn named(&self) -> impl Iterator<Item = LimitId> {
        let limits = self.conditions.iter().flat_map(|found| &found.limits);
        limits.map(|(limit, _)| *limit)
    }

    pub(super) fn get(&self, terms: Terms) -> Option<&Conditions> {
        self.conditions.get(terms.index().checked_sub(1)?)
    }
}

/// Each limit once, with the greatest weight that is named for it.
pub(super) fn heaviest(mut limits: Vec<(LimitId, u32)>) -> Box<[(LimitId, u32)]> {
    limits.sort_unstable_by_key(|(limit, weight)| (*limit, core::cmp::Reverse(*weight)));
    limits.dedup_by_key(|(limit, _)| *limit);
    limits.into_boxed_slice()
}

impl super::Dispatch {
    /// The terms of a task: whose work it is, and the limits that it names, with what it weighs in each. A
    /// limit that is named twice counts once, with the greater weight.
    pub fn terms(&mut self, tenant: Option<TenantId>, limits: &[(LimitId, u32)]) -> Terms {
        self.terms.number(tenant, limits)
    }

    /// How many sets of conditions are known.
    #[must_use]
    pub fn terms_count(&self) -> usize {
        self.terms.len()
    }

    /// Whose work tasks of these terms are.
    #[must_use]
    pub fn tenant_of(&self, terms: Terms) -> Option<TenantId> {
        self.terms.get(terms)?.tenant
    }

    /// The limits that tasks of these terms name, with their weights.
    #[must_use]
    pub fn limits_of(&self, terms: Terms) -> &[(LimitId, u32)] {
        self.terms.get(terms).map_or(&[], |found| &found.limits)
    }
}
