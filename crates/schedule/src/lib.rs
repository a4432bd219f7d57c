//! The rules of schedules: pure, without a clock, randomness or I/O. Instants and random bits come in
//! as arguments; ticks and decisions come out.
#![forbid(unsafe_code)]

mod backfill;
pub mod bounds;
mod instant;
mod pattern;
mod policy;
mod quote;
mod rule;
mod schedule;
mod seed;
mod step;
mod terms;
#[cfg(feature = "serde")]
mod wire;
mod zone;

pub use backfill::{Backfill, BackfillStep, InvalidBackfill};
pub use instant::format as format_instant;
pub use pattern::{InvalidPattern, Pattern};
pub use policy::{Decision, InvalidPolicy, Missed, Overlap};
pub use rule::{InvalidRule, Period, Rule};
pub use schedule::{Progress, Schedule};
pub use seed::{InvalidSeed, Seed};
pub use step::{Decided, Dropped, Step, Tick};
pub use terms::{InvalidTerms, Terms};
pub use zone::{InvalidZone, Zone};
