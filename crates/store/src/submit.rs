//! Submitting tasks.

use duly_core::{State, TaskId, Timestamp};

use crate::NewTask;

/// Tasks to submit, all or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submit {
    /// The tasks, in the order in which they shall stand in line.
    pub tasks: Vec<NewTask>,
}

impl Submit {
    /// One task.
    #[must_use]
    pub fn one(task: NewTask) -> Self {
        Self { tasks: vec![task] }
    }
}

/// What became of one submitted task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Its id.
    pub id: TaskId,
    /// Its state now.
    pub state: State,
    /// A task of this id was there already, and nothing was changed.
    pub existed: bool,
}

/// What became of a submit: an answer per task, in order, at the store's now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitReply {
    /// An answer per task.
    pub tasks: Vec<Submitted>,
    /// The store's now.
    pub at: Timestamp,
}
