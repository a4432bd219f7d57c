//! `health`.

use std::time::Duration;

use crate::bounds::RETENTION_MAX;
use crate::form::{duration, whole};
use crate::group::group;

group! {
    /// When `GET /ready` says that a queue backs up.
    Health {
        /// How many tasks may be pending in a queue before it counts as backed up.
        [AtOnce] queue_pending_max: u64 = 100_000, whole(1..=i64::MAX.unsigned_abs());

        /// How long the oldest pending task of a queue may have been due before the queue counts as backed
        /// up.
        [AtOnce] oldest_age_max: Duration = Duration::from_secs(10 * 60),
            duration(Duration::from_secs(1)..=RETENTION_MAX);
    }
}
