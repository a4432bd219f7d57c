//! The life of one task: every transition is decided here, and nowhere else.
//!
//! [`Vitals`] is all that the rules need to know of a task. A store reads them, lets a method here
//! decide, and writes them back together with the event, atomically.

use crate::named::error;
use crate::{
    Deadlines, Decision, EventKind, InvalidTransition, OrderKey, OrderPolicy, Priority, State,
    Timestamp,
};

/// What the rules know of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// Where it is in its life, as stored; see [`state_at`](Self::state_at).
    pub state: State,
    /// How urgent it is.
    pub priority: Priority,
    /// The instant it is or was due.
    pub due_at: Timestamp,
    /// It must have begun before the one instant, and ended before the other, or expires.
    pub deadlines: Deadlines,
    /// The newest attempt: 0 before the first.
    pub attempt: u32,
    /// Attempts charged.
    pub spent: u32,
    /// Running attempts whose worker vanished.
    pub lost: u32,
    /// How many such losses it survives: at this many it fails.
    pub lost_max: u32,
    /// Somebody asked to cancel it while it ran.
    pub cancel_requested: bool,
}

/// What became of an attempt whose worker vanished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What to record.
    pub event: EventKind,
    /// The attempt had begun, and its loss was counted.
    pub counted: bool,
}

/// The task is not final, so it cannot be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The state that the task is in.
    pub state: State,
}

error!(
    Unfinished { state },
    "the task is {state}: only one that has ended can be discarded, so cancel it first"
);

impl Vitals {
    /// A task as it is submitted at `now`.
    #[must_use]
    #[inline]
    pub fn submitted(
        priority: Priority,
        due_at: Timestamp,
        deadline: Option<Timestamp>,
        lost_max: u32,
        now: Timestamp,
    ) -> Self {
        let state = if due_at > now {
            State::Scheduled
        } else {
            State::Pending
        };
        Self {
            state,
            priority,
            due_at,
            deadlines: Deadlines::new(deadline, None),
            attempt: 0,
            spent: 0,
            lost: 0,
            lost_max,
            cancel_requested: false,
        }
    }

    /// The same, and it must have ended before this instant.
    #[must_use]
    pub fn finish_by(mut self, instant: Option<Timestamp>) -> Self {
        self.deadlines = Deadlines::new(self.deadlines.start(), instant);
        self
    }

