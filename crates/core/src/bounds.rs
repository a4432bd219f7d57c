//! The named bounds of the rules: how much one step may do.

/// How many tasks that have become due one claim or one housekeeping step moves into line.
pub const PROMOTE_MAX: usize = 1_000;

/// How many tasks past their deadline one claim expires before it looks for work.
pub const EXPIRE_MAX: usize = 500;

/// How many tasks one claim hands out, begun and prefetched together.
pub const CLAIM_MAX: usize = 1_000;

/// How many kinds a queue may hold lines for.
pub const LINES_MAX: usize = 1_000;
