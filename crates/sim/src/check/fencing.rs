//! **Stale writes are refused.** A settlement or a promotion is accepted if, and only if, its attempt is the
//! task's current one, held by the incarnation that writes (and, to be promoted, not begun).

use duly_core::AttemptRef;

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, Life};
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Fencing;

pub(super) const fn new() -> impl Check {
    Fencing
}

impl Check for Fencing {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        match (&step.ask, &step.answer) {
            (Ask::Settle(request), Answer::Settle(Ok(settled))) => {
                // A batch may name an attempt twice: the first ends it.
                let mut ended: Vec<AttemptRef> = Vec::new();
                for (settlement, answer) in request.settlements.iter().zip(&settled.attempts) {
                    let attempt = settlement.attempt;
                    let current = ledger.holds(request.incarnation, attempt)
                        && is_running_or_goes_back(ledger, settlement)
                        && !ended.contains(&attempt);
                    agree("settlement", attempt, current, answer.is_ok())?;
                    ended.push(attempt);
                }
                Ok(())
            }
            (Ask::Promote(request), Answer::Promote(Ok(promoted))) => {
                for (attempt, answer) in request.attempts.iter().zip(&promoted.attempts) {
                    let current = ledger.holds(request.incarnation, *attempt)
                        && !is_running(ledger, *attempt);
                    agree("promotion", *attempt, current, answer.is_ok())?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn is_running(ledger: &Ledger, attempt: AttemptRef) -> bool {
    let task = ledger.task(attempt.task);
    task.is_some_and(|task| matches!(task.life, Life::Held { running: true, .. }))
}

/// What never began can only be handed back, or called off.
fn is_running_or_goes_back(ledger: &Ledger, settlement: &duly_store::Settlement) -> bool {
    use duly_core::Decision::{Cancel, HandBack};
    is_running(ledger, settlement.attempt) || matches!(settlement.decision, HandBack | Cancel)
}

fn agree(what: &str, attempt: AttemptRef, current: bool, accepted: bool) -> Verdict {
    let attempt = name::attempt(attempt);
    demand(!accepted || current, || {
        format!(
            "a {what} of {attempt} is accepted, and the attempt is not the writer's current one"
        )
    })?;
    demand(accepted || !current, || {
        format!("a {what} of {attempt} is refused, and the attempt is the writer's current one")
    })
}
