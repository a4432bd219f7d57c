//! The named bounds of a process that goes on.

use std::time::Duration;

/// How long answers that are under way may take once it stops, and never longer than the tasks.
pub(crate) const ANSWERS_WAIT_MAX: Duration = Duration::from_secs(5);
/// A file that changes is read once it has not changed for this long: editors write in several steps.
pub(super) const SETTLE: Duration = Duration::from_millis(100);
/// How often that is waited for before a file is read although it goes on changing.
pub(super) const SETTLES_MAX: usize = 20;
/// How often queues, tenants and limits, and schedules, are brought to a store that fails, when the
/// configuration is loaded anew.
pub(super) const BRING_TRIES_MAX: usize = 5;
/// The pause in between.
pub(super) const BRING_RETRY: Duration = Duration::from_secs(1);
