//! **Unique keys.** No two unfinished tasks of one kind share a key. And a submit is refused for a key only
//! while an unfinished task of the kind, the one that the refusal names, has it.

use duly_core::TaskId;
use duly_store::{Name, SubmitError};

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug)]
struct Unique;

pub(super) const fn new() -> impl Check {
    Unique
}

impl Check for Unique {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        match seen {
            Seen::Step(step) => match (&step.ask, &step.answer) {
                (Ask::Submit(request), Answer::Submit(Err(error))) => {
                    let SubmitError::TaskExists {
                        index, existing, ..
                    } = error
                    else {
                        return Ok(());
                    };
                    let refused = request.tasks.get(*index);
                    let earlier = request.tasks.iter().take(*index);
                    let same = |id: TaskId| {
                        let in_batch = earlier.clone().find(|task| task.id == id).cloned();
                        in_batch.or_else(|| ledger.task(id).map(|task| task.new.clone()))
                    };
                    let holder = same(*existing);
                    let shares = refused.zip(holder).is_some_and(|(new, holder)| {
                        new.kind == holder.kind && new.unique == holder.unique
                    });
                    let is_new = earlier.clone().any(|task| task.id == *existing);
                    let open = ledger
                        .task(*existing)
                        .is_some_and(crate::ledger::Task::is_unfinished);
                    demand(shares && (open || is_new), || {
                        let existing = name::task(*existing);
                        format!("a submit is refused for {existing}, which does not have the key")
                    })
                }
                _ => Ok(()),
            },
            Seen::Written { told, .. } if !told.is_empty() => no_two(ledger),
            _ => Ok(()),
        }
    }
}

fn no_two(ledger: &Ledger) -> Verdict {
    let mut keys: Vec<(&Name, &Name, TaskId)> = Vec::new();
    for (id, task) in ledger.unfinished() {
        if let Some(unique) = &task.new.unique {
            keys.push((&task.new.kind, &unique.key, *id));
        }
    }
    keys.sort_unstable();
    keys.windows(2).try_for_each(|pair| {
        let ((kind, key, one), (other_kind, other_key, other)) = (pair[0], pair[1]);
        demand((kind, key) != (other_kind, other_key), || {
            let (one, other) = (name::task(one), name::task(other));
            format!("{one} and {other} are unfinished, and share the key {key} of kind {kind}")
        })
    })
}
