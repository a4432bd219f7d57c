//! What can be wrong with an archive, and with writing or reading one.

use super::bounds::QUOTE_BYTES_MAX;
use super::line::Counted;
use crate::{RequestError, ScheduleError, StoreError, SubmitError, validate};

/// What is wrong with the text of an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// A line is not what it should be.
    #[error("line {line}, column {column}{}: {problem}", of(.field))]
    Line {
        /// Which line, from 1.
        line: u64,
        /// Where in it, in bytes, from 1.
        column: usize,
        /// The field, such as `task.retry.backoff`; empty if it is the line as a whole.
        field: String,
        /// What was found, and what was expected.
        problem: String,
    },
    /// A line stands where it may not.
    #[error("line {line}: {problem}")]
    Order {
        /// Which line, from 1.
        line: u64,
        /// What stands there, and what was expected.
        problem: &'static str,
    },
    /// It ends before its last line.
    #[error(
        "the archive was cut off: it ends after line {line} ({} tasks), and its last line, which counts them, is not there. Take the whole archive",
        .counted.tasks
    )]
    Truncated {
        /// How many lines there are.
        line: u64,
        /// What they hold.
        counted: Counted,
    },
    /// Its last line counts otherwise than what stands before it.
    #[error(
        "line {line}: the archive says that it has {said:?}, and it has {found:?}: lines are missing or doubled"
    )]
    Counts {
        /// Which line, from 1.
        line: u64,
        /// What it says.
        said: Box<Counted>,
        /// What was found.
        found: Box<Counted>,
    },
}

fn of(field: &str) -> String {
    if field.is_empty() {
        String::new()
    } else {
        format!(", {field}")
    }
}

impl ArchiveError {
    pub(super) fn line(line: u64, column: usize, field: &str, problem: &str) -> Self {
        // A path that leads nowhere is ".", and the place is said already.
        let field = if field == "." { "" } else { field };
        let problem = problem
            .rsplit_once(" at line ")
            .map_or(problem, |(problem, _)| problem);
        Self::Line {
            line,
            column: column.max(1),
            field: quote(field),
            problem: quote(problem),
        }
    }
}

/// As much of a text as a message quotes.
pub(crate) fn quote(text: &str) -> String {
    validate::cut(text.to_owned(), QUOTE_BYTES_MAX)
}

/// Why an archive was not written to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the archive is written to does not take it.
    #[error("the archive cannot be written: {0}")]
    Write(#[source] std::io::Error),
}

/// Why an archive was not read to its end. What stands in earlier lines may be in the store; importing the
/// whole archive again, once what is wrong has been mended, leaves that as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The archive is not what it should be.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The store does not take a task.
    #[error("line {line}: {}", reason(.source))]
    Refused {
        /// The line of the task, from 1.
        line: u64,
        /// Why; its index counts within a batch of lines.
        source: SubmitError,
    },
    /// The store does not take a schedule.
    #[error("line {line}: the schedule's {source}")]
    Schedule {
        /// The line of the schedule, from 1.
        line: u64,
        /// Why.
        source: ScheduleError,
    },
    /// The store does not take the settings of a queue.
    #[error("the settings of queue \"{queue}\": {source}")]
    Settings {
        /// The queue.
        queue: crate::Name,
        /// Why.
        source: RequestError,
    },
    /// The store does not take the settings of a kind or a tenant, a limit, or what it is attached to.
    #[error("line {line}: {source}")]
    Setting {
        /// The line, from 1.
        line: u64,
        /// Why.
        source: RequestError,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the archive is read from fails.
    #[error("the archive cannot be read: {0}")]
    Read(#[source] std::io::Error),
}

/// Why a task was refused, without its place in a batch that nobody sees.
fn reason(error: &SubmitError) -> String {
    if let SubmitError::TaskExists { existing, key, .. } = error {
        return format!(
            "task {existing} already has the unique key \"{key}\": import again once it has given it up"
        );
    }
    let text = error.to_string();
    let start = error.index().map(|index| format!("task {index}: "));
    let rest = start.and_then(|start| text.strip_prefix(&start));
    rest.map(str::to_owned).unwrap_or(text)
}
