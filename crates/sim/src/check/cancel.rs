//! **Cancelling.** A worker that has heard of a request ends the handler within the grace for it (and one
//! second, for a process has more to do); a task that was asked to end is never handed out again, unless
//! somebody puts it back in line. (When a clock is set, the grace counts anew: what had passed since the worker
//! last looked at its own is not known to it.)

use std::collections::BTreeMap;

use duly_core::{AttemptRef, Timestamp};

use super::{Check, Seen, Verdict, demand};
use crate::bounds::CANCEL_GRACE;
use crate::ledger::Ledger;
use crate::name::{self, Who};
use crate::wire::Answer;

#[derive(Debug, Default)]
struct Cancel {
    running: BTreeMap<AttemptRef, Who>,
    /// When each worker has heard.
    heard: BTreeMap<AttemptRef, Timestamp>,
    frozen: Vec<Who>,
}

pub(super) fn new() -> impl Check {
    Cancel::default()
}

impl Check for Cancel {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match *seen {
            Seen::Heard { answer, real } => {
                let cancels = match answer {
                    Answer::Heartbeat(Ok(renewed)) => &renewed.cancel,
                    Answer::CancelRequests(Ok(cancels)) => cancels,
                    _ => return Ok(()),
                };
                for attempt in cancels.iter().filter(|a| self.running.contains_key(a)) {
                    self.heard.entry(*attempt).or_insert(real);
                }
                Ok(())
            }
            Seen::Began { who, attempt, .. } => {
                self.running.insert(attempt, who);
                Ok(())
            }
            Seen::Over { attempt } => {
                self.running.remove(&attempt);
                self.heard.remove(&attempt);
                Ok(())
            }
            Seen::Jumped { real, .. } => {
                self.heard.values_mut().for_each(|heard| *heard = real);
                Ok(())
            }
            Seen::Froze { who } => {
                self.frozen.push(who);
                Ok(())
            }
            Seen::Thawed { who, .. } => {
                self.frozen.retain(|frozen| *frozen != who);
                Ok(())
            }
            Seen::Step(step) => {
                self.in_time(step.real)?;
                let Answer::Claim(Ok(claimed)) = &step.answer else {
                    return Ok(());
                };
                claimed.leases.iter().try_for_each(|lease| {
                    let asked = ledger
                        .task(lease.attempt.task)
                        .is_some_and(|t| t.cancel_asked);
                    demand(!asked, || {
                        let attempt = name::attempt(lease.attempt);
                        format!("{attempt} is handed out, and the task was asked to end")
                    })
                })
            }
            _ => Ok(()),
        }
    }
}

impl Cancel {
    fn in_time(&self, real: Timestamp) -> Verdict {
        let bound = CANCEL_GRACE + std::time::Duration::from_secs(1);
        self.heard.iter().try_for_each(|(attempt, heard)| {
            let who = self.running.get(attempt);
            let stands_still = who.is_some_and(|who| self.frozen.contains(who));
            demand(stands_still || real.since(*heard) <= bound, || {
                let since = real.since(*heard);
                let attempt = name::attempt(*attempt);
                format!("{attempt} still runs {since:?} after its worker was asked to end it")
            })
        })
    }
}
