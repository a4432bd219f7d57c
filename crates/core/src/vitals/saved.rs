//! Taking a task back from where it was saved: what it may be, and what becomes of it.

use super::Vitals;
use crate::named::error;
use crate::{Decision, EventKind, State, Timestamp};

/// What no task can be: its vitals contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inconsistent {
    /// The field that contradicts the others.
    pub field: &'static str,
    /// What it is; 1 for yes, and 0 for no.
    pub value: u32,
    /// The state of the task.
    pub state: State,
    /// What it could be.
    pub expected: &'static str,
}

error!(
    Inconsistent {
        field,
        value,
        state,
        expected
    },
    "{field} is {value}, and the task is {state}: expected {expected}"
);

impl Vitals {
    /// Takes it back at `now`, as it was saved. What was leased then waits again, as if its worker had
    /// handed it back; what is not due yet is not in line.
    ///
    /// # Errors
    /// [`Inconsistent`], and nothing is changed, if no task can be so.
    pub fn restore(&mut self, now: Timestamp) -> Result<Option<EventKind>, Inconsistent> {
        self.check()?;
        let event = self.state.is_leased().then(|| {
            self.settle(Decision::HandBack, now)
                .expect("whatever is leased can be handed back")
        });
        if self.state == State::Pending && self.due_at > now {
            self.go(State::Scheduled)
                .expect("what is in line can wait again");
        }
        Ok(event)
    }

    /// Whether a task can be so.
    fn check(&self) -> Result<(), Inconsistent> {
        use State::{Assigned, Blocked, Completed, Failed, Retrying, Running, TimedOut};
        let holds = |holds: bool, field, value, expected| {
            let state = self.state;
            let error = Inconsistent {
                field,
                value,
                state,
                expected,
            };
            if holds { Ok(()) } else { Err(error) }
        };
        // Nothing would ever release it.
        holds(
            self.state != Blocked,
            "state",
            u32::from(self.state.code()),
            "a state that ends by itself: no task here waits for others",
        )?;
        let began = matches!(
            self.state,
            Assigned | Running | Retrying | Completed | TimedOut
        );
        holds(
            self.attempt > 0 || !began,
            "attempt",
            self.attempt,
            "at least 1 in this state",
        )?;
        let leased = u32::from(self.state.is_leased());
        holds(
            self.spent >= leased,
            "spent",
            self.spent,
            "at least 1 while it is leased",
        )?;
        holds(
            u64::from(self.spent) + u64::from(self.lost) <= u64::from(self.attempt),
            "spent",
            self.spent,
            "together with lost, at most attempt",
        )?;
        holds(self.lost_max > 0, "lost_max", self.lost_max, "at least 1")?;
        let lost_most = self
            .lost_max
            .saturating_sub(u32::from(self.state != Failed));
        holds(
            self.lost <= lost_most,
            "lost",
            self.lost,
            "less than lost_max, or as much if it failed",
        )?;
        holds(
            !self.cancel_requested || self.state == Running || self.state.is_final(),
            "cancel_requested",
            u32::from(self.cancel_requested),
            "0 (no), unless it runs or has ended",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Priority;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);
    const LATER: Timestamp = Timestamp::from_micros(5_000_000);

    fn saved(state: State) -> Vitals {
        let mut vitals = Vitals::submitted(Priority::Normal, NOW, None, 3, NOW);
        vitals.state = state;
        (vitals.attempt, vitals.spent) = (3, 1);
        vitals
    }

    #[test]
    fn what_was_leased_is_handed_back_refunded() {
        for state in [State::Assigned, State::Running] {
            let mut task = saved(state);
            assert_eq!(task.restore(NOW), Ok(Some(EventKind::HandedBack)));
            assert_eq!(
                (task.state, task.attempt, task.spent),
                (State::Pending, 3, 0)
            );
        }
        let mut asked = saved(State::Running);
        asked.cancel_requested = true;
        assert_eq!(asked.restore(NOW), Ok(Some(EventKind::Cancelled)));
        assert_eq!(asked.state, State::Cancelled);
    }

    #[test]
    fn everything_else_stays_but_nothing_is_in_line_early() {
        for state in State::ALL {
            if !state.is_leased() && state != State::Blocked {
                let mut task = saved(state);
                assert_eq!(task.restore(NOW), Ok(None), "{state}");
                assert_eq!(task, saved(state));
            }
        }
        let mut early = saved(State::Pending);
        early.due_at = LATER;
        assert_eq!(early.restore(NOW), Ok(None));
        assert_eq!(early.state, State::Scheduled);
    }

    #[test]
    fn what_no_task_can_be_is_named_and_left() {
        let refused = |state, change: fn(&mut Vitals)| {
            let mut task = saved(state);
            change(&mut task);
            let before = task;
            let error = task.restore(NOW).unwrap_err();
            assert_eq!(task, before);
            error.field
        };
        assert_eq!(refused(State::Blocked, |_| ()), "state");
        for state in [State::Retrying, State::Completed, State::TimedOut] {
            assert_eq!(refused(state, |t| (t.attempt, t.spent) = (0, 0)), "attempt");
        }
        assert_eq!(refused(State::Running, |t| t.spent = 0), "spent");
        assert_eq!(refused(State::Pending, |t| t.spent = 4), "spent");
        assert_eq!(
            refused(State::Pending, |t| (t.spent, t.lost) = (2, 2)),
            "spent"
        );
        assert_eq!(refused(State::Pending, |t| t.lost_max = 0), "lost_max");
        assert_eq!(
            refused(State::Completed, |t| (t.spent, t.lost) = (0, 3)),
            "lost"
        );
        assert_eq!(
            refused(State::Assigned, |t| t.cancel_requested = true),
            "cancel_requested"
        );
        let mut poison = saved(State::Failed);
        (poison.spent, poison.lost) = (0, 3);
        assert_eq!(poison.restore(NOW), Ok(None));
    }
}
