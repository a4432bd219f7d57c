//! Limits: what bounds a task, what is in use, and what their rates have given out.

use std::collections::BTreeMap;

use duly_core::{Limit, Timestamp};
use duly_store::{LimitUse, Name, NewTask, Reason, Subject};

use super::rate::Bucket;
use super::{Ledger, Life, Task};

/// How far all limits are used up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    /// What the leased attempts weigh, by limit.
    pub(crate) held: BTreeMap<Name, u64>,
    given: BTreeMap<Name, Bucket>,
}

impl Usage {
    /// What is leased of a limit.
    pub(crate) fn held(&self, limit: &Name) -> u64 {
        self.held.get(limit).copied().unwrap_or_default()
    }
}

impl Ledger {
    /// What bounds a task: what it names itself, and what is attached to its queue, kind and tenant.
    pub(crate) fn bounds_of(&self, new: &NewTask) -> Vec<LimitUse> {
        let mut uses = new.limits.clone();
        let subjects = [
            Some(Subject::Queue(new.queue.clone())),
            Some(Subject::Kind(new.kind.clone())),
            new.tenant.clone().map(Subject::Tenant),
        ];
        for subject in subjects.into_iter().flatten() {
            let attached = self.attached.get(&subject).into_iter().flatten();
            for more in attached {
                if uses.iter().all(|use_of| use_of.name != more.name) {
                    uses.push(more.clone());
                }
            }
        }
        uses
    }

    pub(crate) fn usage(&self) -> Usage {
        let mut usage = Usage {
            held: BTreeMap::new(),
            given: self.given.clone(),
        };
        let held = |task: &&Task| matches!(task.life, Life::Held { .. });
        for task in self.tasks.values().filter(held) {
            for use_of in self.bounds_of(&task.new) {
                *usage.held.entry(use_of.name).or_default() += u64::from(use_of.weight);
            }
        }
        usage
    }

    /// A task is handed out: it is counted by its limits, and by their rates.
    pub(crate) fn hand_out(&self, usage: &mut Usage, new: &NewTask, at: Timestamp) {
        for use_of in self.bounds_of(new) {
            let limit = self.limits.get(&use_of.name);
            if let Some(rate) = limit.and_then(|limit| limit.rate.as_ref()) {
                let bucket = usage.given.entry(use_of.name.clone()).or_default();
                bucket.fill(rate, use_of.weight, at);
            }
            *usage.held.entry(use_of.name).or_default() += u64::from(use_of.weight);
        }
    }

    /// Enters what a limit is from now on.
    pub(super) fn define(&mut self, name: &Name, limit: Option<Limit>, at: Timestamp) {
        let before = self.limits.remove(name).and_then(|limit| limit.rate);
        let rate = limit.and_then(|limit| limit.rate);
        let given = self.given.remove(name).unwrap_or_default();
        if let (Some(from), Some(to)) = (before, rate) {
            self.given.insert(name.clone(), given.moved(&from, &to, at));
        }
        self.limits.extend(limit.map(|limit| (name.clone(), limit)));
    }

    /// A claim looks at all rates: whatever a clock that was ahead has used up of them is cut for good.
    pub(super) fn doubt_rates(&mut self, at: Timestamp) {
        for (name, bucket) in &mut self.given {
            let limit = self.limits.get(name);
            if let Some(rate) = limit.and_then(|limit| limit.rate.as_ref()) {
                *bucket = bucket.doubted(rate, at);
            }
        }
    }

    /// Enters that a task was handed out.
    pub(super) fn charge_rates(&mut self, new: &NewTask, at: Timestamp) {
        let mut usage = Usage {
            held: BTreeMap::new(),
            given: std::mem::take(&mut self.given),
        };
        self.hand_out(&mut usage, new, at);
        self.given = usage.given;
    }

    /// What each limit says that lets a task of this weight not through, as far as the usage goes.
    pub(crate) fn closed_limits(&self, usage: &Usage, new: &NewTask, at: Timestamp) -> Vec<Reason> {
        let uses = self.bounds_of(new).into_iter();
        uses.filter_map(|use_of| self.closed(usage, use_of, at))
            .collect()
    }

    fn closed(&self, usage: &Usage, use_of: LimitUse, at: Timestamp) -> Option<Reason> {
        let LimitUse {
            name: limit,
            weight,
        } = use_of;
        let bounds = self.limits.get(&limit)?;
        let in_use = usage.held(&limit);
        if let Some(at_most) = bounds.concurrency
            && in_use + u64::from(weight) > u64::from(at_most)
        {
            return Some(Reason::LimitFull {
                limit,
                in_use,
                at_most,
                weight,
            });
        }
        let rate = bounds.rate.as_ref()?;
        let until = usage.given.get(&limit)?.opens_at(rate, weight, at);
        (until > at).then_some(Reason::RateSpent {
            limit,
            until,
            weight,
        })
    }

    /// Whether a rate bounds a task: then it is never kept in store.
    pub(crate) fn is_rated(&self, new: &NewTask) -> bool {
        let uses = self.bounds_of(new).into_iter();
        let mut limits = uses.filter_map(|use_of| self.limits.get(&use_of.name));
        limits.any(|limit| limit.rate.is_some())
    }
}
