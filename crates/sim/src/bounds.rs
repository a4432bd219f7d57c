//! The numbers of the world: those of the runtime, and what a link does.

use std::time::Duration;

use duly_core::Timestamp;

/// When every world begins: 2026-01-01T00:00:00Z.
pub(crate) const EPOCH: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

/// How often a worker renews its leases.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(3);
/// Silence after which leases may be taken back.
pub(crate) const LEASE: Duration = Duration::from_secs(10);
/// How often an instance looks at heartbeats.
pub(crate) const LOOK: Duration = Duration::from_secs(1);
/// How long an instance leads without asking again.
pub(crate) const REIGN: Duration = Duration::from_secs(10);
/// How often the leader does each of its duties.
pub(crate) const DUTY: Duration = Duration::from_secs(5);
/// The pause between two steps of one duty.
pub(crate) const DUTY_PAUSE: Duration = Duration::from_millis(50);
/// A worker asks for work this often although nothing hinted at any.
pub(crate) const POLL: Duration = Duration::from_secs(5);
/// A worker compares what it holds this often, once a claim's answer was lost.
pub(crate) const AUDIT: Duration = Duration::from_secs(60);
/// Requests to cancel are looked for at most once in this time.
pub(crate) const CANCEL_LOOK: Duration = Duration::from_millis(100);
/// How long a handler has after its token was tripped.
pub(crate) const CANCEL_GRACE: Duration = Duration::from_secs(5);
/// The pause before a call that failed is made again: the first, and the longest.
pub(crate) const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// What a leaving worker keeps of its time for its last writes.
pub(crate) const LAST_WRITES: Duration = Duration::from_secs(1);
/// After so long without an answer a caller gives a call up, not knowing whether it took effect.
pub(crate) const CALL: Duration = Duration::from_secs(2);
/// A rate that is used up for longer than all of its burst and this was used by a clock that was set back.
pub(crate) const RATE_DOUBT: Duration = Duration::from_secs(60);
/// How long a process that crashed is away.
pub(crate) const RESTART: Duration = Duration::from_secs(3);
/// How often every task's record is compared with the ledger.
pub(crate) const COMPARE: Duration = Duration::from_secs(4);
/// So long after the last fault no call is on its way that went astray.
pub(crate) const STRAYS: Duration = Duration::from_secs(12);
/// Once all faults are over, every task ends within this time.
pub(crate) const REST_MAX: Duration = Duration::from_secs(900);
/// Calls and turns of one seed; more is a world that does not come to rest.
pub(crate) const HAPPENINGS_MAX: u64 = 2_000_000;
/// How many worlds a shrinking tries.
pub(crate) const SHRINK_MAX: usize = 1_500;
