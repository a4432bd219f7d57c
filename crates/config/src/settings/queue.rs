//! `queues.NAME`.

use std::time::Duration;

use duly_core::OrderPolicy;

use crate::bounds::RETENTION_MAX;
use crate::form::{duration, order, whole, yes_or_no};
use crate::group::{Example, group};

group! {
    /// Queues, by name. What is said here of a queue is set in the store at the start and whenever the
    /// configuration is loaded anew, whoever may have changed it in between; what is not said stays as it
    /// is in the store. The values shown are those of a queue that nobody has changed.
    Queue {
        /// Whether nothing starts from it.
        [AtOnce] paused: Option<bool> = None, yes_or_no().or_none(), example "false";

        /// Whether it takes in no new tasks; those that are there are worked off.
        [AtOnce] draining: Option<bool> = None, yes_or_no().or_none(), example "false";

        /// In which order its tasks run: strict is by priority, then by when they were due; with aging, what
        /// waits so much longer overtakes what is one priority more urgent; deadline is by priority, then by
        /// deadline, where tasks without one count as if it were so long after they were due.
        [AtOnce] order: Option<OrderPolicy> = None, order().or_none(), example "strict";

        /// Whether its tenants take turns by their weights, whatever each has waiting.
        [AtOnce] fair: Option<bool> = None, yes_or_no().or_none(), example "false";

        /// How many unfinished tasks it may hold; more are refused.
        [AtOnce] bound: Option<u64> = None, whole(0..=i64::MAX.unsigned_abs()).or_none(),
            example "10000000";

        /// How long tasks that are completed, cancelled or expired are kept.
        [AtOnce] keep_completed: Option<Duration> = None,
            duration(Duration::ZERO..=RETENTION_MAX).or_none(), example "1d";

        /// How long tasks that failed or timed out are kept.
        [AtOnce] keep_failed: Option<Duration> = None,
            duration(Duration::ZERO..=RETENTION_MAX).or_none(), example "14d";
    }
}

impl Example for Queue {
    const NAME: &'static str = "default";
}
