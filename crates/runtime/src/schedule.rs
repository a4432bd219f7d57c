//! Schedules: what creates tasks by itself, at the instants of a rule.
//!
//! A schedule is kept in the store as text ([`Definition`], [`Standing`]). Whoever keeps house looks at those
//! that are due, asks the rules (`duly-schedule`) what to do, and moves each on in one step of the store
//! together with its tasks, fenced by the version that was read: so each tick fires once, whoever leads, however
//! often the lead changes hands.
//!
//! **What waits** (for a former run, for room in a queue, for a version of Duly that can read it) is put off by a
//! moment each time it is looked at, so it keeps nobody behind it from being looked at.
//!
//! **A task that is not taken.** If its queue is full, the tick waits until there is room; those that come
//! meanwhile are missed, and the schedule says what becomes of missed ticks. If it is refused for another reason
//! (another task has its unique key, say), the tick does not fire: the schedule keeps when and why
//! ([`Standing::refused`]), and goes on with the next. If it is dropped for the task that holds its unique key, that one
//! stands for the tick. Only the store's answer tells, so that is written in a step of its own; should this be lost, the
//! schedule names the task that was dropped until its next tick fires, which does not look at the other as a former run.

mod converge;
mod definition;
mod error;
mod fire;
mod info;
pub mod labels;
mod plan;
mod schedules;
mod standing;
mod unread;

pub use converge::Converged;
pub use definition::Definition;
pub use error::SchedulesError;
pub(crate) use fire::{Looked, Why, is_ahead, look};
pub use info::ScheduleInfo;
pub use schedules::{BackfillPeriod, Put, Removed, ScheduleInfos, Schedules};
pub use standing::{Dropped, Filling, Refused, Standing};
pub use unread::UnreadableSchedule;
