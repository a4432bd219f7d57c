//! **Limits of concurrency.** Nothing is handed out that would bring what is in use of a limit above it: the
//! sum, over all leased attempts, of what they weigh. The store shows exactly that sum, at any time: so every
//! permit comes back when its attempt ends, however it ends, and at rest all are back.

use duly_store::LimitRecord;

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::Answer;

#[derive(Debug)]
struct Permit;

pub(super) const fn new() -> impl Check {
    Permit
}

impl Check for Permit {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match seen {
            Seen::Step(step) => {
                let Answer::Claim(Ok(claimed)) = &step.answer else {
                    return Ok(());
                };
                let mut weights = ledger.in_use();
                for lease in &claimed.leases {
                    let id = lease.attempt.task;
                    let Some(task) = ledger.task(id) else {
                        continue;
                    };
                    if let Some(limit) = ledger.exceeded(&weights, &task.new) {
                        let used = weights.get(&limit).copied().unwrap_or_default();
                        let task = name::task(id);
                        return Err(format!(
                            "{task} starts, and limit {limit} has {used} in use"
                        ));
                    }
                    ledger.add_to(&mut weights, &task.new);
                }
                Ok(())
            }
            Seen::Compared { limits, .. } => {
                limits.iter().try_for_each(|limit| same(limit, ledger))
            }
            Seen::Rest => ledger.in_use().iter().try_for_each(|(limit, used)| {
                demand(*used == 0, || {
                    format!("limit {limit} has {used} in use at rest")
                })
            }),
            _ => Ok(()),
        }
    }
}

fn same(limit: &LimitRecord, ledger: &Ledger) -> Verdict {
    let must = ledger
        .in_use()
        .get(&limit.name)
        .copied()
        .unwrap_or_default();
    demand(limit.in_use == must, || {
        let (name, is) = (&limit.name, limit.in_use);
        format!("limit {name} shows {is} in use, and has {must}")
    })
}
