//! **Nothing is lost.** What the store has accepted it shows, until it has ended and was kept long enough.
//! Within the time of rest after the last fault every task has ended, and nobody holds anything.

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;

#[derive(Debug)]
struct NothingLost;

pub(super) const fn new() -> impl Check {
    NothingLost
}

impl Check for NothingLost {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match seen {
            Seen::Compared { tasks, .. } => tasks.iter().try_for_each(|(id, shown)| {
                let open = ledger
                    .task(*id)
                    .is_some_and(crate::ledger::Task::is_unfinished);
                demand(shown.is_some() || !open, || {
                    format!(
                        "{} was accepted, has not ended, and is gone",
                        name::task(*id)
                    )
                })
            }),
            Seen::Rest => ledger.unfinished().try_for_each(|(id, task)| {
                let life = task.life;
                Err(format!("{} has not ended: it is {life:?}", name::task(*id)))
            }),
            _ => Ok(()),
        }
    }
}
