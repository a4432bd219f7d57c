//! **Nothing starts while it is closed.** What was explained to be closed at an instant is not handed out by
//! a claim at that instant, if nothing has changed between the two.

use std::collections::BTreeMap;

use duly_core::{TaskId, Timestamp};
use duly_store::{Explanation, Reason};

use super::{Check, Seen, Verdict};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug, Default)]
struct Explain {
    /// What closes each task, as was said at that instant.
    closed: BTreeMap<TaskId, (Timestamp, Reason)>,
}

pub(super) fn new() -> impl Check {
    Explain::default()
}

impl Check for Explain {
    fn see(&mut self, seen: &Seen<'_>, _: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        let closed = std::mem::take(&mut self.closed);
        match (&step.ask, &step.answer) {
            (Ask::Explain, Answer::Explain(Ok(all))) => {
                let first = |told: &Explanation| {
                    let reason = told.reasons.iter().find(|reason| reason.is_closing())?;
                    Some((told.task, (told.at, reason.clone())))
                };
                self.closed = all.iter().filter_map(first).collect();
                Ok(())
            }
            (Ask::Claim(_), Answer::Claim(Ok(claimed))) => {
                claimed.leases.iter().try_for_each(|lease| {
                    let told = closed.get(&lease.attempt.task);
                    let told = told.filter(|(at, _)| *at == claimed.at);
                    told.map_or(Ok(()), |(at, reason)| {
                        let (task, reason) = (name::task(lease.attempt.task), reason.sentence(*at));
                        Err(format!("{task} starts, and was just explained: {reason}"))
                    })
                })
            }
            _ => Ok(()),
        }
    }
}
