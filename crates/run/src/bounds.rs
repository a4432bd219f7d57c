//! The named bounds of files of tasks. What exceeds one is an error that names it.

use std::time::Duration;

/// Bytes of a file of tasks: 1 MiB.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
/// How deep lists and mappings may lie within each other.
pub const DEPTH_MAX: usize = 32;
/// Values of a file, counted as YAML does.
pub const NODES_MAX: usize = 100_000;
/// Anchors of a file, and uses of them.
pub const ALIASES_MAX: usize = 100;
/// Values that uses of anchors may stand for, together.
pub const ALIAS_EVENTS_MAX: usize = 10_000;
/// Groups of a file.
pub const GROUPS_MAX: usize = 1_000;
/// Tasks of a file, all groups together.
pub const TASKS_MAX: usize = 100_000;
/// Bytes of a run's or a group's name.
pub const NAME_BYTES_MAX: usize = 64;
/// Words of a command, the program included.
pub const WORDS_MAX: usize = 1_001;
/// Variables that a group may set.
pub const VARIABLES_MAX: usize = 100;
/// Limits that a file may define.
pub const LIMITS_MAX: usize = 100;
/// Tenants whose shares a file may say.
pub const TENANTS_MAX: usize = 1_000;
/// Retries of a task.
pub const RETRIES_MAX: u32 = 1_000;
/// The longest timeout, delay or pause: 366 days.
pub const DURATION_MAX: Duration = duly_core::DELAY_MAX;
/// How many tasks may run at once.
pub const CONCURRENCY_MAX: u32 = 10_000;
/// Patterns of one glob.
pub const PATTERNS_MAX: usize = 100;
/// Entries of folders that the globs of one group look at.
pub const ENTRIES_MAX: usize = 1_000_000;
/// How deep `**` descends.
pub const GLOB_DEPTH_MAX: usize = 64;
/// Bytes of a label that tells a task's item; longer ones are cut.
pub const LABEL_BYTES_MAX: usize = 256;
/// Tasks of one submit.
pub const SUBMIT_MAX: usize = 1_000;
/// Bytes of the payloads of all tasks of a file: 64 MiB.
pub const PLAN_BYTES_MAX: usize = 64 << 20;
/// Bytes of the payloads of one submit, unless a single one is larger: 8 MiB.
pub const SUBMIT_BYTES_MAX: usize = 8 << 20;
/// Tasks or events that are read at once.
pub const PAGE: u32 = 1_000;
/// How long the tasks of a run are kept: an interrupted round can be resumed within this.
pub const RETENTION: Duration = Duration::from_secs(366 * 24 * 3600);
/// Rounds whose tasks are kept: the last, and those before it.
pub const ROUNDS_KEPT: u32 = 2;
/// Older rounds that are looked at once more: unique keys may have kept their tasks.
pub const ROUNDS_LOOKED_AT_MAX: u32 = 100;
/// How often the store is asked whether anything is left, and what keeps it waiting.
pub const QUIET: Duration = Duration::from_secs(2);
/// How often in a row the store may fail to answer before the run gives up.
pub const FAILURES_MAX: u32 = 10;
/// The pause after such a failure.
pub const FAILURE_PAUSE: Duration = Duration::from_millis(500);
/// How long the store has to hear of what is handed back when a run is stopped.
pub const LAST_WRITES: Duration = Duration::from_secs(5);
/// Tasks that overtook others which a summary names.
pub const OVERTAKES_MAX: usize = 5;
/// Tasks that are looked at for that.
pub const OVERTAKES_SEEN_MAX: usize = 100;
/// Failures that a summary shows whole.
pub const FAILURES_SHOWN_MAX: usize = 20;
