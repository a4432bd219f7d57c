//! Progress as lines: what failed, and groups that are over.

use duly_run::{Board, Change, Notice, Standing, Track};

use super::summary::{first_line, tasks};
use crate::output;

/// Says of each group once that it is over.
pub(super) struct Lines {
    over: Vec<bool>,
}

impl Lines {
    pub(super) fn new(board: &Board) -> Self {
        Self {
            over: board.groups().iter().map(Standing::is_over).collect(),
        }
    }

    pub(super) fn tell(&mut self, board: &Board, notice: Notice<'_>) {
        if let Some(line) = line(board, notice) {
            output::note(&line);
        }
        if let Notice::Task { task, .. } = notice {
            let group = &board.groups()[task.group];
            let was_over = std::mem::replace(&mut self.over[task.group], group.is_over());
            if group.is_over() && !was_over {
                output::note(&ended(group));
            }
        }
    }
}

/// What is worth a line of its own.
pub(super) fn line(board: &Board, notice: Notice<'_>) -> Option<String> {
    match notice {
        Notice::Task {
            task,
            change: Change::Retrying,
            ..
        } => Some(format!("retrying: {}{}", board.name(task), why(task))),
        Notice::Task {
            task,
            change: Change::Ended,
            ..
        } if task.is_failure() => {
            let state = super::outcome::ended(task.state);
            Some(format!("{state}: {}{}", board.name(task), why(task)))
        }
        Notice::Task { task, change, .. } => {
            let what = match change {
                Change::LateToStart => "has not begun",
                Change::LateToFinish => "has not ended",
                _ => return None,
            };
            Some(format!("late: {} {what}", board.name(task)))
        }
        Notice::Paused => Some("the queue is paused: nothing begins until it is resumed".into()),
        Notice::Waiting { reason, at } => Some(format!("waiting: {}", reason.sentence(at))),
        Notice::CalledOff => Some("a task failed: the rest is called off".into()),
    }
}

fn why(task: &Track) -> String {
    let error = task.error.as_deref();
    error.map_or_else(String::new, |error| format!(": {}", first_line(error)))
}

fn ended(group: &Standing) -> String {
    let mut parts = vec![format!("{} of {} done", group.done, tasks(group.total))];
    for (number, what) in [
        (group.failed, "failed"),
        (group.cancelled, "called off"),
        (group.retried, "retried"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    format!("{}: {}", group.name, parts.join(", "))
}
