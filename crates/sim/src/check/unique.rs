//! **Unique keys.** No two tasks of one kind hold a key at the same time: one that holds it until it ends, one
//! until it is first claimed, one for a period since its submission, whatever becomes of it. A submission is
//! refused for a key, dropped for it, or put in the holder's place only if the task that the answer names
//! holds it then; and is refused or put in place, as it has asked for. (Who held a key for a period is not
//! compared with others once a clock was set: that of the store may have been.)

use duly_core::{TaskId, Timestamp};
use duly_store::{Admission, Name, NewTask, OnConflict, SubmitError, UniqueScope};

use super::{Check, Seen, Verdict, demand};
use crate::ledger::{Ledger, Step, Task};
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug, Default)]
struct Unique {
    jumped: bool,
}

pub(super) fn new() -> impl Check {
    Unique::default()
}

impl Check for Unique {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match seen {
            Seen::Step(step) => submitted(step, ledger),
            Seen::Jumped { .. } => {
                self.jumped = true;
                Ok(())
            }
            Seen::Written { step, told, .. } if !told.is_empty() => self.no_two(ledger, step.at),
            _ => Ok(()),
        }
    }
}

fn submitted(step: &Step, ledger: &Ledger) -> Verdict {
    let (Ask::Submit(request), Answer::Submit(answer)) = (&step.ask, &step.answer) else {
        return Ok(());
    };
    let reply = match answer {
        Ok(reply) => reply,
        Err(SubmitError::TaskExists {
            index, existing, ..
        }) => {
            let Some(new) = request.tasks.get(*index) else {
                return Err(format!(
                    "a submit is refused for its task {index}, which it has not"
                ));
            };
            let wants = new.unique.as_ref().map(|unique| unique.on_conflict);
            demand(wants != Some(OnConflict::Keep), || {
                format!("{} is refused, and was to be dropped", name::task(new.id))
            })?;
            return held(new, *existing, &request.tasks[..*index], ledger, step.at);
        }
        Err(_) => return Ok(()),
    };
    for (index, (new, answer)) in request.tasks.iter().zip(&reply.tasks).enumerate() {
        let wants = new.unique.as_ref().map(|unique| unique.on_conflict);
        let is_as_asked = match answer.admission {
            Admission::Kept => wants == Some(OnConflict::Keep),
            Admission::Replaced => matches!(wants, Some(OnConflict::Replace(_))),
            Admission::New | Admission::Existed => continue,
        };
        demand(is_as_asked, || {
            let (task, admission) = (name::task(new.id), answer.admission);
            format!("{task} is taken as {admission:?}, which it has not asked for")
        })?;
        held(new, answer.id, &request.tasks[..index], ledger, reply.at)?;
    }
    Ok(())
}

/// The task that an answer names holds the key, or was just submitted with it.
fn held(
    new: &NewTask,
    holder: TaskId,
    earlier: &[NewTask],
    ledger: &Ledger,
    at: Timestamp,
) -> Verdict {
    let key = |task: &NewTask| Some((task.kind.clone(), task.unique.as_ref()?.key.clone()));
    let known = ledger.task(holder).filter(|task| task.holds_key(at));
    let known = known.map(|task| &task.new);
    let known = known.or_else(|| earlier.iter().find(|task| task.id == holder));
    let shares = known.is_some_and(|task| key(task).is_some() && key(task) == key(new));
    demand(shares, || {
        let (new, holder) = (name::task(new.id), name::task(holder));
        format!("{new} gives way to {holder}, which does not hold the key")
    })
}

impl Unique {
    fn no_two(&self, ledger: &Ledger, at: Timestamp) -> Verdict {
        let counts = |task: &Task| {
            let scope = task.new.unique.as_ref().map(|unique| unique.scope);
            task.holds_key(at) && !(self.jumped && matches!(scope, Some(UniqueScope::Period(_))))
        };
        let mut keys: Vec<(&Name, &Name, TaskId)> = Vec::new();
        for (id, task) in ledger.tasks.iter().filter(|(_, task)| counts(task)) {
            if let Some(unique) = &task.new.unique {
                keys.push((&task.new.kind, &unique.key, *id));
            }
        }
        keys.sort_unstable();
        keys.windows(2).try_for_each(|pair| {
            let ((kind, key, one), (other_kind, other_key, other)) = (pair[0], pair[1]);
            demand((kind, key) != (other_kind, other_key), || {
                let (one, other) = (name::task(one), name::task(other));
                format!("{one} and {other} both hold the key {key} of kind {kind}")
            })
        })
    }
}
