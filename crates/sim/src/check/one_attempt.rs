//! **One current attempt.** A claim hands out only tasks that nobody holds, each once, under a number one
//! higher than the last. A handler begins only once its attempt was written down as running, and only while
//! it is current. And no two handlers of one task ever run at the same time: whoever cannot renew stops
//! before its lease is taken back. (These last two hold while no clock is set: not within three leases of
//! that; and a process that stands still runs nothing.)

use std::collections::BTreeMap;

use duly_core::{AttemptRef, TaskId, Timestamp};

use super::{Check, Seen, Verdict, demand};
use crate::bounds::LEASE;
use crate::ledger::{Ledger, Life, Step};
use crate::name::{self, Who};
use crate::wire::Answer;

#[derive(Debug, Default)]
struct OneAttempt {
    running: BTreeMap<AttemptRef, Who>,
    frozen: Vec<Who>,
    jumped: Option<Timestamp>,
}

pub(super) fn new() -> impl Check {
    OneAttempt::default()
}

impl Check for OneAttempt {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match *seen {
            Seen::Step(step) => claimed(step, ledger),
            Seen::Began { who, attempt, real } => {
                let begun = ledger.task(attempt.task).map_or(0, |task| task.begun);
                demand(begun >= attempt.attempt, || {
                    let attempt = name::attempt(attempt);
                    format!("{who} begins {attempt}, which was not written down as running")
                })?;
                demand(self.is_shaken(real) || is_current(ledger, attempt), || {
                    let attempt = name::attempt(attempt);
                    format!("{who} begins {attempt}, which is not current any more")
                })?;
                self.running.insert(attempt, who);
                self.no_other(attempt.task, real)
            }
            Seen::Over { attempt } => {
                self.running.remove(&attempt);
                Ok(())
            }
            Seen::Froze { who } => {
                self.frozen.push(who);
                Ok(())
            }
            Seen::Thawed { who, real } => {
                self.frozen.retain(|frozen| *frozen != who);
                let tasks: Vec<_> = self.running.keys().map(|attempt| attempt.task).collect();
                tasks
                    .into_iter()
                    .try_for_each(|task| self.no_other(task, real))
            }
            Seen::Jumped { real, .. } => {
                self.jumped = Some(real);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn claimed(step: &Step, ledger: &Ledger) -> Verdict {
    let Answer::Claim(Ok(claimed)) = &step.answer else {
        return Ok(());
    };
    for (index, lease) in claimed.leases.iter().enumerate() {
        let AttemptRef { task: id, attempt } = lease.attempt;
        let Some(task) = ledger.task(id) else {
            return Err(format!(
                "{} is handed out, and nobody submitted it",
                name::task(id)
            ));
        };
        demand(task.waits(), || {
            let state = task.life;
            format!("{} is handed out, and it is {state:?}", name::task(id))
        })?;
        demand(attempt == task.attempt + 1, || {
            let last = task.attempt;
            format!(
                "{} is handed out after attempt {last}",
                name::attempt(lease.attempt)
            )
        })?;
        let before = &claimed.leases[..index];
        demand(before.iter().all(|other| other.attempt.task != id), || {
            format!("{} is handed out twice by one claim", name::task(id))
        })?;
    }
    Ok(())
}

fn is_current(ledger: &Ledger, attempt: AttemptRef) -> bool {
    let task = ledger.task(attempt.task);
    task.is_some_and(|task| {
        task.attempt == attempt.attempt && matches!(task.life, Life::Held { .. })
    })
}

impl OneAttempt {
    /// A clock was set not long ago.
    fn is_shaken(&self, real: Timestamp) -> bool {
        self.jumped.is_some_and(|at| real.since(at) < 3 * LEASE)
    }

    /// At most one handler of a task runs.
    fn no_other(&self, task: TaskId, real: Timestamp) -> Verdict {
        if self.is_shaken(real) {
            return Ok(());
        }
        let handlers = self
            .running
            .iter()
            .filter(|(attempt, _)| attempt.task == task);
        let running: Vec<_> = handlers
            .filter(|(_, who)| !self.frozen.contains(who))
            .map(|(attempt, who)| format!("{} by {who}", name::attempt(*attempt)))
            .collect();
        demand(running.len() <= 1, || {
            format!(
                "two handlers run at the same time: {}",
                running.join(" and ")
            )
        })
    }
}
