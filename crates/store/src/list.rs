//! Looking at tasks: filters and pages.

use duly_core::{State, Timestamp};

use crate::{Name, TaskRecord};

/// Which tasks: all conditions that are given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In one of these states; empty: in any.
    pub states: Vec<State>,
    /// In this queue.
    pub queue: Option<Name>,
    /// Of this kind.
    pub kind: Option<Name>,
    /// Of this tenant.
    pub tenant: Option<Name>,
    /// Held by a worker of this name, or held by it at the end.
    pub worker: Option<Name>,
    /// Unfinished, not begun, and due before this.
    pub due_before: Option<Timestamp>,
    /// Unfinished, though a deadline has passed: that of its start, or that of its end.
    pub overdue: bool,
    /// Submitted at or after this.
    pub submitted_from: Option<Timestamp>,
    /// Submitted before this.
    pub submitted_before: Option<Timestamp>,
    /// With this label, of this value.
    pub label: Option<(String, String)>,
}

impl Filter {
    /// Whether a task, as read at `now`, is among those meant.
    #[must_use]
    pub fn matches(&self, task: &TaskRecord, now: Timestamp) -> bool {
        (self.states.is_empty() || self.states.contains(&task.state))
            && self.queue.as_ref().is_none_or(|queue| *queue == task.queue)
            && self.kind.as_ref().is_none_or(|kind| *kind == task.kind)
            && (self.tenant.is_none() || self.tenant == task.tenant)
            && self
                .worker
                .as_ref()
                .is_none_or(|worker| task.worker.as_ref() == Some(worker))
            && self
                .due_before
                .is_none_or(|at| waits(task.state) && task.due_at < at)
            && (!self.overdue || is_overdue(task, now))
            && self
                .submitted_from
                .is_none_or(|from| task.submitted_at >= from)
            && self
                .submitted_before
                .is_none_or(|before| task.submitted_at < before)
            && self
                .label
                .as_ref()
                .is_none_or(|(name, value)| task.labels.get(name) == Some(value))
    }
}

const fn waits(state: State) -> bool {
    !state.is_final() && !state.is_leased()
}

fn is_overdue(task: &TaskRecord, now: Timestamp) -> bool {
    !task.state.is_final() && task.vitals().is_overdue(now)
}

/// Where a page ended: opaque, and good only for the same filter on the same store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListCursor(pub(crate) i64);

impl ListCursor {
    /// The page ended after the task of this sequence.
    #[must_use]
    pub const fn after(sequence: i64) -> Self {
        Self(sequence)
    }

    /// The sequence that the next page lies below.
    #[must_use]
    pub const fn sequence(self) -> i64 {
        self.0
    }
}

/// Asks for a page of tasks, the newest submission first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Which tasks.
    pub filter: Filter,
    /// Where the page before ended.
    pub after: Option<ListCursor>,
    /// How many at most; at most [`PAGE_MAX`](crate::bounds::PAGE_MAX).
    pub limit: u32,
    /// Leave payloads and results out: much less to read. They come without their bytes, as
    /// [`Payload::emptied`](crate::Payload::emptied).
    pub brief: bool,
}

/// Asks for a page of kinds or tenants, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListNames {
    /// Only the one of this name.
    pub only: Option<Name>,
    /// Only those whose names come after this one: where the page before ended.
    pub after: Option<Name>,
    /// How many at most; at most [`PAGE_MAX`](crate::bounds::PAGE_MAX).
    pub limit: u32,
}

impl ListNames {
    /// Only the one of this name.
    #[must_use]
    pub const fn only(name: Name) -> Self {
        Self {
            only: Some(name),
            after: None,
            limit: 1,
        }
    }

    /// A page of up to `limit`, from the first name.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self {
            only: None,
            after: None,
            limit,
        }
    }
}

/// A page of tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskPage {
    /// The tasks; may be fewer than asked for although more follow.
    pub tasks: Vec<TaskRecord>,
    /// Where the next page begins; `None`: that was all.
    pub next: Option<ListCursor>,
    /// The store's now.
    pub at: Timestamp,
}
