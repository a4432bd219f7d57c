//! Schedules, as a store keeps them: a name, when it is looked at next, and text that only the layers
//! above understand.

use std::collections::BTreeSet;
use std::sync::Arc;

use duly_core::{TaskId, Timestamp};

use crate::{Name, NewTask, Submitted};

/// A schedule as it stands. What creates its tasks, by which rule, and how far it is, is for the layers
/// above the store, which keep it in `definition` and `state`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRecord {
    /// Its name: no two schedules share one.
    pub name: Name,
    /// Who declared it, such as a configuration file, if it was declared.
    pub owner: Option<Name>,
    /// What it creates, and when: text that says its own format and version.
    pub definition: Arc<str>,
    /// How far it is: likewise.
    pub state: Arc<str>,
    /// When it has to be looked at next; `None`: not before it is changed.
    pub next_at: Option<Timestamp>,
    /// New with every write, and never used twice within a store, not even by another schedule.
    pub version: u64,
}

impl ScheduleRecord {
    /// What it counts for in [`SAVE_BYTES_MAX`](crate::bounds::SAVE_BYTES_MAX): its texts.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.definition.len() + self.state.len()
    }
}

/// What must be there for a schedule to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there, or is not.
    #[default]
    Anything,
    /// No schedule of that name.
    Nothing,
    /// The schedule, in this version.
    Version(u64),
}

impl Expected {
    /// Whether what was found may be written over.
    #[must_use]
    pub fn allows(self, found: Option<u64>) -> bool {
        match self {
            Self::Anything => true,
            Self::Nothing => found.is_none(),
            Self::Version(version) => found == Some(version),
        }
    }
}

/// Creates a schedule, or replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutSchedule {
    /// Its name.
    pub name: Name,
    /// Who declared it.
    pub owner: Option<Name>,
    /// What it creates, and when.
    pub definition: Arc<str>,
    /// How far it is.
    pub state: Arc<str>,
    /// When it has to be looked at next.
    pub next_at: Option<Timestamp>,
    /// Otherwise nothing is written, with [`Conflict`](crate::ScheduleError::Conflict).
    pub expected: Expected,
}

/// Removes a schedule; the tasks that it has created stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveSchedule {
    /// Its name.
    pub name: Name,
    /// Only in this version; `None`: in any.
    pub version: Option<u64>,
}

/// Asks for a page of schedules, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListSchedules {
    /// The last name of the page before.
    pub after: Option<Name>,
    /// How many at most; at most [`PAGE_MAX`](crate::bounds::PAGE_MAX).
    pub limit: u32,
}

/// A page of schedules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulePage {
    /// The schedules; fewer than asked for, although more follow, if they reached
    /// [`SAVE_BYTES_MAX`](crate::bounds::SAVE_BYTES_MAX).
    pub schedules: Vec<ScheduleRecord>,
    /// Where the next page begins; `None`: that was all.
    pub next: Option<Name>,
    /// The store's now.
    pub at: Timestamp,
}

/// The schedules that have to be looked at now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueSchedules {
    /// By `(next_at, name)`; as many as asked for, fewer if they reached
    /// [`SAVE_BYTES_MAX`](crate::bounds::SAVE_BYTES_MAX).
    pub schedules: Vec<ScheduleRecord>,
    /// The next instant at which there is one that is not among them; it has come already if more are
    /// due.
    pub next_at: Option<Timestamp>,
    /// The store's now.
    pub at: Timestamp,
}

/// Moves a schedule on, in one step that happens whole or not at all: its state is written, its tasks are
/// submitted, and those that they displace are called off. Only if it is in this version: so whoever
/// else moves it on, each tick fires once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// Its name.
    pub name: Name,
    /// The version that was read.
    pub version: u64,
    /// How far it is then.
    pub state: Arc<str>,
    /// When it has to be looked at next.
    pub next_at: Option<Timestamp>,
    /// The tasks to submit, as by [`Submit`](crate::Submit).
    pub tasks: Vec<NewTask>,
    /// Tasks to call off, after that; those that have ended, are not there, or stand for one of `tasks`
    /// because they hold its unique key, stay as they are. At most
    /// [`ADVANCE_CANCEL_MAX`](crate::bounds::ADVANCE_CANCEL_MAX).
    pub cancel: Vec<TaskId>,
}

impl Advance {
    /// Which tasks are not made, by the answers to them, and which ones stand for them.
    pub fn stand_ins<'a>(
        &'a self,
        answers: &'a [Submitted],
    ) -> impl Iterator<Item = (TaskId, &'a Submitted)> + 'a {
        let both = self.tasks.iter().zip(answers);
        both.filter_map(|(task, answer)| (task.id != answer.id).then_some((task.id, answer)))
    }

    /// Which tasks are called off, by the answers to those that are submitted: nobody who stands for one of
    /// them, for nothing would come in its place.
    #[must_use]
    pub fn called_off(&self, answers: &[Submitted]) -> Vec<TaskId> {
        let stand: BTreeSet<_> = self.stand_ins(answers).map(|(_, by)| by.id).collect();
        let cancel = self.cancel.iter().copied();
        cancel.filter(|id| !stand.contains(id)).collect()
    }
}

/// What moving a schedule on did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advanced {
    /// The schedule's version now.
    pub version: u64,
    /// An answer per task, in order.
    pub tasks: Vec<Submitted>,
    /// How many tasks were called off, or asked to be.
    pub cancelled: u32,
    /// The store's now.
    pub at: Timestamp,
}
