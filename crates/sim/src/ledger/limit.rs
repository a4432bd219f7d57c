//! Limits: what bounds a task, and what is in use.

use std::collections::BTreeMap;

use duly_store::{LimitUse, Name, NewTask, Subject};

use super::{Ledger, Life, Task};

/// What tasks weigh together, by limit.
pub(crate) type Weights = BTreeMap<Name, u64>;

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

    /// What the leased attempts weigh.
    pub(crate) fn in_use(&self) -> Weights {
        let mut weights = Weights::new();
        let held = |task: &&Task| matches!(task.life, Life::Held { .. });
        for task in self.tasks.values().filter(held) {
            self.add_to(&mut weights, &task.new);
        }
        weights
    }

    pub(crate) fn add_to(&self, weights: &mut Weights, new: &NewTask) {
        for use_of in self.bounds_of(new) {
            *weights.entry(use_of.name).or_default() += u64::from(use_of.weight);
        }
    }

    /// The limit that a task would exceed beside what is in use, if any.
    pub(crate) fn exceeded(&self, weights: &Weights, new: &NewTask) -> Option<Name> {
        let bounds = self.bounds_of(new).into_iter();
        let mut closed = bounds.filter(|use_of| {
            let most = self
                .limits
                .get(&use_of.name)
                .and_then(|limit| limit.concurrency);
            let used = weights.get(&use_of.name).copied().unwrap_or_default();
            most.is_some_and(|most| used + u64::from(use_of.weight) > u64::from(most))
        });
        closed.next().map(|use_of| use_of.name)
    }
}
