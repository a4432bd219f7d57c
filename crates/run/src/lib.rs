//! Files of tasks: read, expanded, run, and summed up.
#![forbid(unsafe_code)]

mod board;
pub mod bounds;
mod error;
mod format;
mod identity;
mod items;
mod kind;
mod plan;
mod summary;
mod template;

pub use board::{Board, Change, Standing, Track};
pub use error::{FileError, Place};
pub use format::TaskFile;
pub use plan::{Plan, PlanError, PlannedTask, Shown};
pub use summary::{Failure, GroupSummary, Outcome, Overtake, Spread, Summary};
