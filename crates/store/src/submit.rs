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
    /// The id of the task that does the work: its own, unless another stands for it.
    pub id: TaskId,
    /// The state of that task now.
    pub state: State,
    /// How it was taken.
    pub admission: Admission,
}

impl Submitted {
    /// It had been taken before, and nothing was changed.
    #[must_use]
    pub const fn existed(&self) -> bool {
        matches!(self.admission, Admission::Existed)
    }

    /// It is a task of its own from now on.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        matches!(self.admission, Admission::New)
    }
}

/// How a submission was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is a task of its own from now on.
    New,
    /// It had been taken before, and nothing was changed: a task of its id was there already, or it had
    /// replaced what another was to do.
    Existed,
    /// Another task holds its unique key and stands for it; nothing was changed.
    Kept,
    /// Another task holds its unique key and goes on with what it brought.
    Replaced,
}

/// What became of a submit: an answer per task, in order, at the store's now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitReply {
    /// An answer per task.
    pub tasks: Vec<Submitted>,
    /// The store's now.
    pub at: Timestamp,
}
