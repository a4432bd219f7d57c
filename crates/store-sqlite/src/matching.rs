//! Changes to all tasks that a filter means, in steps. A reader looks for them, so that nobody waits for
//! the search; the writer then changes those that still match, all in one transaction.

use std::collections::HashSet;

use duly_core::{Timestamp, Vitals};
use duly_store::{
    Change, ChangeMatching, ChangedMatching, ListCursor, Name, RequestError, TaskRecord, validate,
};
use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::change::{self, Target};
use crate::error::Fault;
use crate::transaction::Transaction;
use crate::{list, record};

pub(crate) const KEY_IS_TAKEN: &str = "SELECT 1
    FROM duly_kind AS k CROSS JOIN duly_unique AS u ON u.kind = k.id
    WHERE k.name = ?1 AND u.key = ?2 AND u.task <> ?3 AND (u.until IS NULL OR u.until > ?4)";

/// What a reader found.
pub(crate) enum Search {
    /// That is the answer: nothing is to be changed.
    Answer(ChangedMatching),
    /// For the writer.
    Step(Step),
}

/// Tasks that are to be changed, if they still match.
pub(crate) struct Step {
    request: Box<ChangeMatching>,
    tasks: Vec<Target>,
    next: Option<ListCursor>,
}

impl Step {
    /// What it writes of payloads.
    pub(crate) fn bytes(&self) -> usize {
        self.request.change.payload_bytes() * self.tasks.len()
    }
}

/// Looks for the tasks of a step.
pub(crate) fn search(
    connection: &Connection,
    request: ChangeMatching,
    now: Timestamp,
) -> std::result::Result<Search, Fault<RequestError>> {
    validate::page(request.limit).map_err(|refused| Fault::Refused(refused.into()))?;
    validate::change(&request.change, now).map_err(|refused| Fault::Refused(refused.into()))?;
    let limit = request.most();
    let (tasks, next) = list::find(
        connection,
        &request.filter,
        request.after,
        limit,
        (now, true),
    )?;
    if !request.dry_run && !tasks.is_empty() {
        let target = |task: &TaskRecord| Target {
            sequence: task.sequence,
            id: task.id,
        };
        let tasks = tasks.iter().map(target).collect();
        return Ok(Search::Step(Step {
            request: Box::new(request),
            tasks,
            next,
        }));
    }
    let mut keys = HashSet::new();
    let mut changed = 0;
    for task in &tasks {
        changed += u32::from(would(connection, task, &request.change, now, &mut keys)?);
    }
    Ok(Search::Answer(ChangedMatching {
        matched: u32::try_from(tasks.len()).unwrap_or(limit),
        changed,
        next,
        at: now,
    }))
}

/// Whether a change would be made. `keys` are the unique keys that earlier ones would have taken.
fn would(
    connection: &Connection,
    task: &TaskRecord,
    change: &Change,
    now: Timestamp,
    keys: &mut HashSet<(Name, Name)>,
) -> Result<bool> {
    let mut vitals = task.vitals();
    Ok(match change {
        Change::Cancel => vitals.cancel().is_ok(),
        Change::Retry { .. } => {
            vitals.retry(now).is_ok()
                && match &task.unique_key {
                    Some(key) if holds(task, &vitals, now) => {
                        !is_taken(connection, task, key, now)?
                            && keys.insert((task.kind.clone(), key.clone()))
                    }
                    _ => true,
                }
        }
        Change::Reprioritise(priority) => vitals.reprioritise(*priority).is_ok(),
        Change::Reschedule(due) => vitals.reschedule(due.resolve(now), now).is_ok(),
        Change::Discard => vitals.discard().is_ok(),
    })
}

/// Whether a task would hold its unique key, were it as `vitals` says.
fn holds(task: &TaskRecord, vitals: &Vitals, now: Timestamp) -> bool {
    task.unique_scope.hold(task.submitted_at).holds(vitals, now)
}

/// Whether another task holds a key.
fn is_taken(
    connection: &Connection,
    task: &TaskRecord,
    key: &Name,
    now: Timestamp,
) -> Result<bool> {
    let found = connection
        .prepare_cached(KEY_IS_TAKEN)?
        .query_row(
            params![&*task.kind, &**key, task.sequence, now.as_micros()],
            |_| Ok(()),
        )
        .optional()?;
    Ok(found.is_some())
}

/// Changes the tasks of a step that still match.
pub(crate) fn change(
    tx: &mut Transaction<'_, '_>,
    step: &Step,
) -> std::result::Result<ChangedMatching, Fault<RequestError>> {
    let mut done = ChangedMatching {
        matched: 0,
        changed: 0,
        next: step.next,
        at: tx.now,
    };
    for task in &step.tasks {
        let record = record::by_sequence(tx.connection, task.sequence, tx.now, true)?;
        if record.is_none_or(|record| !step.request.filter.matches(&record, tx.now)) {
            continue;
        }
        done.matched += 1;
        match change::apply(tx, *task, &step.request.change) {
            Ok(()) => done.changed += 1,
            Err(Fault::Refused(_)) => {}
            Err(Fault::Broken(error)) => return Err(error.into()),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use duly_core::State;
    use duly_store::Filter;

    use super::*;
    use crate::steps::{ME, World, schema};

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);

    fn request(change: Change) -> ChangeMatching {
        ChangeMatching {
            filter: Filter {
                states: vec![State::Pending],
                ..Filter::default()
            },
            change,
            after: None,
            limit: 1_000,
            dry_run: false,
        }
    }

    #[test]
    fn what_no_longer_matches_when_the_writer_comes_stays_as_it_is() {
        let connection = schema();
        let mut world = World::new(&connection);
        world.submit(3);
        let Ok(Search::Step(step)) = search(&connection, request(Change::Cancel), NOW) else {
            panic!("there is something to change");
        };
        assert_eq!(step.tasks.len(), 3);
        assert_eq!(world.claim(ME, 1, false), 1);
        let done = world.transact(|tx| change(tx, &step).unwrap());
        assert_eq!((done.matched, done.changed), (2, 2));
        let states = |state| {
            let filter = Filter {
                states: vec![state],
                ..Filter::default()
            };
            let found = list::find(&connection, &filter, None, 9, (NOW, true));
            found.unwrap().0.len()
        };
        assert_eq!((states(State::Running), states(State::Cancelled)), (1, 2));
        let again = search(&connection, request(Change::Cancel), NOW);
        assert!(
            matches!(
                again,
                Ok(Search::Answer(ChangedMatching { matched: 0, .. }))
            ),
            "the writer is not troubled with nothing"
        );
    }
}
