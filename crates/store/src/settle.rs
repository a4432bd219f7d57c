//! Ending attempts.

use duly_core::{AttemptRef, Decision, Incarnation, State, Timestamp};

use crate::{Payload, SettleError};

/// The end of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Which attempt.
    pub attempt: AttemptRef,
    /// What becomes of the task, as core decided.
    pub decision: Decision,
    /// What the handler returned; kept with a completed task.
    pub result: Option<Payload>,
    /// What went wrong.
    pub error: Option<String>,
}

impl Settlement {
    /// A decision with neither result nor error.
    #[must_use]
    pub const fn new(attempt: AttemptRef, decision: Decision) -> Self {
        Self {
            attempt,
            decision,
            result: None,
            error: None,
        }
    }
}

/// A worker ends attempts, each by itself: one that is refused does not hold up the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settle {
    /// Who held them.
    pub incarnation: Incarnation,
    /// Their ends.
    pub settlements: Vec<Settlement>,
}

/// What became of the settlements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// An answer per settlement, in order: the task's state now, or why it was refused.
    pub attempts: Vec<Result<State, SettleError>>,
    /// The store's now.
    pub at: Timestamp,
}
