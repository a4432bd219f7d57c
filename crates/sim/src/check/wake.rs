//! **Nobody polls blindly.** A claim says when asking again could help: no later than the earliest instant
//! that a waiting task is due.

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::Answer;

#[derive(Debug)]
struct Wake;

pub(super) const fn new() -> impl Check {
    Wake
}

impl Check for Wake {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Written { step, .. } = seen else {
            return Ok(());
        };
        let Answer::Claim(Ok(claimed)) = &step.answer else {
            return Ok(());
        };
        let waiting = ledger.unfinished().filter(|(_, task)| task.waits());
        let later = waiting.filter(|(_, task)| !task.is_due(claimed.at));
        let Some((id, first)) = later.min_by_key(|(_, task)| task.due_at) else {
            return Ok(());
        };
        demand(claimed.next_at.is_some_and(|at| at <= first.due_at), || {
            let task = name::task(*id);
            let due = first.due_at.since(claimed.at);
            format!(
                "{task} is due in {due:?}, and the claim says {:?}",
                claimed.next_at
            )
        })
    }
}
