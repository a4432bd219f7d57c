//! **What is paused does not start.** No claim that takes effect after a queue, a kind or a tenant was
//! paused, and before it is resumed, hands out a task of it.

use super::{Check, Seen, Verdict};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::Answer;

#[derive(Debug)]
struct Pause;

pub(super) const fn new() -> impl Check {
    Pause
}

impl Check for Pause {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        let Answer::Claim(Ok(claimed)) = &step.answer else {
            return Ok(());
        };
        claimed.leases.iter().try_for_each(|lease| {
            let id = lease.attempt.task;
            let paused = ledger.task(id).and_then(|task| ledger.paused(task));
            paused.map_or(Ok(()), |subject| {
                Err(format!(
                    "{} starts, and {subject} is paused",
                    name::task(id)
                ))
            })
        })
    }
}
