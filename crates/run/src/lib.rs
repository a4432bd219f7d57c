//! Files of tasks: read, expanded, run, and summed up.
#![forbid(unsafe_code)]

mod board;
pub mod bounds;
mod error;
mod format;
mod home;
mod identity;
mod items;
mod kind;
mod plan;
mod round;
mod run;
mod summary;
mod template;

pub use board::{Board, Change, Standing, Track};
pub use error::{FileError, Place};
pub use format::TaskFile;
pub use home::{HomeError, Lock};
pub use plan::{Plan, PlanError, PlannedTask, Shown};
pub use run::{Asked, GRACE, Notice, Opening, Pace, Run, RunError, Stop, concurrency_default};
pub use summary::{Failure, GroupSummary, Outcome, Overtake, Spread, Summary};
