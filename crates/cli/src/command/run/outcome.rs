//! How a run ended: what failed, what to type next, and the exit code.

use duly_run::{Failure as Failed, Outcome, Summary, TaskFile};

use super::summary::{count, short};
use super::{Arguments, json, summary};
use crate::failure::Failure;
use crate::output;

/// Failures that are shown whole.
const FAILURES_MAX: usize = 20;

/// The commands that go on from here.
pub(super) struct Again {
    /// The same run.
    run: String,
    /// The store, as the other commands take it.
    store: String,
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
            forgets: url == "memory:",
        }
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
        let parts = match quiet {
            true => vec![failures],
            false => vec![failures, summary::text(&summary), end(&summary, again)],
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

fn failures(summary: &Summary, again: &Again) -> String {
    let shown = summary.failures.iter().take(FAILURES_MAX);
    let mut parts: Vec<_> = shown.map(|failed| failure(failed, again)).collect();
    if let Some(more) = summary
        .failures
        .len()
        .checked_sub(FAILURES_MAX)
        .filter(|more| *more > 0)
    {
        parts.push(format!("… and {more} more"));
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
        failed.state,
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
    let sum =
        |of: fn(&duly_run::GroupSummary) -> usize| summary.groups.iter().map(of).sum::<usize>();
    let total = sum(|group| group.total);
    let wall = short(summary.wall);
    let tasks = count(total, "task");
    match summary.outcome {
        Outcome::Done => format!("done: {tasks} in {wall}"),
        Outcome::Failed => {
            let mut said = format!("failed: {} of {tasks}", sum(|group| group.failed));
            let cancelled = sum(|group| group.cancelled);
            if cancelled > 0 {
                said = format!("{said}, {cancelled} called off");
            }
            said = format!("{said}, in {wall}");
            if again.forgets {
                return said;
            }
            format!("{said}; to run these again: {} --retry-failed", again.run)
        }
        Outcome::Interrupted => {
            let said = format!(
                "interrupted: {} of {tasks} left, after {wall}",
                sum(|g| g.left)
            );
            if again.forgets {
                return said;
            }
            format!("{said}; to go on: {}", again.run)
        }
    }
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
