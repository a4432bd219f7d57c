//! Purges of queues, kinds and tenants: what has ended is removed, if that is asked for; then what waits is
//! called off.

use duly_api::{BulkDone, Problem, Purge};
use duly_core::State;

use crate::port::{Change, Filter, ListCursor, Subject};
use crate::refusal::Refusal;
use crate::sweep::{self, Sweep};
use crate::{App, query};

/// What the cursor of a purge that still removes what has ended begins with.
const FINISHED: &str = "finished.";

/// Where a purge goes on.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// Among the tasks that have ended.
    Finished(Option<ListCursor>),
    /// Among those that wait.
    Waiting(Option<ListCursor>),
}

/// Where this one does.
pub(super) fn place(asked: &Purge) -> Result<Place, Refusal> {
    let Some(text) = asked.cursor.as_deref() else {
        return Ok(if asked.finished {
            Place::Finished(None)
        } else {
            Place::Waiting(None)
        });
    };
    match text.strip_prefix(FINISHED) {
        Some(rest) if asked.finished => sweep::cursor(Some(rest)).map(Place::Finished),
        Some(_) => {
            let expected = "the same request as before, with `finished` set to true";
            let detail = format!("cursor is {text:?}: expected {expected}");
            Err(Problem::invalid("cursor", expected, detail).into())
        }
        None => sweep::cursor(Some(text)).map(Place::Waiting),
    }
}

/// Does as much as a request has time for. Who asks again with `next` comes to the end.
pub(super) async fn run(
    app: &App,
    subject: &Subject,
    place: Place,
    dry_run: bool,
) -> Result<BulkDone, Refusal> {
    let (states, change, after): (fn(State) -> bool, _, _) = match place {
        Place::Finished(after) => (State::is_final, Change::Discard, after),
        Place::Waiting(after) => (waits, Change::Cancel, after),
    };
    let states = State::ALL.into_iter().filter(|state| states(*state));
    let sweep = Sweep {
        filter: Filter {
            states: states.collect(),
            ..subject.tasks()
        },
        change,
        after,
        dry_run,
    };
    let mut done = sweep.run(app).await?;
    if let Place::Finished(_) = place {
        // Behind what has ended comes what waits, from the newest: no task has the greatest sequence.
        done.next = Some(match done.next {
            Some(next) => format!("{FINISHED}{next}"),
            None => query::cursor_text(ListCursor::after(i64::MAX)),
        });
    }
    Ok(done)
}

fn waits(state: State) -> bool {
    !state.is_final() && !state.is_leased()
}
