//! How the store stands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Queue;

/// The answer of `GET /v1/stats`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stats {
    /// Tasks of all queues by state; finished ones as long as they are kept.
    pub tasks: BTreeMap<String, u64>,
    /// The queues, by name.
    pub queues: Vec<Queue>,
    /// The workers that are registered, together.
    pub workers: WorkerTotals,
    /// How fast it goes.
    pub throughput: Throughput,
    /// How long ago the oldest pending task was due; `null`: nothing is pending.
    pub oldest_due_age_ms: Option<u64>,
}

/// The workers that are registered, together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkerTotals {
    /// How many there are.
    pub total: u64,
    /// How many of them hold nothing.
    pub idle: u64,
    /// How many attempts they run at once.
    pub capacity: u64,
    /// Attempts that they run.
    pub running: u64,
    /// Attempts that they hold, not begun.
    pub assigned: u64,
}

/// How fast it goes, as this server has seen it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Throughput {
    /// Over how long it was measured; 0: not long enough to tell.
    pub window_ms: u64,
    /// Tasks submitted per second.
    pub submitted_per_s: f64,
    /// Tasks completed per second.
    pub completed_per_s: f64,
    /// Tasks that failed for good, or timed out, per second.
    pub failed_per_s: f64,
}
