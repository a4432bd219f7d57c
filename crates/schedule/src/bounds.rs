//! The named bounds of schedules: how large a rule may be, and how much one step may do.

use std::time::Duration;

/// Bytes of a cron pattern.
pub const PATTERN_BYTES_MAX: usize = 256;
/// Bytes of the name of a time zone.
pub const ZONE_BYTES_MAX: usize = 64;
/// The shortest period of an interval: cron, too, counts whole seconds.
pub const PERIOD_MIN: Duration = Duration::from_secs(1);
/// The longest period of an interval: a hundred years.
pub const PERIOD_MAX: Duration = Duration::from_secs(100 * 366 * 24 * 3_600);
/// The longest jitter: a day.
pub const JITTER_MAX: Duration = Duration::from_secs(24 * 3_600);
/// How far back missed ticks may be run: 366 days.
pub const WITHIN_MAX: Duration = Duration::from_secs(366 * 24 * 3_600);
/// A tick that is decided no later than this is on time, not missed: so neither a change of the
/// leader nor a restart that takes less costs a tick, whatever is done about missed ones.
pub const GRACE: Duration = Duration::from_secs(60);
/// Spans of ticks that were passed over, which a schedule remembers: should the clock have been ahead, they are still
/// to come.
pub const PASSED_MAX: usize = 8;
/// Ticks that one step decides.
pub const STEP_TICKS_MAX: usize = 100;
/// Ticks that a preview shows.
pub const PREVIEW_MAX: usize = 1_000;
/// Ticks that one backfill may have.
pub const BACKFILL_TICKS_MAX: usize = 10_000;
/// How often somebody looks whether a held tick may fire, if nobody tells.
pub const HELD_LOOK: Duration = Duration::from_secs(1);
/// Characters of a wrong value that a message quotes.
pub const QUOTE_CHARS_MAX: usize = 60;
