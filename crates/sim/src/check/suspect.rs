//! **One suspect at a time.** A worker runs at most one task that has lost a worker before; none is
//! prefetched; and a claim that says it may take none gets none.

use std::collections::BTreeMap;

use duly_core::AttemptRef;

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name::{self, Who};
use crate::wire::{Answer, Ask};

#[derive(Debug, Default)]
struct Suspect {
    running: BTreeMap<AttemptRef, Who>,
}

pub(super) fn new() -> impl Check {
    Suspect::default()
}

impl Check for Suspect {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match *seen {
            Seen::Step(step) => {
                let (Ask::Claim(request), Answer::Claim(Ok(claimed))) = (&step.ask, &step.answer)
                else {
                    return Ok(());
                };
                let is_suspect = |id| ledger.task(id).is_some_and(|task| task.lost > 0);
                let suspects = claimed
                    .leases
                    .iter()
                    .filter(|lease| is_suspect(lease.attempt.task));
                let suspects: Vec<_> = suspects.collect();
                let most = usize::from(request.suspect);
                demand(suspects.len() <= most, || {
                    format!(
                        "{} suspects by a claim that may take {most}",
                        suspects.len()
                    )
                })?;
                demand(suspects.iter().all(|lease| lease.started), || {
                    "a suspect is prefetched".to_owned()
                })
            }
            Seen::Began { who, attempt, .. } => {
                let task = ledger.task(attempt.task);
                if task.is_none_or(|task| task.lost == 0 || task.attempt != attempt.attempt) {
                    return Ok(());
                }
                self.running.insert(attempt, who);
                let own = self.running.iter().filter(|(_, other)| **other == who);
                let own: Vec<_> = own.map(|(attempt, _)| name::attempt(*attempt)).collect();
                demand(own.len() <= 1, || {
                    format!("{who} runs several suspects: {}", own.join(", "))
                })
            }
            Seen::Over { attempt } => {
                self.running.remove(&attempt);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
