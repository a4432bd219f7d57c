//! Which events somebody wants.

use duly_core::{EventKind, TaskId};

use crate::port::{Event, Name};

/// What an event must be like; empty: any will do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) task: Option<TaskId>,
    pub(crate) queue: Option<Name>,
    pub(crate) kinds: Vec<EventKind>,
}

impl Filter {
    pub(crate) fn wants(&self, event: &Event) -> bool {
        self.task.is_none_or(|task| task == event.task)
            && self
                .queue
                .as_ref()
                .is_none_or(|queue| *queue == event.queue)
            && (self.kinds.is_empty() || self.kinds.contains(&event.kind))
    }

    /// It may leave out events of what `history` reads.
    pub(crate) fn is_narrow(&self) -> bool {
        self.queue.is_some() || !self.kinds.is_empty()
    }

    /// It wants every event.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
