//! The states of a task and the table of what may follow what.
//!
//! ```text
//!            ┌─ scheduled ─┐(due)                     ┌─ completed
//! submit ──► │             ├──► pending ─► assigned ─► running ─┼─ failed
//!            └─ blocked ───┘      ▲    └─────────────►    │     ├─ timed_out
//!                                 └──── retrying ◄────────┤     ├─ cancelled
//!                                                         │     └─ expired
//!                                 lost worker: pending again, or failed
//! ```

use crate::named::{error, named};

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum State {
    /// Not due yet.
    Scheduled = 0,
    /// Waiting for other tasks.
    Blocked = 1,
    /// Due, and waiting for a worker.
    Pending = 2,
    /// Leased to a worker, not begun.
    Assigned = 3,
    /// Leased to a worker, and begun (durably so before its handler starts).
    Running = 4,
    /// Waiting to be tried again, after a failure or a snooze.
    Retrying = 5,
    /// Done. Final.
    Completed = 6,
    /// Attempts spent, failed for good, or lost too often: the dead letters. Final.
    Failed = 7,
    /// The last attempt ran out of time. Final.
    TimedOut = 8,
    /// Called off. Final.
    Cancelled = 9,
    /// It waited until a deadline had passed: that of its start, or that of its end. Final.
    Expired = 10,
}

impl State {
    /// How many states there are.
    pub const COUNT: usize = 11;

    /// All states, in the order of their codes.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Scheduled,
        Self::Blocked,
        Self::Pending,
        Self::Assigned,
        Self::Running,
        Self::Retrying,
        Self::Completed,
        Self::Failed,
        Self::TimedOut,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The name in snake case, as the API and the command line write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Blocked => "blocked",
            Self::Pending => "pending",
            Self::Assigned => "assigned",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Nothing follows by itself; only a manual retry leads out (and none out of `completed`).
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.code() >= Self::Completed.code()
    }

    /// A worker holds an attempt of the task.
    #[must_use]
    pub const fn is_leased(self) -> bool {
        matches!(self, Self::Assigned | Self::Running)
    }

    /// Waiting for an instant: the states that become `pending` when it comes.
    #[must_use]
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Scheduled | Self::Retrying)
    }

    /// The states that may follow this one: the run-time table.
    #[must_use]
    pub const fn successors(self) -> &'static [Self] {
        use State::{
            Assigned, Blocked, Cancelled, Completed, Expired, Failed, Pending, Retrying, Running,
            Scheduled, TimedOut,
        };
        match self {
            Scheduled | Retrying => &[Pending, Scheduled, Retrying, Cancelled, Expired],
            Blocked => &[Pending, Scheduled, Cancelled, Failed, Expired],
            Pending => &[Assigned, Running, Scheduled, Retrying, Cancelled, Expired],
            Assigned => &[Running, Pending, Cancelled],
            Running => &[Completed, Failed, TimedOut, Cancelled, Retrying, Pending],
            Failed | TimedOut | Cancelled | Expired => &[Pending],
            Completed => &[],
        }
    }

    /// Checks one step against the table.
    ///
    /// # Errors
    /// [`InvalidTransition`], naming both states, if `to` may not follow.
    #[inline]
    pub fn step(self, to: Self) -> Result<Self, InvalidTransition> {
        if self.successors().contains(&to) {
            Ok(to)
        } else {
            Err(InvalidTransition { from: self, to })
        }
    }
}

/// The text names no state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidState;

error!(
    InvalidState,
    "not a state: expected scheduled, blocked, pending, assigned, running, retrying, completed, failed, timed_out, cancelled or expired"
);

named!(State, InvalidState);

/// The task is not in a state from which it could go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTransition {
    /// The state that the task is in.
    pub from: State,
    /// The state that was asked for.
    pub to: State,
}

error!(
    InvalidTransition { from, to },
    "the task is {from}, and from there it cannot become {to}"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_round_trip() {
        for (code, state) in (0..).zip(State::ALL) {
            assert_eq!(state.code(), code);
            assert_eq!(State::from_code(code), Some(state));
            assert_eq!(state.name().parse(), Ok(state));
        }
        assert_eq!(State::from_code(11), None);
    }

    #[test]
    fn completed_is_the_end_and_every_other_state_has_a_way_on() {
        for state in State::ALL {
            assert_eq!(state.successors().is_empty(), state == State::Completed);
        }
    }

    #[test]
    fn final_states_lead_only_back_to_pending() {
        for state in State::ALL.into_iter().filter(|s| s.is_final()) {
            assert!(state.successors().iter().all(|s| *s == State::Pending));
        }
    }

    #[test]
    fn the_error_names_both_states() {
        use alloc::string::ToString;
        let error = State::Completed.step(State::Running).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the task is completed, and from there it cannot become running"
        );
    }
}
