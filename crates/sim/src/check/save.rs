//! **Saving and restoring.** Everything that is taken out of the store and put into an empty one is there as it
//! was, in the same order, with its history; but what was leased waits again, refunded, as if its worker had
//! handed it back (or has ended, if that was asked for), and what is not due by the clock is not in line.

use duly_core::{EventKind, State, Timestamp};
use duly_store::{Event, SavedTask, TaskRecord};

use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;

#[derive(Debug)]
struct Save;

pub(super) const fn new() -> impl Check {
    Save
}

impl Check for Save {
    fn see(&mut self, seen: &Seen<'_>, _: &Ledger) -> Verdict {
        let Seen::Restored { before, after, at } = *seen else {
            return Ok(());
        };
        demand(before.len() == after.len(), || {
            let (saved, restored) = (before.len(), after.len());
            format!("{saved} tasks are saved, and {restored} are restored")
        })?;
        let mut pairs = before.iter().zip(after);
        pairs.try_for_each(|(before, after)| same(before, after, at))
    }
}

fn same(before: &SavedTask, after: &SavedTask, at: Timestamp) -> Verdict {
    let must = restored(&before.task, after, at);
    demand(after.task == must, || {
        let (task, is) = (name::task(before.task.id), &after.task);
        format!("{task} is restored as {is:?}, and must be {must:?}")
    })?;
    let (old, new) = after
        .events
        .split_at(before.events.len().min(after.events.len()));
    let kept = old.len() == before.events.len() && old.iter().zip(&before.events).all(is_same);
    let returned = match before.task.state.is_leased() {
        true => matches!(
            new,
            [Event {
                kind: EventKind::HandedBack | EventKind::Cancelled,
                ..
            }]
        ),
        false => new.is_empty(),
    };
    demand(kept && returned, || {
        let kinds = |events: &[Event]| {
            let names = events.iter().map(|event| event.kind.name());
            names.collect::<Vec<_>>().join(", ")
        };
        let (task, before, after) = (
            name::task(before.task.id),
            kinds(&before.events),
            kinds(&after.events),
        );
        format!("{task} had the events [{before}], and has [{after}] when it is restored")
    })
}

/// What a task must be when it is restored; its place, and what is gone with its lease, is as it is there.
fn restored(before: &TaskRecord, after: &SavedTask, at: Timestamp) -> TaskRecord {
    let mut must = TaskRecord {
        sequence: after.task.sequence,
        ..before.clone()
    };
    if before.state.is_leased() {
        must.incarnation = None;
        must.worker.clone_from(&after.task.worker);
        if before.cancel_requested {
            must.state = State::Cancelled;
            must.finished_at = Some(at);
        } else {
            must.state = State::Pending;
            must.spent -= 1;
        }
    }
    if must.state == State::Pending && must.due_at > at {
        must.state = State::Scheduled;
    }
    must
}

fn is_same((one, other): (&Event, &Event)) -> bool {
    let parts = |event: &Event| {
        (
            event.kind,
            event.at,
            event.attempt,
            event.worker.clone(),
            event.due_at,
            event.priority,
            event.error.clone(),
        )
    };
    parts(one) == parts(other)
}