    /// The state as seen at `now`: what waits for an instant that has come is `pending`, whether or
    /// not anybody has noticed yet.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> State {
        if self.state.is_waiting() && self.due_at <= now {
            State::Pending
        } else {
            self.state
        }
    }

    /// Its place in line.
    #[must_use]
    #[inline]
    pub fn key(&self, policy: OrderPolicy, sequence: i64) -> OrderKey {
        policy.key(
            self.priority,
            self.due_at,
            self.deadlines.earliest(),
            sequence,
        )
    }

    /// It has lost a worker before: it may be what kills them, so a worker runs one such at a time.
    #[must_use]
    pub const fn is_suspect(&self) -> bool {
        self.lost > 0
    }

    /// A deadline has passed: that of its start, or that of its end.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.deadlines.earliest().is_some_and(|at| at <= now)
    }

    /// How long it may still take, at `now`, if that has an end.
    #[must_use]
    pub fn time_left(&self, now: Timestamp) -> Option<core::time::Duration> {
        self.deadlines.finish().map(|at| at.since(now))
    }

    /// The instant it waits for has come.
    ///
    /// # Errors
    /// If it does not wait for an instant.
    pub fn promote_due(&mut self) -> Result<(), InvalidTransition> {
        if !self.state.is_waiting() {
            return Err(InvalidTransition {
                from: self.state,
                to: State::Pending,
            });
        }
        self.go(State::Pending)
    }

    /// A worker claims it: `running` if it begins at once, otherwise `assigned`. Counts the attempt
    /// and charges it.
    ///
    /// # Errors
    /// If it is not `pending`.
    #[inline]
    pub fn lease(&mut self, start: bool) -> Result<(), InvalidTransition> {
        let to = if start {
            State::Running
        } else {
            State::Assigned
        };
        if self.state != State::Pending {
            return Err(InvalidTransition {
                from: self.state,
                to,
            });
        }
        self.go(to)?;
        self.attempt = self.attempt.saturating_add(1);
        self.spent = self.spent.saturating_add(1);
        Ok(())
    }

    /// Its worker begins an attempt that was assigned.
    ///
    /// # Errors
    /// If it is not `assigned`.
    pub fn start(&mut self) -> Result<(), InvalidTransition> {
        if self.state != State::Assigned {
            return Err(InvalidTransition {
                from: self.state,
                to: State::Running,
            });
        }
        self.go(State::Running)
    }

    /// Applies what a worker decided about its attempt, at `now`.
    ///
    /// One rule merges a cancel request: what would wait again is cancelled instead; what is final
    /// stays as the worker decided.
    ///
    /// # Errors
    /// If the task is not leased, or the attempt never began and is not being handed back.
    #[inline]
    pub fn settle(
        &mut self,
        decision: Decision,
        now: Timestamp,
    ) -> Result<EventKind, InvalidTransition> {
        if !self.state.is_leased() {
            return Err(InvalidTransition {
                from: self.state,
                to: target(decision),
            });
        }
        let decision = match decision {
            Decision::Retry(_) | Decision::Snooze(_) | Decision::HandBack
                if self.cancel_requested =>
            {
                Decision::Cancel
            }
            other => other,
        };
        self.go(target(decision))?;
        Ok(self.after_settlement(decision, now))
    }

    #[inline]
    fn after_settlement(&mut self, decision: Decision, now: Timestamp) -> EventKind {
        match decision {
            Decision::Complete => EventKind::Completed,
            Decision::Fail => EventKind::Failed,
            Decision::TimeOut => EventKind::TimedOut,
            Decision::Cancel => EventKind::Cancelled,
            Decision::Retry(delay) => {
                self.due_at = now + delay;
                EventKind::Retrying
            }
            Decision::Snooze(delay) => {
                self.refund();
                self.due_at = now + delay;
                EventKind::Snoozed
            }
            Decision::HandBack => {
                self.refund();
                EventKind::HandedBack
            }
        }
    }

    /// The worker that held it vanished. An attempt that never began costs nothing; one that had
    /// raises `lost` instead of `spent`, and at `lost_max` fails the task.
    ///
    /// # Errors
    /// If it is not leased.
    pub fn lose(&mut self) -> Result<Loss, InvalidTransition> {
        if !self.state.is_leased() {
            return Err(InvalidTransition {
                from: self.state,
                to: State::Pending,
            });
        }
        let counted = self.state == State::Running;
        self.refund();
        if counted {
            self.lost = self.lost.saturating_add(1);
        }
        let (to, event) = if counted && self.lost >= self.lost_max {
            (State::Failed, EventKind::Failed)
        } else if self.cancel_requested {
            (State::Cancelled, EventKind::Cancelled)
        } else if counted {
            (State::Pending, EventKind::Lost)
        } else {
            (State::Pending, EventKind::HandedBack)
        };
        self.go(to)?;
        Ok(Loss { event, counted })
    }

    /// Somebody calls it off: at once, unless it runs; then its worker is asked, and the answer is
    /// `None` if that was already so.
    ///
    /// # Errors
    /// If it is final.
    #[inline]
    pub fn cancel(&mut self) -> Result<Option<EventKind>, InvalidTransition> {
        if self.state == State::Running {
            let again = core::mem::replace(&mut self.cancel_requested, true);
            return Ok((!again).then_some(EventKind::CancelRequested));
        }
        if self.state.is_final() {
            return Err(InvalidTransition {
                from: self.state,
                to: State::Cancelled,
            });
        }
        self.go(State::Cancelled)?;
        Ok(Some(EventKind::Cancelled))
    }

    /// Somebody puts a finished task back in line, as good as new: due at `now`, nothing charged,
    /// no loss held against it, and without deadlines that have passed. Attempts keep their numbers.
    ///
    /// # Errors
    /// If it is not final, or completed.
    pub fn retry(&mut self, now: Timestamp) -> Result<EventKind, InvalidTransition> {
        if !self.state.is_final() {
            return Err(InvalidTransition {
                from: self.state,
                to: State::Pending,
            });
        }
        self.go(State::Pending)?;
        self.spent = 0;
        self.lost = 0;
        self.cancel_requested = false;
        self.due_at = now;
        self.deadlines = self.deadlines.after(now);
        Ok(EventKind::Retried)
    }

    /// Somebody changes its priority; a running attempt goes on, the next one counts it. `None` if
    /// that is its priority already.
    ///
    /// # Errors
    /// If it is final.
    pub fn reprioritise(
        &mut self,
        priority: Priority,
    ) -> Result<Option<EventKind>, InvalidTransition> {
        if self.state.is_final() {
            return Err(InvalidTransition {
                from: self.state,
                to: State::Pending,
            });
        }
        let old = core::mem::replace(&mut self.priority, priority);
        Ok((old != priority).then_some(EventKind::Reprioritised))
    }

    /// Somebody changes the instant it is due. What was retrying stays so.
    ///
    /// # Errors
    /// If it does not wait: leased, or final.
    pub fn reschedule(
        &mut self,
        due_at: Timestamp,
        now: Timestamp,
    ) -> Result<EventKind, InvalidTransition> {
        let to = match self.state {
            State::Retrying if due_at > now => State::Retrying,
            _ if due_at > now => State::Scheduled,
            _ => State::Pending,
        };
        if !(self.state.is_waiting() || self.state == State::Pending) {
            return Err(InvalidTransition {
                from: self.state,
                to,
            });
        }
        if self.state != to {
            self.go(to)?;
        }
        self.due_at = due_at;
        Ok(EventKind::Rescheduled)
    }

    /// Whether somebody may remove it: only once it is final.
    ///
    /// # Errors
    /// [`Unfinished`], with its state.
    pub fn discard(&self) -> Result<(), Unfinished> {
        if self.state.is_final() {
            Ok(())
        } else {
            Err(Unfinished { state: self.state })
        }
    }

    /// It waited until a deadline had passed: that of its start, or that of its end.
    ///
    /// # Errors
    /// If it is leased or final.
    pub fn expire(&mut self) -> Result<EventKind, InvalidTransition> {
        self.go(State::Expired)?;
        Ok(EventKind::Expired)
    }

    fn refund(&mut self) {
        self.spent = self.spent.saturating_sub(1);
    }

    #[inline]
    fn go(&mut self, to: State) -> Result<(), InvalidTransition> {
        self.state = self.state.step(to)?;
        Ok(())
    }
}

const fn target(decision: Decision) -> State {
    match decision {
        Decision::Complete => State::Completed,
        Decision::Retry(_) | Decision::Snooze(_) => State::Retrying,
        Decision::HandBack => State::Pending,
        Decision::Fail => State::Failed,
        Decision::TimeOut => State::TimedOut,
        Decision::Cancel => State::Cancelled,
    }
}

mod saved;

pub use saved::Inconsistent;

#[cfg(test)]
mod tests;
