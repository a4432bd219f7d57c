//! How a run ended: what failed, what to type next, and the exit code.

use duly::{Name, State};
use duly_run::bounds::FAILURES_SHOWN_MAX;
use duly_run::{Failure as Failed, GroupSummary, Outcome, Summary, TaskFile};

use super::summary::{short, tasks};
use super::{Arguments, json, summary};
use crate::failure::Failure;
use crate::output;

/// What there is to say of a file without tasks.
pub(super) const NOTHING: &str = "nothing to run: no glob finds a file";

/// The commands that go on from here.
pub(super) struct Again {
    /// The same run.
    run: String,
    /// The store, as the other commands take it.
    store: String,
    /// The queue of the run.
    queue: String,
    /// Nothing of it is left afterwards.
    forgets: bool,
}

impl Again {
    pub(super) fn new(asked: &Arguments, file: &TaskFile, own: Option<&str>, url: &str) -> Self {
        let mut run = format!("duly run {}", quoted(&file.path().display().to_string()));
        for group in &asked.only {
            run = format!("{run} --only {}", quoted(group));
        }
        if let Some(store) = own {
            run = format!("{run} --store {}", quoted(store));
        }
        Self {
            run,
            store: quoted(url),
            queue: String::new(),
            forgets: url == "memory:",
        }
    }

    /// With the queue of the run.
    pub(super) fn in_queue(self, queue: &Name) -> Self {
        let queue = quoted(queue.as_str());
        Self { queue, ..self }
    }
}

/// Prints the end of a run.
pub(super) fn report(
    summary: Summary,
    name: &str,
    again: &Again,
    quiet: bool,
    as_json: bool,
) -> Result<(), Failure> {
    if as_json {
        json::summary(name, &summary);
    } else {
        let failures = failures(&summary, again);
        let is_empty = summary.groups.iter().all(|group| group.total == 0);
        let parts = match quiet {
            true => vec![failures],
            false if is_empty && summary.left_out > 0 => {
                vec![format!("nothing to run: {}", left_out(summary.left_out))]
            }
            false if is_empty => vec![NOTHING.to_owned()],
            false => vec![
                failures,
                summary::text(&summary, output::width()),
                end(&summary, again),
            ],
        };
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            output::print(&parts.join("\n\n"))?;
        }
    }
    match summary.outcome {
        Outcome::Done => Ok(()),
        Outcome::Failed => Err(Failure::Told),
        Outcome::Interrupted => Err(Failure::Interrupted),
    }
}

/// What there is to say of tasks that were not taken.
pub(super) fn left_out(some: usize) -> String {
    format!("{} left out, whose unique keys others hold", tasks(some))
}

fn failures(summary: &Summary, again: &Again) -> String {
    let shown = summary.failures.iter().take(FAILURES_SHOWN_MAX);
    let mut parts: Vec<_> = shown.map(|failed| failure(failed, again)).collect();
    let more = summary.failures.len().saturating_sub(FAILURES_SHOWN_MAX);
    if more > 0 {
        let all = format!(
            "duly failed list --queue {} --store {}",
            again.queue, again.store
        );
        parts.push(match again.forgets {
            true => format!("… and {more} more"),
            false => format!("… and {more} more: {all}"),
        });
    }
    parts.join("\n")
}

fn failure(failed: &Failed, again: &Again) -> String {
    let attempts = match failed.attempts {
        0 | 1 => String::new(),
        attempts => format!(", after {attempts} attempts"),
    };
    let mut text = format!(
        "{}: {}{attempts}",
        ended(failed.state),
        output::printable(&failed.name)
    );
    for line in failed.error.as_deref().unwrap_or_default().lines() {
        text = format!("{text}\n  {}", output::printable(line));
    }
    if !again.forgets {
        text = format!(
            "{text}\n  whole: duly show {} --store {}",
            failed.task, again.store
        );
    }
    text
}

fn end(summary: &Summary, again: &Again) -> String {
    let sum = |of: fn(&GroupSummary) -> usize| summary.groups.iter().map(of).sum::<usize>();
    let (total, wall) = (sum(|group| group.total), short(summary.wall));
    let all = tasks(total);
    let (said, next) = match summary.outcome {
        Outcome::Done if summary.over_before > 0 => {
            let now = total.saturating_sub(summary.over_before);
            return format!("done: {all}, {now} of them now, in {wall}");
        }
        Outcome::Done => return format!("done: {all} in {wall}"),
        Outcome::Failed => {
            let failed = sum(|group| group.failed);
            let called_off = match sum(|group| group.cancelled) {
                0 => String::new(),
                cancelled => format!(", {cancelled} called off"),
            };
            let said = format!("failed: {failed} of {all}{called_off}, in {wall}");
            (
                said,
                format!("to run these again: {} --retry-failed", again.run),
            )
        }
        Outcome::Interrupted => {
            let left = sum(|group| group.left);
            let said = format!("interrupted: {left} of {all} left, after {wall}");
            (said, format!("to go on: {}", again.run))
        }
    };
    match again.forgets {
        true => said,
        false => format!("{said}\n{next}"),
    }
}

/// How a task ended, in words.
pub(super) fn ended(state: State) -> String {
    state.name().replace('_', " ")
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./,:=+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(quoted("a/b-1.yaml"), "a/b-1.yaml");
        assert_eq!(quoted("my file.yaml"), "'my file.yaml'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
