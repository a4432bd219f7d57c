//! **One leader.** The store never tells an instance that it leads while the time that it has given to
//! another is not over, nor given up. (A time that ends later than any may is over: the clock was set back.)

use duly_store::bounds::LEAD_MAX;

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Leader;

pub(super) const fn new() -> impl Check {
    Leader
}

impl Check for Leader {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        let (Ask::Lead(request), Answer::Lead(Ok(answer))) = (&step.ask, &step.answer) else {
            return Ok(());
        };
        let Some((holder, until)) = ledger.lead.filter(|_| answer.leads) else {
            return Ok(());
        };
        let is_held = step.at < until && until <= step.at + LEAD_MAX;
        demand(holder == request.holder || !is_held, || {
            let (new, old) = (name::life(request.holder), name::life(holder));
            format!(
                "{new} leads, and {old} leads for another {:?}",
                until.since(step.at)
            )
        })
    }
}
