//! **Charges.** Each attempt is charged once; one that was put off, handed back or lost with its worker is
//! refunded. A lease says what is charged, this attempt included, and how many workers were lost. No task
//! is tried again once its policy's attempts are spent.

use duly_core::Decision;

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Charge;

pub(super) const fn new() -> impl Check {
    Charge
}

impl Check for Charge {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        match (&step.ask, &step.answer) {
            (Ask::Claim(_), Answer::Claim(Ok(claimed))) => {
                claimed.leases.iter().try_for_each(|lease| {
                    let Some(task) = ledger.task(lease.attempt.task) else {
                        return Ok(());
                    };
                    let is = (lease.spent, lease.lost);
                    let must = (task.spent + 1, task.lost);
                    demand(is == must, || {
                        let attempt = name::attempt(lease.attempt);
                        format!("{attempt} has (spent, lost) {is:?}, and must have {must:?}")
                    })
                })
            }
            (Ask::Settle(request), Answer::Settle(Ok(settled))) => {
                let ends = request.settlements.iter().zip(&settled.attempts);
                let mut accepted = ends.filter(|(_, answer)| answer.is_ok());
                accepted.try_for_each(|(end, _)| {
                    let Some(task) = ledger.task(end.attempt.task) else {
                        return Ok(());
                    };
                    let most = task.new.retry.attempts_max;
                    let more = task.spent < most;
                    demand(more || !matches!(end.decision, Decision::Retry(_)), || {
                        let attempt = name::attempt(end.attempt);
                        format!("{attempt} is tried again, and {most} attempts are spent")
                    })
                })
            }
            _ => Ok(()),
        }
    }
}
