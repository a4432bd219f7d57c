//! **Kept as long as promised.** A finished task is removed only once its queue's retention has passed since
//! it ended, or when somebody discards it; a step of pruning removes as many as it may (and forgets unique
//! keys whose period is over, if it may do more).

use duly_store::Duty;

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, Life};
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Retention;

pub(super) const fn new() -> impl Check {
    Retention
}

impl Check for Retention {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match seen {
            Seen::Step(step) => {
                let (Ask::KeepHouse(request), Answer::KeepHouse(Ok(kept))) =
                    (&step.ask, &step.answer)
                else {
                    return Ok(());
                };
                if request.duty != Duty::Prune {
                    return Ok(());
                }
                let stale = ledger.stale(step.at).len();
                let must = stale.min(request.limit as usize);
                demand(kept.count as usize >= must, || {
                    format!(
                        "{} tasks are pruned, and {must} were kept long enough",
                        kept.count
                    )
                })
            }
            Seen::Compared { tasks, .. } => tasks.iter().try_for_each(|(id, shown)| {
                let ended = ledger
                    .task(*id)
                    .is_some_and(|task| matches!(task.life, Life::Ended(_)));
                demand(shown.is_some() || !ended, || {
                    format!(
                        "{} was removed before it was kept long enough",
                        name::task(*id)
                    )
                })
            }),
            _ => Ok(()),
        }
    }
}
