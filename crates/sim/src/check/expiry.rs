//! **Deadlines.** No task is handed out at or after the instant by which it must have begun, or that by
//! which it must have ended, by the store's clock. None expires before the earlier of the two.

use duly_core::EventKind;

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, Task};
use crate::name;
use crate::wire::Answer;

#[derive(Debug)]
struct Expiry;

pub(super) const fn new() -> impl Check {
    Expiry
}

impl Check for Expiry {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match seen {
            Seen::Step(step) => {
                let Answer::Claim(Ok(claimed)) = &step.answer else {
                    return Ok(());
                };
                claimed.leases.iter().try_for_each(|lease| {
                    let id = lease.attempt.task;
                    let deadline = ledger.task(id).and_then(Task::ends_by);
                    demand(
                        deadline.is_none_or(|deadline| claimed.at < deadline),
                        || format!("{} starts, and its deadline has passed", name::task(id)),
                    )
                })
            }
            Seen::Written { step, events, .. } => {
                let expired = events
                    .iter()
                    .filter(|event| event.kind == EventKind::Expired);
                expired.into_iter().try_for_each(|event| {
                    let deadline = ledger.task(event.task).and_then(Task::ends_by);
                    let passed = deadline.is_some_and(|deadline| deadline <= step.at);
                    demand(passed, || {
                        format!("{} expires before its deadline", name::task(event.task))
                    })
                })
            }
            _ => Ok(()),
        }
    }
}
