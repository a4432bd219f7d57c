//! **Changes of order.** After a queue's order was changed, steps of the duty `Rekey` give all tasks that
//! stood in line their new keys: each step goes through as many tasks as it may, by submission, and no more,
//! says how many it has moved, and whether there is more to do. At rest nothing has a key of a former order.

use duly_store::Duty;

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Rekey;

pub(super) const fn new() -> impl Check {
    Rekey
}

impl Check for Rekey {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match seen {
            Seen::Step(step) => {
                let (Ask::KeepHouse(request), Answer::KeepHouse(Ok(kept))) =
                    (&step.ask, &step.answer)
                else {
                    return Ok(());
                };
                if request.duty != Duty::Rekey {
                    return Ok(());
                }
                let must = ledger.rekey_step(request.limit as usize);
                let (is, must) = ((kept.count as usize, kept.more), (must.moved, must.more));
                demand(is == must, || {
                    format!("a step of new keys is (moved, more) {is:?}, and must be {must:?}")
                })
            }
            Seen::Rest => {
                let mixed = ledger.mixed().next();
                demand(mixed.is_none(), || {
                    let queue = mixed.map_or("", |queue| queue);
                    format!("tasks of queue {queue} have keys of a former order at rest")
                })
            }
            _ => Ok(()),
        }
    }
}
