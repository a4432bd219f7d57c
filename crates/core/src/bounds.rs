//! The named bounds of the rules: how much one step may do.

use core::time::Duration;

/// How many tasks that have become due one claim or one housekeeping step moves into line.
pub const PROMOTE_MAX: usize = 1_000;

/// How many tasks past their deadline one claim expires before it looks for work.
pub const EXPIRE_MAX: usize = 500;

/// How many tasks one claim hands out, begun and prefetched together.
pub const CLAIM_MAX: usize = 1_000;

/// How far a clock may be set back, or differ between two who count by the same rate, until what the rate has
/// given out counts as given by a clock that was ahead.
pub const RATE_GRACE: Duration = Duration::from_secs(60);

/// How many kinds a queue may hold lines for.
pub const LINES_MAX: usize = 1_000;

/// How many closed lanes one claim parks under what closes them before it gives up looking.
pub const PARK_MAX: usize = 10_000;

/// How much one of several queues of a worker may weigh.
pub const QUEUE_WEIGHT_MAX: u32 = 100;

/// How many limits one task may name.
pub const TASK_LIMITS_MAX: usize = 8;

/// How many names of limits, and sets of them, are kept although nothing refers to them any more: so many,
/// and as many as are referred to.
pub const NAMES_IDLE_MAX: usize = 1_000;

/// What a task may weigh in a limit.
pub const LIMIT_WEIGHT_MAX: u32 = 1_000_000;

/// How many priority rules there may be: each submitted task is held against them in turn.
pub const RULES_MAX: usize = 100;

/// How many patterns one condition of a priority rule may have, and how many labels a rule may ask for.
pub const RULE_PATTERNS_MAX: usize = 32;

/// Bytes of a rule's name, of the name of a label that it asks for, and of a pattern.
pub const RULE_TEXT_BYTES_MAX: usize = 128;

/// Tasks that are counted before one that is explained; its position is estimated beyond.
pub const POSITION_MAX: u64 = 5_000;

/// Lanes that are looked at to explain why something waits.
pub const EXPLAIN_LANES_MAX: usize = 200;
