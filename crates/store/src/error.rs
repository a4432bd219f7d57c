//! What can go wrong at the store's door: an enum per operation, all sharing [`StoreError`].

use duly_core::{InvalidTransition, State, TaskId, Unfinished};

use crate::{Name, Subject};

/// The store itself failed; nothing is wrong with what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It does not answer now: busy beyond its patience, out of space, away, or closed.
    #[error("the store is unavailable: {reason}{}", if *.outcome_unknown { " (whether the operation took effect is not known)" } else { "" })]
    Unavailable {
        /// What it was.
        reason: String,
        /// It may have taken effect all the same; every operation may be repeated safely.
        outcome_unknown: bool,
    },
    /// What it holds is damaged, foreign, or of another version.
    #[error("the store cannot be read: {reason}")]
    Corrupt {
        /// What was found, and what the user can do.
        reason: String,
    },
}

impl StoreError {
    /// Asking again later may help.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// The operation may have taken effect all the same.
    #[must_use]
    pub const fn outcome_unknown(&self) -> bool {
        matches!(
            self,
            Self::Unavailable {
                outcome_unknown: true,
                ..
            }
        )
    }
}

/// A value that was refused, before anything was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value}: expected {expected}")]
pub struct InvalidInput {
    /// The field, as the Rust API names it.
    pub field: &'static str,
    /// What it was, or its size; never a payload.
    pub value: String,
    /// What it should have been.
    pub expected: String,
}

/// Why a batch of tasks was not submitted: none of it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The queue holds as many unfinished tasks as it may.
    #[error(
        "task {index}: queue \"{queue}\" is full ({bound} unfinished tasks): try again later, or raise its bound"
    )]
    QueueFull {
        /// The first task, by its place in the batch, for which there was no room.
        index: usize,
        /// The queue.
        queue: Name,
        /// How many unfinished tasks it may hold.
        bound: u64,
    },
    /// The queue, the kind or the tenant is being drained: what is there is worked off, and nothing new
    /// is taken in. Asking again does not help until somebody ends that.
    #[error(
        "task {index}: {subject} is draining and takes in no new tasks: undrain it to open it again"
    )]
    Draining {
        /// The first task, by its place in the batch, that names it.
        index: usize,
        /// What is being drained.
        subject: Subject,
    },
    /// Another task of the kind holds the unique key; were its work to be replaced, it has begun.
    #[error(
        "task {index}: task {existing} already has the unique key \"{key}\": wait until it gives it up, or submit with on_conflict keep (or replace, while that task has not begun)"
    )]
    TaskExists {
        /// Which task of the batch.
        index: usize,
        /// The task that has it.
        existing: TaskId,
        /// The key.
        key: Name,
    },
    /// A value was refused.
    #[error("task {index}: {source}")]
    InvalidInput {
        /// Which task of the batch.
        index: usize,
        /// The field, its value and what was expected.
        source: InvalidInput,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SubmitError {
    /// Which task of the batch it is about, if it is about one.
    #[must_use]
    pub const fn index(&self) -> Option<usize> {
        match self {
            Self::QueueFull { index, .. }
            | Self::Draining { index, .. }
            | Self::TaskExists { index, .. }
            | Self::InvalidInput { index, .. } => Some(*index),
            Self::Store(_) => None,
        }
    }
}

/// Why nothing was claimed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// The worker is not registered, or its leases lapsed and were taken back: register anew, under
    /// a new incarnation.
    #[error("the store knows no worker of this incarnation: register it first")]
    WorkerNotFound,
    /// A value was refused.
    #[error(transparent)]
    InvalidInput(#[from] InvalidInput),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why one write about an attempt was refused; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettleError {
    /// There is no such task, or it was pruned.
    #[error("there is no task {0}")]
    TaskNotFound(TaskId),
    /// The attempt is not the task's current one, or not this worker's: it was settled, cancelled, or
    /// taken back.
    #[error(
        "attempt {attempt} of task {task} is not current: the task is {state}, at attempt {current}"
    )]
    StaleAttempt {
        /// The task.
        task: TaskId,
        /// The attempt that was named.
        attempt: u32,
        /// The newest attempt of the task.
        current: u32,
        /// The state of the task.
        state: State,
    },
    /// The attempt is current, but cannot go there.
    #[error(transparent)]
    InvalidTransition(#[from] InvalidTransition),
    /// A value was refused.
    #[error(transparent)]
    InvalidInput(#[from] InvalidInput),
}

/// Why a change to a task was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is no such task, or it was pruned.
    #[error("there is no task {0}")]
    TaskNotFound(TaskId),
    /// The task is in a state that does not allow it.
    #[error(transparent)]
    InvalidTransition(#[from] InvalidTransition),
    /// The task would hold its unique key again, and another one holds it now.
    #[error("task {existing} has the unique key \"{key}\" now: try again once it has given it up")]
    TaskExists {
        /// The task that has it.
        existing: TaskId,
        /// The key.
        key: Name,
    },
    /// The task has not ended, so it cannot be discarded.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
    /// A value was refused.
    #[error(transparent)]
    InvalidInput(#[from] InvalidInput),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a request that changes no task was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// A value was refused.
    #[error(transparent)]
    InvalidInput(#[from] InvalidInput),
    /// There is no such task, or it was pruned.
    #[error("there is no task {0}")]
    TaskNotFound(TaskId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a schedule was not written; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// There is no such schedule, or it was removed.
    #[error("there is no schedule \"{0}\"")]
    NotFound(Name),
    /// It is not as whoever asked thought: somebody else has written it, or it is there already.
    #[error("schedule \"{name}\" {}: read it again", stands(*.found))]
    Conflict {
        /// The schedule.
        name: Name,
        /// The version in which it is; `None`: it is not there.
        found: Option<u64>,
    },
    /// One of its tasks was refused.
    #[error(transparent)]
    Refused(SubmitError),
    /// A value was refused.
    #[error(transparent)]
    InvalidInput(#[from] InvalidInput),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn stands(version: Option<u64>) -> String {
    version.map_or_else(
        || "is not there".to_owned(),
        |version| format!("is in version {version} by now"),
    )
}

impl From<SubmitError> for ScheduleError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Store(error) => Self::Store(error),
            refused => Self::Refused(refused),
        }
    }
}
