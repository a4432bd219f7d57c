//! The named bounds of the configuration.

use std::time::Duration;

/// Bytes of a file, or of a list or map in one variable: 256 KiB.
pub const FILE_BYTES_MAX: usize = 256 << 10;
/// How deep lists and maps may lie in each other.
pub const DEPTH_MAX: usize = 16;
/// Values and names of a file, with those that aliases repeat.
pub const NODES_MAX: usize = 20_000;
/// Aliases of a file.
pub const ALIASES_MAX: usize = 100;
/// What is wrong with a configuration is told this often; the rest is counted.
pub const FAULTS_MAX: usize = 50;
/// Characters of a wrong value that a message quotes.
pub const QUOTE_CHARS_MAX: usize = 60;
/// Characters of a line that a snippet shows.
pub const SNIPPET_CHARS_MAX: usize = 100;
/// Bytes of the name of a queue, a worker or a command.
pub const NAME_BYTES_MAX: usize = 128;
/// Queues that one worker may name, and queues or commands that a configuration may.
pub const NAMES_MAX: usize = 1_000;
/// The greatest weight of a tenant.
pub const TENANT_WEIGHT_MAX: u32 = 1_000;
/// Labels of a worker.
pub const LABELS_MAX: usize = 32;
/// Entries of a list that has no bound of its own.
pub const LIST_MAX: usize = 1_000;
/// Bytes of a text that has no bound of its own.
pub const TEXT_BYTES_MAX: usize = 8 << 10;
/// Bytes of a payload: 1 MiB.
pub const PAYLOAD_BYTES_MAX: u32 = 1 << 20;
/// Handlers that a worker may run at once.
pub const CONCURRENCY_MAX: u32 = 100_000;
/// Work that a worker may take into store.
pub const PREFETCH_MAX: u32 = 1_000;
/// The longest that a setting may wait for, unless it says less: a day.
pub const WAIT_MAX: Duration = Duration::from_secs(24 * 3600);
/// The longest that finished tasks are kept: a hundred years.
pub const RETENTION_MAX: Duration = Duration::from_secs(100 * 366 * 24 * 3600);
