//! How busy a worker is, for whoever wants to see it from outside.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How busy a worker is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Handlers that it may run at once.
    pub capacity: u32,
    /// Handlers that run. More than the capacity for a while after that was lowered.
    pub running: u32,
    /// Work that was prefetched, and has not begun.
    pub assigned: u32,
}

/// What the coordinator shows of itself.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    running: AtomicU32,
    assigned: AtomicU32,
}

impl Gauges {
    pub(super) fn set(&self, running: usize, assigned: usize) {
        let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
        self.running.store(small(running), Relaxed);
        self.assigned.store(small(assigned), Relaxed);
    }

    pub(super) fn read(&self, capacity: u32) -> Usage {
        Usage {
            capacity,
            running: self.running.load(Relaxed),
            assigned: self.assigned.load(Relaxed),
        }
    }
}
