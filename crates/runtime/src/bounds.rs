//! The named bounds of the runtime.

use std::time::Duration;

/// A worker renews its leases this often, unless told otherwise.
pub const HEARTBEAT: Duration = Duration::from_secs(3);
/// Silence after which a worker's leases may be taken back, unless told otherwise.
pub const LEASE: Duration = Duration::from_secs(10);
/// Heartbeats are looked at, and finished tasks removed, this often at most, whatever is asked for.
pub const HOUSE_EVERY_MIN: Duration = Duration::from_millis(10);
/// The lead is held for this long at least.
pub const REIGN_MIN: Duration = Duration::from_millis(100);
/// The instance that leads looks at schedules this often although none is due: a hint may get lost.
pub const SCHEDULE_LOOK: Duration = Duration::from_secs(5);
/// However many hints come, it looks at most this often.
pub const SCHEDULE_LOOK_MIN: Duration = Duration::from_millis(20);
/// Of so many schedules that wait it is known that it was told; of more, it may be told again.
pub const SCHEDULES_TOLD_MAX: usize = 10_000;
/// Tasks of a schedule that are minded because others must not overlap with them: the newest.
pub const SCHEDULE_LIVE_MAX: usize = 100;
/// How often a change to a schedule is tried that somebody else overtakes.
pub const SCHEDULE_TRIES_MAX: usize = 16;
/// How long a handler has after its token was tripped, unless told otherwise; then it is aborted.
pub const CANCEL_GRACE: Duration = Duration::from_secs(5);
/// A worker with free slots asks for work this often although nothing hinted at any, give or take
/// a quarter: hints may get lost.
pub const POLL: Duration = Duration::from_secs(5);
/// Handlers that a worker runs at once, per core, unless told otherwise.
pub const CONCURRENCY_PER_CORE: u32 = 8;
/// Handlers that a worker may run at once.
pub const CONCURRENCY_MAX: u32 = 100_000;
/// Prefetched work that a worker holds at most, whatever it is told.
pub const PREFETCH_MAX: u32 = 1_000;
/// Prefetched work lasts for this long at most, by the mean time that a handler runs.
pub const PREFETCH_TIME: Duration = Duration::from_millis(20);
/// Ends of attempts that one write brings to the store.
pub const SETTLE_MAX: usize = 1_000;
/// Bytes of results that one write brings to the store, beyond its first: 8 MiB.
pub const SETTLE_BYTES_MAX: usize = 8 << 20;
/// Ended attempts that the store has not heard of: with more, a worker claims nothing.
pub const BACKLOG_MAX: usize = 4_000;
/// Bytes of results that the store has not heard of: with more, a worker claims nothing. 64 MiB.
pub const BACKLOG_BYTES_MAX: usize = 64 << 20;
/// Requests to cancel are looked for at most once in this time, however many hints come.
pub const CANCEL_LOOK: Duration = Duration::from_millis(100);
/// The pause before a write to the store that failed is tried again: the first, and the longest.
pub const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// After a claim of unknown outcome, a worker compares what it holds with what the store says it
/// holds: at once, and then this often.
pub const AUDIT: Duration = Duration::from_secs(60);
/// Pages of tasks that one such comparison reads.
pub const AUDIT_PAGES_MAX: usize = 1_000;
/// What a worker keeps of the time given to [`shutdown`](crate::Worker::shutdown) for its last
/// writes, at most: a quarter of that time, or this.
pub const LAST_WRITES: Duration = Duration::from_secs(1);
/// How long [`shutdown_now`](crate::Worker::shutdown_now) waits for its last writes.
pub const LAST_WRITES_NOW: Duration = Duration::from_millis(500);
/// Messages that a worker's coordinator takes in before it acts on them.
pub const EVENTS_MAX: usize = 2_048;
