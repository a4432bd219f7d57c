//! **Nobody polls blindly.** A claim says when asking again could help: no later than the earliest instant
//! that a waiting task is due; and, if a slot stays empty, no later than the instant at which the rates have
//! permits for a task that nothing else keeps from it.

use duly_core::{TaskId, Timestamp};
use duly_store::{Claimed, Reason};

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, Task};
use crate::name;
use crate::wire::{Answer, Ask};

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
        let due = later.map(|(id, task)| (*id, task.due_at));
        let permitted = rated(&step.ask, claimed, ledger);
        let first = due.chain(permitted).min_by_key(|(_, at)| *at);
        let Some((id, may_at)) = first else {
            return Ok(());
        };
        demand(claimed.next_at.is_some_and(|at| at <= may_at), || {
            let (task, wait) = (name::task(id), may_at.since(claimed.at));
            format!(
                "{task} may start in {wait:?}, and the claim says {:?}",
                claimed.next_at
            )
        })
    }
}

/// Those that a claim with an empty slot would have got, had their rates had permits, and when they have.
fn rated(ask: &Ask, claimed: &Claimed, ledger: &Ledger) -> Vec<(TaskId, Timestamp)> {
    let Ask::Claim(request) = ask else {
        return Vec::new();
    };
    if claimed.leases.len() >= request.run as usize {
        return Vec::new();
    }
    let usage = ledger.usage();
    let asked = |task: &Task| {
        let new = &task.new;
        task.is_due(claimed.at)
            && task.lost == 0
            && request.queues.contains(&new.queue)
            && request.kinds.contains(&new.kind)
    };
    let asked = ledger.unfinished().filter(|(_, task)| asked(task));
    let opens = asked.filter_map(|(id, task)| {
        let closings = ledger.closings(&usage, task, claimed.at);
        let mut opens = None;
        for closing in closings {
            match closing {
                Reason::RateSpent { until, .. } => opens = opens.max(Some(until)),
                _ => return None,
            }
        }
        Some((*id, opens?))
    });
    opens.collect()
}
