//! **Limits of concurrency.** Nothing is handed out that would bring what is in use of a limit above it: the
//! sum, over all leased attempts, of what they weigh. The store shows exactly that sum, at any time: so every
//! permit comes back when its attempt ends, however it ends, and at rest all are back.

use duly_store::{LimitRecord, Reason};

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
                let mut usage = ledger.usage();
                for lease in &claimed.leases {
                    let id = lease.attempt.task;
                    let Some(task) = ledger.task(id) else {
                        continue;
                    };
                    let closed = ledger.closed_limits(&usage, &task.new, claimed.at);
                    let is_full = |reason: &&Reason| matches!(reason, Reason::LimitFull { .. });
                    if let Some(reason) = closed.iter().find(is_full) {
                        let (task, reason) = (name::task(id), reason.sentence(claimed.at));
                        return Err(format!("{task} starts, and {reason}"));
                    }
                    ledger.hand_out(&mut usage, &task.new, claimed.at);
                }
                Ok(())
            }
            Seen::Compared { limits, .. } => {
                limits.iter().try_for_each(|limit| same(limit, ledger))
            }
            Seen::Rest => ledger.usage().held.iter().try_for_each(|(limit, used)| {
                demand(*used == 0, || {
                    format!("limit {limit} has {used} in use at rest")
                })
            }),
            _ => Ok(()),
        }
    }
}

fn same(limit: &LimitRecord, ledger: &Ledger) -> Verdict {
    let must = ledger.usage().held(&limit.name);
    demand(limit.in_use == must, || {
        let (name, is) = (&limit.name, limit.in_use);
        format!("limit {name} shows {is} in use, and has {must}")
    })
}
