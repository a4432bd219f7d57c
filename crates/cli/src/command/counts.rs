//! Queues with their tasks by state, as a table.

use std::collections::BTreeMap;

use duly_api::Queue;
use duly_core::State;

use crate::output::{self, Table};

/// What is counted together, and the head of its column.
const COLUMNS: [(&str, &[State]); 6] = [
    ("PENDING", &[State::Pending]),
    ("RUNNING", &[State::Running, State::Assigned]),
    ("SCHEDULED", &[State::Scheduled]),
    ("RETRYING", &[State::Retrying]),
    ("COMPLETED", &[State::Completed]),
    ("FAILED", &[State::Failed, State::TimedOut]),
];

/// A row per queue.
pub(super) fn table(queues: &[Queue]) -> Table {
    let counted = COLUMNS.map(|(name, _)| name);
    let mut table = Table::new(&[&["QUEUE"], &counted[..], &["OTHER", "OLDEST", ""]].concat());
    for queue in queues {
        let note = super::subject::state(queue);
        table.row(row(&queue.name, &queue.tasks, oldest(queue), note));
    }
    table
}

/// How long the oldest pending task has been due.
fn oldest(queue: &Queue) -> String {
    match (queue.oldest_due_at, queue.oldest_due_age_ms) {
        (Some(_), Some(age)) if output::is_terminal() => {
            output::span(std::time::Duration::from_millis(age))
        }
        (Some(at), _) => duly_api::time::format(at),
        _ => String::new(),
    }
}

/// A row of counts.
pub(super) fn row(
    name: &str,
    tasks: &BTreeMap<String, u64>,
    oldest: String,
    note: &str,
) -> Vec<String> {
    let of = |states: &[State]| -> u64 {
        let counts = states.iter().map(|state| tasks.get(state.name()));
        counts.map(|count| count.copied().unwrap_or(0)).sum()
    };
    let counts = COLUMNS.map(|(_, states)| of(states));
    let all: u64 = tasks.values().sum();
    let other = all.saturating_sub(counts.iter().sum());
    let mut row = vec![output::printable(name).into_owned()];
    row.extend(counts.into_iter().chain([other]).map(figure));
    row.extend([oldest, note.to_owned()]);
    row
}

/// A number: commas are for people.
pub(super) fn figure(number: u64) -> String {
    if output::is_terminal() {
        output::count(number)
    } else {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_counted_once() {
        let all: BTreeMap<_, _> = State::ALL
            .into_iter()
            .map(|state| (state.name().to_owned(), 1))
            .collect();
        let row = row("q\x1b", &all, String::new(), "");
        assert_eq!(
            row,
            ["q ", "1", "2", "1", "1", "1", "2", "3", "", ""],
            "blocked, cancelled and expired are the others"
        );
    }
}
