//! How long a worker may rely on its leases without word from the store.

use core::time::Duration;

use crate::Timestamp;

/// A worker's own reckoning of its leases. It counts from when the newest renewal that was acknowledged
/// was *sent*, so it is over here before a [`Watch`](crate::Watch) can have seen a whole lease of silence.
///
/// ```
/// use core::time::Duration;
/// use duly_core::{Tenure, Timestamp};
///
/// let start = Timestamp::from_micros(0);
/// let mut tenure = Tenure::new(start, Duration::from_secs(10));
/// assert!(tenure.is_shaky(start + Duration::from_secs(5)));
/// tenure.renewed(start + Duration::from_secs(4));
/// assert!(!tenure.is_shaky(start + Duration::from_secs(5)));
/// assert_eq!(tenure.stop_at(), start + Duration::from_secs(12));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tenure {
    renewed_at: Timestamp,
    lease: Duration,
}

impl Tenure {
    /// Begins at `now`, with leases that lapse after `lease` of silence.
    #[must_use]
    pub const fn new(now: Timestamp, lease: Duration) -> Self {
        Self {
            renewed_at: now,
            lease,
        }
    }

    /// The store has acknowledged a renewal that was sent then.
    pub fn renewed(&mut self, sent: Timestamp) {
        self.renewed_at = self.renewed_at.max(sent);
    }

    /// When what runs must stop, if nothing renews the leases before: a fifth of the lease is kept
    /// for the stopping.
    #[must_use]
    pub fn stop_at(&self) -> Timestamp {
        self.renewed_at + self.lease / 5 * 4
    }

    /// The leases are too old to take on more: half a lease has passed.
    #[must_use]
    pub fn is_shaky(&self, now: Timestamp) -> bool {
        self.renewed_at + self.lease / 2 <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(0);
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_runs_must_stop_well_before_the_lease_can_lapse() {
        let mut tenure = Tenure::new(NOW, 10 * SECOND);
        assert_eq!(tenure.stop_at(), NOW + 8 * SECOND);
        assert!(!tenure.is_shaky(NOW + 4 * SECOND) && tenure.is_shaky(NOW + 5 * SECOND));
        tenure.renewed(NOW + 5 * SECOND);
        tenure.renewed(NOW + 2 * SECOND);
        assert_eq!(tenure.stop_at(), NOW + 13 * SECOND);
        let endless = Tenure::new(NOW, Duration::MAX);
        assert!(endless.stop_at() > NOW + 1_000_000 * SECOND);
    }
}
