//! Taking everything out of a store, and putting it into another.

use duly_core::Timestamp;

use crate::{Event, TaskRecord};

/// A task with its history: all that a store knows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedTask {
    /// The task.
    pub task: TaskRecord,
    /// Its events, the oldest first; of a long history the newest
    /// [`EVENTS_SAVED_MAX`](crate::bounds::EVENTS_SAVED_MAX).
    pub events: Vec<Event>,
}

impl SavedTask {
    /// What it counts for in [`SAVE_BYTES_MAX`](crate::bounds::SAVE_BYTES_MAX) and
    /// [`RESTORE_BYTES_MAX`](crate::bounds::RESTORE_BYTES_MAX): payload, result and errors.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let result = self.task.result.as_ref().map_or(0, |r| r.bytes.len());
        let events: usize = self.events.iter().map(|event| text(&event.error)).sum();
        self.task.payload.bytes.len() + result + text(&self.task.error) + events
    }
}

/// Where a page of saved tasks ended: opaque, and good only for the same store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaveCursor(i64);

impl SaveCursor {
    /// The page ended after the task of this sequence.
    #[must_use]
    pub const fn after(sequence: i64) -> Self {
        Self(sequence)
    }

    /// The sequence that the next page lies above.
    #[must_use]
    pub const fn sequence(self) -> i64 {
        self.0
    }
}

/// Asks for a page of everything, the oldest submission first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Save {
    /// Where the page before ended.
    pub after: Option<SaveCursor>,
    /// How many tasks at most; at most [`PAGE_MAX`](crate::bounds::PAGE_MAX).
    pub limit: u32,
}

/// A page of saved tasks; a page is one instant, several are not.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedPage {
    /// The tasks; fewer than asked for, although more follow, if they reached
    /// [`SAVE_BYTES_MAX`](crate::bounds::SAVE_BYTES_MAX).
    pub tasks: Vec<SavedTask>,
    /// Where the next page begins; `None`: that was all.
    pub next: Option<SaveCursor>,
    /// The store's now.
    pub at: Timestamp,
}

/// Puts saved tasks into a store, all or none, in their order: states, attempts and times are kept,
/// sequences are given anew, of tasks and of events. What was leased when it was saved waits again,
/// refunded, as if its worker had handed it back; what is not due yet is not in line. A task whose id is
/// there already is left as it is. What follows from the task (the place, the task, its kind and queue) is not
/// taken from its events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Restore {
    /// The tasks; at most [`PAGE_MAX`](crate::bounds::PAGE_MAX).
    pub tasks: Vec<SavedTask>,
}

/// What became of saved tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many are in the store now, and were not before.
    pub restored: u32,
    /// How many were there already.
    pub existed: u32,
}
