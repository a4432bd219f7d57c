//! Workers: registering, renewing, and taking back the leases of those that are gone.

use duly_core::{AttemptRef, Incarnation, Pulse, Timestamp};

use crate::{Labels, Name, Progress};

/// A worker introduces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// This life of it.
    pub incarnation: Incarnation,
    /// Its name; several lives, and several workers, may share one.
    pub name: Name,
    /// The queues it serves.
    pub queues: Vec<Name>,
    /// The kinds it has handlers for.
    pub kinds: Vec<Name>,
    /// What it says of itself.
    pub labels: Labels,
    /// How many attempts it runs at once.
    pub capacity: u32,
}

/// A worker renews all its leases at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Heartbeat {
    /// Whose.
    pub incarnation: Incarnation,
    /// What its attempts say of themselves; those that are not current are passed over, and so is what
    /// comes after the first [`BATCH_MAX`](crate::bounds::BATCH_MAX).
    pub progress: Vec<(AttemptRef, Progress)>,
}

/// The answer to a heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The store knows this incarnation. If not, its leases were taken back: it must stop what it
    /// runs, and register anew.
    pub known: bool,
    /// Running attempts that somebody asked to cancel.
    pub cancel: Vec<AttemptRef>,
    /// The store's now.
    pub at: Timestamp,
}

/// A worker as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerRecord {
    /// How it introduced itself.
    pub registration: Registration,
    /// When.
    pub registered_at: Timestamp,
    /// When it last renewed its leases.
    pub renewed_at: Timestamp,
    /// How often it has.
    pub beats: i64,
    /// Attempts that it runs.
    pub running: u32,
    /// Attempts that it holds, not begun.
    pub assigned: u32,
}

impl WorkerRecord {
    /// What the reaper watches.
    #[must_use]
    pub const fn pulse(&self) -> Pulse {
        Pulse {
            incarnation: self.registration.incarnation,
            beats: self.beats,
        }
    }
}

/// Takes back the leases of a worker that is gone, or that says goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeBack {
    /// Whose.
    pub incarnation: Incarnation,
    /// Only if its heartbeat still stands at this count; `None`: in any case (it retires).
    pub beats: Option<i64>,
    /// How many leases this step takes at most.
    pub limit: u32,
}

/// What was taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// How many leases.
    pub leases: u32,
    /// The worker holds none any more, and is forgotten: its incarnation is known no longer.
    pub gone: bool,
}

/// The error that a counted loss leaves on a task.
#[must_use]
pub fn lost_error(worker: &str, lost: u32, lost_max: u32) -> String {
    format!("worker \"{worker}\" vanished while running it ({lost} of {lost_max} times)")
}
