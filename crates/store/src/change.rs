//! Changes that people make to tasks: one by one, or all that a filter means.

use duly_core::{Priority, Timestamp};

use crate::bounds::SUBMIT_BYTES_MAX;
use crate::{Filter, ListCursor, Payload, When};

/// What shall become of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Call it off: at once, or by a request to its worker if it runs.
    Cancel,
    /// Put a failed, timed out, cancelled or expired task back in line.
    Retry {
        /// What its handler gets from now on; `None`: what it got before.
        payload: Option<Payload>,
    },
    /// Change the priority of an unfinished task.
    Reprioritise(Priority),
    /// Change when a waiting task is due.
    Reschedule(When),
    /// Remove a finished task with its events, as if it had been kept long enough.
    Discard,
}

/// Changes a page of the tasks that a filter means, the newest submission first. A task that no longer
/// matches at the instant of the change stays as it is. It looks at
/// [`SCAN_MAX`](crate::bounds::SCAN_MAX) tasks at most, as a list does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeMatching {
    /// Which tasks.
    pub filter: Filter,
    /// What shall become of each.
    pub change: Change,
    /// Where the step before ended.
    pub after: Option<ListCursor>,
    /// How many tasks this step touches at most; at most [`PAGE_MAX`](crate::bounds::PAGE_MAX). A payload
    /// that is given to each counts as if it were submitted, so there may be fewer:
    /// [`most`](Self::most).
    pub limit: u32,
    /// Only count: nothing is changed, and the answer is what the step would have answered.
    pub dry_run: bool,
}

impl Change {
    /// Bytes of payload that it gives to a task.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        match self {
            Self::Retry { payload: Some(new) } => new.bytes.len(),
            _ => 0,
        }
    }
}

impl ChangeMatching {
    /// How many tasks the step touches at most: `limit`, or as many as get no more payload together than
    /// one submit may have ([`SUBMIT_BYTES_MAX`]).
    #[must_use]
    pub fn most(&self) -> u32 {
        let most = SUBMIT_BYTES_MAX / self.change.payload_bytes().max(1);
        self.limit.min(u32::try_from(most).unwrap_or(u32::MAX))
    }
}

/// What a step did, or would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedMatching {
    /// How many tasks matched.
    pub matched: u32,
    /// How many of them were changed, or would be. The others do not allow it: their state, or that
    /// another task has their unique key. What was so already counts as changed.
    pub changed: u32,
    /// Where the next step begins; `None`: that was all.
    pub next: Option<ListCursor>,
    /// The store's now.
    pub at: Timestamp,
}
