//! The named bounds of the in-process scheduler.
//!
//! ```
//! use duly_local::{Scheduler, bounds};
//!
//! let roomy = Scheduler::builder().capacity(10 * bounds::CAPACITY_DEFAULT);
//! ```

use std::time::Duration;

/// How many tasks may wait unless the builder says otherwise.
pub const CAPACITY_DEFAULT: usize = 10_000;

/// How many workers a scheduler may have.
pub const WORKERS_MAX: usize = 4_096;

/// How long a running task has between being cancelled and being dropped, unless the builder says
/// otherwise.
pub const GRACE_DEFAULT: Duration = Duration::from_secs(5);

/// How long one poll of a future may block its thread before the log names it, unless the builder
/// says otherwise.
pub const BLOCKED_AFTER_DEFAULT: Duration = Duration::from_secs(1);

/// How long a shutdown waits for futures that were told to stop and are in the middle of a poll.
pub const STUCK_AFTER: Duration = Duration::from_millis(250);

/// How many tasks of a batch are taken in without letting anybody else at the queue.
pub const BATCH_STEP: usize = 256;

/// How often who finds a lock of the scheduler taken lets other threads run before it sleeps.
pub const LOCK_YIELDS: u32 = 32;

/// How many attempts a worker ends before it lets others at its thread.
pub const TURN_MAX: usize = 64;

/// How long an attempt may take for its worker to begin the next without letting others at its thread.
pub const TURN_TIME_MAX: Duration = Duration::from_millis(1);

/// How many reports of progress a task keeps for those who watch it.
pub const PROGRESS_MAX: usize = 64;

/// How many bytes the text of a report of progress may have; the rest is cut.
pub const PROGRESS_BYTES_MAX: usize = 256;

/// How many names of tasks may have limits or rates of their own: a kind for each, and one for all others.
pub const NAMES_MAX: usize = duly_core::bounds::LINES_MAX - 1;

/// How many limits a scheduler may have: defined, attached to something, or named by unfinished tasks.
pub const LIMITS_MAX: usize = 10_000;

/// What a tenant may weigh in turns.
pub const TENANT_WEIGHT_MAX: u32 = 1_000;

/// How many tenants a scheduler may know.
pub const TENANTS_MAX: usize = 100_000;
