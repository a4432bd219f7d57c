//! **Every waiting task has a reason.** An explanation of a task that waits names exactly what closes it:
//! that it is not due, what is paused, each limit that is full or has spent its rate (with its numbers), that
//! nobody serves it. A task that nothing closes stands in line, and is told its place: in a queue without
//! turns and without tasks of a former order, exactly how many stand before it that nothing closes but what
//! closes it, too.

use std::collections::{BTreeMap, BTreeSet};

use duly_core::{State, TaskId, Timestamp};
use duly_store::{Explanation, NewTask, Position, Reason};

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, Task, Usage};
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Why;

pub(super) const fn new() -> impl Check {
    Why
}

impl Check for Why {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        let (Ask::Explain, Answer::Explain(Ok(all))) = (&step.ask, &step.answer) else {
            return Ok(());
        };
        let line = Line::of(ledger, step.at);
        let told: BTreeMap<TaskId, &Explanation> =
            all.iter().map(|told| (told.task, told)).collect();
        line.waiting.iter().try_for_each(|(id, task)| {
            let Some(told) = told.get(id) else {
                return Err(format!(
                    "{} waits, and nothing explains it",
                    name::task(*id)
                ));
            };
            line.explained(*id, task, told)
        })
    }
}

/// All that waits at an instant, with what closes it.
struct Line<'a> {
    ledger: &'a Ledger,
    at: Timestamp,
    usage: Usage,
    waiting: Vec<(TaskId, &'a Task)>,
}

impl<'a> Line<'a> {
    fn of(ledger: &'a Ledger, at: Timestamp) -> Self {
        let waits = |task: &Task| task.waits() && !task.is_overdue(at);
        let waiting = ledger.tasks.iter().filter(|(_, task)| waits(task));
        Self {
            waiting: waiting.map(|(id, task)| (*id, task)).collect(),
            usage: ledger.usage(),
            ledger,
            at,
        }
    }

    fn explained(&self, id: TaskId, task: &Task, told: &Explanation) -> Verdict {
        let must_be = task.state(self.at);
        demand(Some(told.state) == must_be, || {
            let (task, is) = (name::task(id), told.state);
            format!("{task} is explained as {is}, and is {must_be:?}")
        })?;
        let must = self.ledger.closings(&self.usage, task, self.at);
        let is: BTreeSet<Reason> = told.reasons.iter().filter_map(closing).collect();
        demand(is == must, || {
            let (task, is, must) = (name::task(id), self.say(&is), self.say(&must));
            format!("{task} is explained by [{is}], and is closed by [{must}]")
        })?;
        match told.position {
            None => demand(told.state != State::Pending && !must.is_empty(), || {
                format!("{} waits without a reason or a place", name::task(id))
            }),
            Some(position) => self.placed(id, task, &must, &position),
        }
    }

    fn placed(
        &self,
        id: TaskId,
        task: &Task,
        closed: &BTreeSet<Reason>,
        position: &Position,
    ) -> Verdict {
        if position.turns || !position.exact {
            return Ok(());
        }
        let before = self.waiting.iter().filter(|(_, other)| {
            other.new.queue == task.new.queue
                && other.is_due(self.at)
                && self.ledger.key(other) < self.ledger.key(task)
                && (is_same_lane(task, other) || self.is_open_beside(other, task, closed))
        });
        let (is, must) = (position.ahead, before.count() as u64);
        demand(is == must, || {
            format!(
                "{} is told to be behind {is}, and is behind {must}",
                name::task(id)
            )
        })
    }

    /// Nothing closes it but what closes a task of the same queue, too.
    fn is_open_beside(&self, other: &Task, task: &Task, closed: &BTreeSet<Reason>) -> bool {
        let bar = |reason: &Reason| match reason {
            Reason::TenantPaused { tenant } => Some(("tenant", tenant.clone())),
            Reason::LimitFull { limit, .. } | Reason::RateSpent { limit, .. } => {
                Some(("limit", limit.clone()))
            }
            _ => None,
        };
        let bars: BTreeSet<_> = closed.iter().filter_map(bar).collect();
        let others = self.ledger.closings(&self.usage, other, self.at);
        let of_kind =
            |reason: &Reason| matches!(reason, Reason::KindPaused { .. } | Reason::NoWorker { .. });
        let is_served = other.new.kind == task.new.kind || !others.iter().any(of_kind);
        is_served && others.iter().filter_map(bar).all(|bar| bars.contains(&bar))
    }

    fn say(&self, reasons: &BTreeSet<Reason>) -> String {
        let each = reasons
            .iter()
            .map(|reason| reason.sentence(self.at).to_string());
        each.collect::<Vec<_>>().join(", ")
    }
}

/// A reason that closes, without what the ledger does not know.
fn closing(reason: &Reason) -> Option<Reason> {
    Some(match reason {
        Reason::NoWorker { queue, kind, .. } => Reason::NoWorker {
            queue: queue.clone(),
            kind: kind.clone(),
            misses: Vec::new(),
        },
        reason if reason.is_closing() => reason.clone(),
        _ => return None,
    })
}

/// Two tasks of a queue may start under exactly the same conditions.
fn is_same_lane(task: &Task, other: &Task) -> bool {
    let terms = |new: &NewTask| {
        let limits: BTreeSet<_> = new.limits.iter().cloned().collect();
        (new.kind.clone(), new.tenant.clone(), limits)
    };
    terms(&task.new) == terms(&other.new) && (task.lost > 0) == (other.lost > 0)
}
