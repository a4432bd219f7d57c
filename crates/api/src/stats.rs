//! How the store stands.

use std::collections::BTreeMap;

use duly_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::time;

/// The answer of `GET /v1/stats`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stats {
    /// Tasks of all queues by state; finished ones as long as they are kept.
    pub tasks: BTreeMap<String, u64>,
    /// The queues, by name.
    pub queues: Vec<QueueStats>,
    /// The workers that are registered.
    pub workers: Vec<WorkerStats>,
}

/// A queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueueStats {
    /// Its name.
    pub name: String,
    /// Nothing starts from it.
    pub paused: bool,
    /// How many unfinished tasks it may hold.
    pub bound: u64,
    /// Its tasks by state.
    pub tasks: BTreeMap<String, u64>,
}

/// A worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkerStats {
    /// Its name.
    pub name: String,
    /// The queues it serves.
    pub queues: Vec<String>,
    /// The kinds it has handlers for.
    pub kinds: Vec<String>,
    /// How many attempts it runs at once.
    pub capacity: u32,
    /// Attempts that it runs.
    pub running: u32,
    /// Attempts that it holds, not begun.
    pub assigned: u32,
    /// When it registered.
    #[serde(with = "time")]
    pub registered_at: Timestamp,
    /// When it last renewed its leases.
    #[serde(with = "time")]
    pub renewed_at: Timestamp,
}
