//! **Fair turns.** In a fair queue, over any stretch of claims in which two tenants both have a task of the
//! class that is handed out which could start, what the two get, each divided by its weight, differs by at
//! most `1 / weight + 1 / weight` tasks (Goyal, Vin and Cheng, 1996, for tasks of one size). A stretch may
//! begin as soon as a tenant that was idle is back, so being idle gains it no more than that. It ends when
//! one of the two cannot start, a weight is changed, or the queue's settings are. (After a change the weight of
//! a tenant's last turn counts as long as it is the lesser: that turn still takes as long as it did.)

use std::collections::{BTreeMap, BTreeSet};

use duly_core::Priority;
use duly_store::{Claim, Claimed, Name};

use super::choice::Choice;
use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::plan::TENANT_WEIGHT_MAX;
use crate::wire::{Answer, Ask};

/// What a task of a tenant of weight 1 counts: a multiple of every weight that is drawn.
const TASK: i64 = 60;
const _: () = assert!(TENANT_WEIGHT_MAX <= 6);

type Party = Option<Name>;

/// A class of a queue.
type Class = (Name, u8);

#[derive(Debug, Default)]
struct Fair {
    stretches: BTreeMap<Class, BTreeMap<(Party, Party), Stretch>>,
    /// What the last task of each tenant counted.
    lasts: BTreeMap<(Class, Party), i64>,
}

/// What one of two tenants got more than the other, each by its weight: now, at least and at most.
#[derive(Clone, Copy, Debug, Default)]
struct Stretch {
    lead: i64,
    least: i64,
    most: i64,
    /// How far apart they may be.
    bound: i64,
}

pub(super) fn new() -> impl Check {
    Fair::default()
}

impl Check for Fair {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        match (&step.ask, &step.answer) {
            (Ask::Configure(queue, change), Answer::Configure(Ok(_)))
                if change.fair.is_some() || change.order.is_some() =>
            {
                self.stretches.retain(|(other, _), _| other != queue);
                Ok(())
            }
            (Ask::Tenant(tenant, change), Answer::Tenant(Ok(_))) if change.weight.is_some() => {
                let is_about = |party: &Party| party.as_ref() == Some(tenant);
                for stretches in self.stretches.values_mut() {
                    stretches.retain(|(one, other), _| !is_about(one) && !is_about(other));
                }
                Ok(())
            }
            (Ask::Claim(request), Answer::Claim(Ok(claimed))) => {
                self.claimed(request, claimed, ledger)
            }
            _ => Ok(()),
        }
    }
}

impl Fair {
    fn claimed(&mut self, request: &Claim, claimed: &Claimed, ledger: &Ledger) -> Verdict {
        let is_fair = request.queues.iter().any(|queue| ledger.is_fair(queue));
        if !is_fair || claimed.leases.is_empty() {
            return Ok(());
        }
        let mut choice = Choice::of(request, ledger, claimed.at);
        for (place, lease) in claimed.leases.iter().enumerate() {
            let Some(task) = ledger.task(lease.attempt.task) else {
                continue;
            };
            let queue = &task.new.queue;
            if ledger.is_mixed(queue) {
                self.stretches.retain(|(other, _), _| other != queue);
                self.had_some_turn(queue, &task.new.tenant, ledger);
            } else if ledger.is_fair(queue) {
                let starts = place < request.run as usize;
                let heads = choice.heads(queue, starts).into_iter();
                let parties = heads.map(|head| head.task.new.tenant.clone());
                let class = (queue.clone(), ledger.key(task).0);
                self.turn(class, &task.new.tenant, &parties.collect(), ledger)?;
            }
            choice.take(lease.attempt.task);
        }
        Ok(())
    }

    /// A tenant has a turn of a class that is not known.
    fn had_some_turn(&mut self, queue: &Name, whose: &Party, ledger: &Ledger) {
        for priority in Priority::ALL {
            let class = (queue.clone(), priority.code());
            let last = self.lasts.entry((class, whose.clone())).or_default();
            *last = share(whose, ledger).max(*last);
        }
    }

    /// A tenant has its turn while these could start.
    fn turn(
        &mut self,
        class: Class,
        whose: &Party,
        backlogged: &BTreeSet<Party>,
        ledger: &Ledger,
    ) -> Verdict {
        let lasts = &self.lasts;
        let span = |party: &Party| {
            let last = lasts.get(&(class.clone(), party.clone()));
            share(party, ledger).max(last.copied().unwrap_or(0))
        };
        let stretches = self.stretches.entry(class.clone()).or_default();
        stretches.retain(|(one, other), _| backlogged.contains(one) && backlogged.contains(other));
        for one in backlogged {
            for other in backlogged.range(one.clone()..).skip(1) {
                let (own, others) = (share(one, ledger), share(other, ledger));
                let pair = (one.clone(), other.clone());
                let stretch = stretches.entry(pair).or_insert_with(|| Stretch {
                    bound: span(one) + span(other),
                    ..Stretch::default()
                });
                let step = if whose == one {
                    own
                } else if whose == other {
                    -others
                } else {
                    0
                };
                let (apart, bound) = (stretch.moved(step), stretch.bound);
                demand(apart <= bound, || {
                    let (one, other, queue) = (say(one), say(other), &class.0);
                    format!(
                        "{one} and {other} of queue {queue} are {apart}/{TASK} tasks by weight apart, and at most {bound}/{TASK} may be"
                    )
                })?;
            }
        }
        self.lasts
            .insert((class, whose.clone()), share(whose, ledger));
        Ok(())
    }
}

impl Stretch {
    /// How far the two have been apart.
    fn moved(&mut self, by: i64) -> i64 {
        self.lead += by;
        self.least = self.least.min(self.lead);
        self.most = self.most.max(self.lead);
        self.most - self.least
    }
}

/// What a task of a tenant counts.
fn share(party: &Party, ledger: &Ledger) -> i64 {
    let settings = party.as_ref().and_then(|tenant| ledger.tenants.get(tenant));
    TASK / i64::from(settings.map_or(1, |settings| settings.weight))
}

fn say(party: &Party) -> &str {
    party.as_ref().map_or("nobody", |tenant| tenant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_as_wide_as_its_widest_window() {
        let mut stretch = Stretch::default();
        let steps = [TASK, -TASK, -TASK, TASK, TASK];
        let apart = steps.map(|step| stretch.moved(step) / TASK);
        assert_eq!(apart, [1, 1, 2, 2, 2]);
    }
}
