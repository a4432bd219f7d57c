//! What `duly run --json` prints: a value per line, told apart by `event`; the summary is the last.

use duly_core::{Priority, State, TaskId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{text, time};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunLine {
    /// A task as it would run (`--dry-run`).
    Planned(RunPlanned),
    /// A round is ready to be worked on.
    Opened(RunOpened),
    /// An attempt of a task began.
    Started(RunTask),
    /// An attempt failed, or its worker vanished, and another follows.
    Retrying(RunTask),
    /// An attempt was handed back, and goes on another time.
    Returned(RunTask),
    /// A task was put back in line.
    Revived(RunTask),
    /// A task ended.
    Ended(RunTask),
    /// A task has not begun by when that was to be told.
    LateToStart(RunTask),
    /// A task has not ended by when that was to be told.
    LateToFinish(RunTask),
    /// The queue is paused: nothing begins until somebody resumes it.
    Paused,
    /// Nothing of it runs, and this keeps tasks from starting, for a while at least; said once.
    Waiting(RunWaiting),
    /// A task failed, and the rest is called off.
    CalledOff,
    /// The run was told to stop; what runs has this long.
    Stopping {
        /// The grace.
        grace_ms: u64,
    },
    /// What the run did.
    Summary(RunSummary),
}

/// A task as it would run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPlanned {
    /// The name of its group.
    pub group: String,
    /// What it is there for, if its group has `each:`.
    pub item: Option<String>,
    /// How urgent it is.
    #[serde(with = "text")]
    pub priority: Priority,
    /// How long after the start it becomes due.
    pub after_ms: u64,
    /// The command as it could be typed, or the request without what may be secret in it.
    pub action: String,
}

/// A round that is ready to be worked on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOpened {
    /// The name of the run.
    pub run: String,
    /// The number of the round.
    pub round: u32,
    /// The queue that its tasks wait in.
    pub queue: String,
    /// How it came to be: `begun`, `resumed` or `retried`.
    pub opening: String,
    /// How many tasks it has.
    pub tasks: u64,
    /// How many of them are over.
    pub over: u64,
    /// How many tasks of the file it has not, because others hold their unique keys.
    #[serde(default)]
    pub left_out: u64,
}

/// Something that happened to a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTask {
    /// The task.
    #[serde(with = "text")]
    pub task: TaskId,
    /// The name of its group.
    pub group: String,
    /// What it is there for, if its group has `each:`.
    pub item: Option<String>,
    /// When it happened.
    #[serde(with = "time")]
    pub at: Timestamp,
    /// The newest attempt then.
    pub attempt: u32,
    /// Where the task stands.
    #[serde(with = "text")]
    pub state: State,
    /// When it is tried again.
    #[serde(with = "time::option")]
    pub due_at: Option<Timestamp>,
    /// What went wrong.
    pub error: Option<String>,
}

/// What keeps tasks from starting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunWaiting {
    /// Which reason, for machines, as those of [`Reason`](crate::Reason).
    pub code: String,
    /// It as a sentence.
    pub text: String,
    /// When it ends, if that is known.
    #[serde(with = "time::option")]
    pub until: Option<Timestamp>,
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The name of the run.
    pub run: String,
    /// The number of the round.
    pub round: u32,
    /// How it ended: `done`, `failed` or `interrupted`.
    pub outcome: String,
    /// How many tasks were over when this process took the round up.
    pub over_before: u64,
    /// How long this process worked on it.
    pub wall_ms: u64,
    /// The groups, in the order of the file.
    pub groups: Vec<RunGroup>,
    /// Tasks that came later than others and began before them; the first few.
    pub overtakes: Vec<RunOvertake>,
    /// Tasks that failed for good.
    pub failures: Vec<RunFailure>,
}

/// What became of a group's tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunGroup {
    /// Its name.
    pub name: String,
    /// How many tasks it has.
    pub total: u64,
    /// How many are done.
    pub done: u64,
    /// How many failed for good.
    pub failed: u64,
    /// How many were called off.
    pub cancelled: u64,
    /// How many are left.
    pub left: u64,
    /// How many attempts were followed by another.
    pub retried: u64,
    /// How long tasks stood in line, from when they could have begun: the one in the middle.
    pub waited_median_ms: u64,
    /// The longest of these.
    pub waited_longest_ms: u64,
    /// How long attempts ran: the one in the middle.
    pub ran_median_ms: u64,
    /// The longest of these.
    pub ran_longest_ms: u64,
    /// All of these together.
    pub ran_total_ms: u64,
}

/// A task that came when others stood in line already, and began before them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOvertake {
    /// The task.
    #[serde(with = "text")]
    pub task: TaskId,
    /// As people name it: its group, and what it is there for.
    pub name: String,
    /// How urgent it is.
    #[serde(with = "text")]
    pub priority: Priority,
    /// How many less urgent tasks stood in line when it came.
    pub in_line: u64,
    /// How many tasks began between its coming and its own beginning: 0 is "next".
    pub before_it: u64,
    /// How long it waited.
    pub waited_ms: u64,
}

/// A task that failed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFailure {
    /// The task.
    #[serde(with = "text")]
    pub task: TaskId,
    /// As people name it.
    pub name: String,
    /// How it ended.
    #[serde(with = "text")]
    pub state: State,
    /// How many attempts it had.
    pub attempts: u64,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_flat_and_told_apart_by_their_event() {
        let text = r#"{"event":"ended","task":"01932f5e-7c1a-7b3e-9d55-0242ac120002","group":"hash","item":"a.jpg","at":"2026-01-01T00:00:00.000000Z","attempt":1,"state":"completed","due_at":null,"error":null}"#;
        let line: RunLine = serde_json::from_str(text).unwrap();
        assert!(matches!(&line, RunLine::Ended(task) if task.group == "hash"));
        assert_eq!(serde_json::to_string(&line).unwrap(), text);
        let paused = serde_json::to_string(&RunLine::Paused).unwrap();
        assert_eq!(paused, r#"{"event":"paused"}"#);
    }
}
