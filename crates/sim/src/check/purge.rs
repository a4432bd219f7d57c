//! **Purging.** A step that calls off what waits of a queue, a kind or a tenant changes exactly the newest of
//! those tasks, as many as it may; and a dry run says beforehand what it does.

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Purge;

pub(super) const fn new() -> impl Check {
    Purge
}

impl Check for Purge {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        let (Ask::Purge(subject, limit), Answer::Purge(Ok((told, done)))) =
            (&step.ask, &step.answer)
        else {
            return Ok(());
        };
        demand(told == done, || {
            format!("a dry run of purging {subject} says {told:?}, and the step did {done:?}")
        })?;
        let must = ledger.purged_of(subject, *limit).len();
        let is = (done.matched as usize, done.changed as usize);
        demand(is == (must, must), || {
            format!("purging {subject} means and calls off {is:?} tasks, and must {must}")
        })
    }
}
