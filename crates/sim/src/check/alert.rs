//! **Alerts.** Each is told at most once, not before its age, and only of what is so then: that a task has not
//! begun, or has not ended. A step of the duty goes through as many as are due, and as it may, and no more.

use std::collections::BTreeSet;

use duly_core::{EventKind, TaskId};
use duly_store::Duty;

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug, Default)]
struct Alert {
    told: BTreeSet<(TaskId, EventKind)>,
}

pub(super) fn new() -> impl Check {
    Alert::default()
}

impl Check for Alert {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match seen {
            Seen::Step(step) => {
                let (Ask::KeepHouse(request), Answer::KeepHouse(Ok(kept))) =
                    (&step.ask, &step.answer)
                else {
                    return Ok(());
                };
                if request.duty != Duty::Alert {
                    return Ok(());
                }
                let must = ledger.late(step.at).len().min(request.limit as usize);
                demand(kept.count as usize == must, || {
                    format!(
                        "alerts of {} tasks are gone through, and {must} are due",
                        kept.count
                    )
                })
            }
            Seen::Written { events, step, .. } => events.iter().try_for_each(|event| {
                let Some(task) = ledger.task(event.task) else {
                    return Ok(());
                };
                if event.kind == EventKind::Submitted {
                    // What was removed may be submitted again.
                    self.told.retain(|(task, _)| *task != event.task);
                }
                let age = match event.kind {
                    EventKind::LateToStart => task.new.alert_unstarted,
                    EventKind::LateToFinish => task.new.alert_unfinished,
                    _ => return Ok(()),
                };
                let name = name::task(event.task);
                demand(self.told.insert((event.task, event.kind)), || {
                    format!("{name} is told to be late twice ({})", event.kind.name())
                })?;
                let is_due = age.is_some_and(|age| task.submitted_at + age <= step.at);
                demand(is_due && task.is_unfinished(), || {
                    format!(
                        "{name} is told to be late, and is not ({})",
                        event.kind.name()
                    )
                })
            }),
            _ => Ok(()),
        }
    }
}
