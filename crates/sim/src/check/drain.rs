//! **What drains takes nothing in.** No new task is accepted while its queue, its kind or its tenant drains;
//! and none is refused for that unless what the refusal names does.

use duly_store::{Subject, SubmitError};

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Drain;

pub(super) const fn new() -> impl Check {
    Drain
}

impl Check for Drain {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        let (Ask::Submit(request), Answer::Submit(answer)) = (&step.ask, &step.answer) else {
            return Ok(());
        };
        match answer {
            Ok(reply) => {
                let mut tasks = request.tasks.iter().zip(&reply.tasks);
                tasks.try_for_each(|(new, answer)| {
                    let draining = ledger.draining(new).filter(|_| answer.is_new());
                    draining.map_or(Ok(()), |subject| {
                        Err(format!(
                            "{} is accepted, and {subject} drains",
                            name::task(new.id)
                        ))
                    })
                })
            }
            Err(SubmitError::Draining { subject, .. }) => {
                let drains = match subject {
                    Subject::Queue(name) => ledger.queues.get(name).map(|queue| queue.draining),
                    Subject::Kind(name) => ledger.kinds.get(name).map(|kind| kind.draining),
                    Subject::Tenant(name) => ledger.tenants.get(name).map(|tenant| tenant.draining),
                };
                demand(drains == Some(true), || {
                    format!("a submit is refused because {subject} drains, which it does not")
                })
            }
            Err(_) => Ok(()),
        }
    }
}
