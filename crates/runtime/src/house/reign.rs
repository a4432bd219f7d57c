//! Until when this instance leads.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use duly_core::Timestamp;

/// Shared by the services of one house.
#[derive(Clone, Debug)]
pub(super) struct Reign(Arc<AtomicI64>);

impl Default for Reign {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MIN)))
    }
}

impl Reign {
    /// It leads until then. Answers whether it did not before.
    pub(super) fn hold(&self, until: Timestamp) -> bool {
        self.0.swap(until.as_micros(), Ordering::Relaxed) == i64::MIN
    }

    /// It does not lead. Answers whether it did before.
    pub(super) fn end(&self) -> bool {
        self.0.swap(i64::MIN, Ordering::Relaxed) != i64::MIN
    }

    pub(super) fn holds(&self, now: Timestamp) -> bool {
        now.as_micros() < self.0.load(Ordering::Relaxed)
    }
}
