//! The rules of schedules: pure, without a clock, randomness or I/O. Instants and random bits come in
//! as arguments; ticks and decisions come out.
//!
//! - [`Rule`]: which instants a schedule means: cron with a time zone, an interval, one instant. What
//!   happens when clocks are put forward or back is written there.
//! - [`Pattern`], [`Zone`]: what cron is made of.
//! - [`Terms`]: the rule, and what to do about ticks that were [`Missed`] and runs that [`Overlap`];
//!   jitter, start, end, number of runs.
//! - [`Schedule`]: the terms and how far they have come. [`Schedule::step`] decides what is due.
//! - [`Backfill`]: the ticks of a period, run once more or for the first time.
//! - [`Seed`]: what ids and jitter of ticks follow from, so that a tick that is fired twice is one
//!   task.
//!
//! Who leads keeps every schedule somewhere, with [`Schedule::look_at`] to find those that are due,
//! and does this with each:
//!
//! ```
//! use std::time::Duration;
//! use duly_core::Timestamp;
//! use duly_schedule::{Overlap, Rule, Schedule, Seed, Terms};
//!
//! let mut terms = Terms::new(Rule::cron("0 3 * * *", "Europe/Berlin".parse()?)?);
//! terms.overlap = Overlap::Skip;
//! assert_eq!(terms.rule.describe(), "at 03:00 every day, Europe/Berlin");
//!
//! // 2026-01-01T00:00Z; the first tick is at 02:00Z.
//! let mut now = Timestamp::from_micros(1_767_225_600_000_000);
//! let mut schedule = Schedule::new(terms, Seed::from_bytes([7; 16]), now)?;
//! assert_eq!(schedule.look_at(now), Some(now + Duration::from_secs(2 * 3_600)));
//!
//! now = now + Duration::from_secs(2 * 3_600);
//! let step = schedule.step(now, false);
//! for decided in &step.decided {
//!     if decided.decision.fires() {
//!         // Submit a task with `decided.tick.id`, due at `decided.tick.run_at`.
//!     }
//! }
//! schedule.progress = step.after;
//! assert_eq!(schedule.progress.runs, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With the feature `serde`, all of it can be written and read.
#![forbid(unsafe_code)]

mod backfill;
pub mod bounds;
mod instant;
mod pattern;
mod policy;
mod progress;
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
pub use progress::{Passed, Progress};
pub use rule::{InvalidRule, Period, Rule};
pub use schedule::Schedule;
pub use seed::{InvalidSeed, Seed};
pub use step::{Decided, Dropped, Step, Tick};
pub use terms::{InvalidTerms, Terms};
pub use zone::{InvalidZone, Zone};
