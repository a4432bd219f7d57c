//! **Nothing starts early.** A task is handed out only at or after the instant that it is due, as it was
//! submitted, rescheduled, retried or put off, by the store's clock; and only to a worker that asked for its
//! queue and its kind.

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Due;

pub(super) const fn new() -> impl Check {
    Due
}

impl Check for Due {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        let (Ask::Claim(request), Answer::Claim(Ok(claimed))) = (&step.ask, &step.answer) else {
            return Ok(());
        };
        for lease in &claimed.leases {
            let id = lease.attempt.task;
            let Some(task) = ledger.task(id) else {
                continue;
            };
            demand(task.is_due(claimed.at), || {
                let early = task.due_at.since(claimed.at);
                format!("{} starts {early:?} before it is due", name::task(id))
            })?;
            let asked =
                request.queues.contains(&task.new.queue) && request.kinds.contains(&task.new.kind);
            demand(asked, || {
                let (kind, queue) = (&task.new.kind, &task.new.queue);
                format!(
                    "{} ({kind} of {queue}) goes to a worker that did not ask for it",
                    name::task(id)
                )
            })?;
        }
        Ok(())
    }
}
