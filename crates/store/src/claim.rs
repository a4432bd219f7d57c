//! Claiming work, and beginning what was prefetched.

use std::time::Duration;

use duly_core::{AttemptRef, Incarnation, Priority, RetryPolicy, Timestamp};

use crate::{Labels, Name, Payload, SettleError};

/// A worker asks for work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who asks; must be registered.
    pub incarnation: Incarnation,
    /// The queues it serves.
    pub queues: Vec<Name>,
    /// What each of them weighs, from 1 to [`QUEUE_WEIGHT_MAX`](duly_core::bounds::QUEUE_WEIGHT_MAX): of so
    /// many turns each has so many. Empty: the most urgent head of all comes first, and equally urgent queues
    /// take turns.
    pub weights: Vec<u32>,
    /// The kinds it has handlers for.
    pub kinds: Vec<Name>,
    /// How many it begins at once: these become `running`.
    pub run: u32,
    /// How many more it takes into store: these become `assigned`.
    pub prefetch: u32,
    /// It may take one task that has lost a worker before (it runs none now). Such a task is never
    /// prefetched.
    pub suspect: bool,
    /// Where turns begin: among equally urgent queues with `queues[turn % queues.len()]`; by weight, how many
    /// there were before. A worker counts it up by what it got.
    pub turn: u32,
}

/// Work, handed to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which attempt of which task.
    pub attempt: AttemptRef,
    /// It is `running`; otherwise `assigned`, and must be promoted before it begins.
    pub started: bool,
    /// The name of its handler.
    pub kind: Name,
    /// The queue it came from.
    pub queue: Name,
    /// What the handler gets.
    pub payload: Payload,
    /// How urgent it is.
    pub priority: Priority,
    /// Attempts charged, this one included.
    pub spent: u32,
    /// Running attempts whose worker vanished; above 0 it is a suspect.
    pub lost: u32,
    /// How often it is tried, and when again.
    pub retry: RetryPolicy,
    /// How long this attempt may take.
    pub timeout: Option<Duration>,
    /// It must have started before this.
    pub deadline: Option<Timestamp>,
    /// The task must have ended before this, by the store's clock: see [`Claimed::at`].
    pub finish_by: Option<Timestamp>,
    /// When it was due.
    pub due_at: Timestamp,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// The user's labels.
    pub labels: Labels,
}

/// What a worker got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The work, the most urgent first; what has `started` comes first.
    pub leases: Vec<Lease>,
    /// When asking again could help although no hint came: the next task becomes due.
    pub next_at: Option<Timestamp>,
    /// The store's now.
    pub at: Timestamp,
}

/// A worker begins attempts that were assigned to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promote {
    /// Who begins them.
    pub incarnation: Incarnation,
    /// Which.
    pub attempts: Vec<AttemptRef>,
}

/// What became of a promotion: an answer per attempt, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promoted {
    /// An answer per attempt: what is refused must not begin.
    pub attempts: Vec<Result<(), SettleError>>,
    /// The store's now.
    pub at: Timestamp,
}
