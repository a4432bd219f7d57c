//! **What is paused does not start.** No claim that takes effect after a queue was paused, and before it
//! is resumed, hands out a task of it.

use super::{Check, Seen, Verdict, demand};
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
            demand(!ledger.is_paused(&lease.queue), || {
                let task = name::task(lease.attempt.task);
                format!("{task} starts from queue {}, which is paused", lease.queue)
            })
        })
    }
}
