//! **What is shown is so.** At any instant the store shows of every task the state, attempt, charges, losses,
//! priority, due time and holder that follow from what was asked and answered, shows no task that nobody
//! submitted, and counts each queue's tasks as they are.

use duly_core::{State, TaskId, Timestamp};
use duly_store::{QueueRecord, TaskRecord};

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, Life, Task};
use crate::name;

#[derive(Debug)]
struct Record;

pub(super) const fn new() -> impl Check {
    Record
}

impl Check for Record {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Compared {
            tasks, queues, at, ..
        } = seen
        else {
            return Ok(());
        };
        for (id, shown) in *tasks {
            if let Some(task) = ledger.task(*id) {
                same(*id, task, shown.as_ref(), *at)?;
            }
        }
        queues
            .iter()
            .try_for_each(|queue| counts(queue, ledger, *at))
    }
}

fn same(id: TaskId, task: &Task, shown: Option<&TaskRecord>, at: Timestamp) -> Verdict {
    let must = task.state(at);
    let state = shown.map(|shown| shown.state);
    demand(state == must, || {
        format!("{} is shown as {state:?}, and is {must:?}", name::task(id))
    })?;
    let Some(shown) = shown else {
        return Ok(());
    };
    let is = (shown.attempt, shown.spent, shown.lost);
    let must = (task.attempt, task.spent, task.lost);
    demand(is == must, || {
        let task = name::task(id);
        format!("{task} is shown with (attempt, spent, lost) {is:?}, and has {must:?}")
    })?;
    let holder = match task.life {
        Life::Held { by, .. } => Some(by),
        _ => None,
    };
    let is = (shown.priority, shown.due_at, shown.incarnation);
    let must = (task.priority, task.due_at, holder);
    demand(is == must, || {
        let task = name::task(id);
        format!("{task} is shown with (priority, due, holder) {is:?}, and has {must:?}")
    })?;
    let is = (shown.deadline, shown.finish_by);
    let must = (task.deadline, task.finish_by);
    demand(is == must, || {
        let task = name::task(id);
        format!("{task} is shown with (deadline, finish_by) {is:?}, and has {must:?}")
    })?;
    demand(shown.cancel_requested == task.cancel_asked, || {
        let (task, asked) = (name::task(id), task.cancel_asked);
        format!(
            "{task} is shown with cancel_requested {}, and it is {asked}",
            !asked
        )
    })
}

fn counts(queue: &QueueRecord, ledger: &Ledger, at: Timestamp) -> Verdict {
    State::ALL.into_iter().try_for_each(|state| {
        let tasks = ledger.tasks.values();
        let here = tasks.filter(|task| task.new.queue == queue.name);
        let must = here.filter(|task| task.state(at) == Some(state)).count();
        let is = queue.counts.of(state);
        demand(is == must as u64, || {
            format!("queue {} counts {is} {state}, and has {must}", queue.name)
        })
    })
}
