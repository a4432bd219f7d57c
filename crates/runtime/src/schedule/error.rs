//! Why something asked of schedules was refused.

use duly_core::Timestamp;
use duly_schedule::{InvalidBackfill, InvalidPolicy, InvalidRule, InvalidTerms, format_instant};
use duly_store::{InvalidInput, Name, RequestError, ScheduleError, StoreError};

use super::unread::UnreadableSchedule;

/// Why something asked of schedules was refused; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchedulesError {
    /// There is no such rule.
    #[error(transparent)]
    Rule(#[from] InvalidRule),
    /// There is no such policy.
    #[error(transparent)]
    Policy(#[from] InvalidPolicy),
    /// The terms contradict each other.
    #[error(transparent)]
    Terms(#[from] InvalidTerms),
    /// There is nothing to fill in, or too much.
    #[error(transparent)]
    Backfill(#[from] InvalidBackfill),
    /// It has no tick that is still to come.
    #[error("schedule \"{0}\" would never fire: expected a rule with a tick in the future")]
    NeverFires(Name),
    /// There is a schedule of this name.
    #[error("schedule \"{0}\" is there already: change it, or remove it first")]
    Exists(Name),
    /// A period to fill in lies in the future: its ticks are still to come.
    #[error(
        "backfill to {} is not valid: expected an instant that is past, and it is {}",
        format_instant(*.to), format_instant(*.now)
    )]
    NotPast {
        /// Its end.
        to: Timestamp,
        /// The instant at which it was asked for.
        now: Timestamp,
    },
    /// The one of this name cannot be read, and is not replaced: another version of Duly may have written it.
    #[error(transparent)]
    Unreadable(UnreadableSchedule),
    /// A period is being filled in.
    #[error(
        "schedule \"{name}\" is filling in a period, of which {left} ticks are left: wait until that is \
         done"
    )]
    Filling {
        /// The schedule.
        name: Name,
        /// How many ticks are left.
        left: usize,
    },
    /// A value was refused.
    #[error(transparent)]
    InvalidInput(#[from] InvalidInput),
    /// The store refused or failed.
    #[error(transparent)]
    Store(ScheduleError),
}

impl From<ScheduleError> for SchedulesError {
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::InvalidInput(error) => Self::InvalidInput(error),
            error => Self::Store(error),
        }
    }
}

impl From<StoreError> for SchedulesError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.into())
    }
}

impl From<UnreadableSchedule> for SchedulesError {
    fn from(unreadable: UnreadableSchedule) -> Self {
        StoreError::from(unreadable).into()
    }
}

impl From<RequestError> for SchedulesError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::InvalidInput(error) => Self::InvalidInput(error),
            RequestError::Store(error) => error.into(),
            other => Self::Store(ScheduleError::Store(StoreError::Corrupt {
                reason: other.to_string(),
            })),
        }
    }
}
