//! Unique keys: what a task holds, and for how long.

use alloc::boxed::Box;

use crate::{EventKind, InvalidTransition, Priority, State, Timestamp, Vitals};

/// A key that no two tasks of one kind hold at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldKey {
    /// The key.
    pub key: Box<str>,
    /// How long its task holds it.
    pub hold: Hold,
}

/// How long a task holds its unique key. It follows from what the task is, and from the instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hold {
    /// Until it ends.
    #[default]
    Unfinished,
    /// Until its first attempt is claimed, or it ends.
    Waiting,
    /// Until this instant, whatever becomes of it.
    Until(Timestamp),
}

impl Hold {
    /// Whether a task holds its key at `now`.
    #[must_use]
    pub fn holds(self, vitals: &Vitals, now: Timestamp) -> bool {
        match self {
            Self::Unfinished => !vitals.state.is_final(),
            Self::Waiting => waits_first(vitals),
            Self::Until(end) => now < end,
        }
    }
}

/// It waits for its first attempt.
const fn waits_first(vitals: &Vitals) -> bool {
    vitals.attempt == 0 && !vitals.state.is_final()
}

impl HeldKey {
    /// A key that its task holds until it ends.
    #[must_use]
    pub fn unfinished(key: impl Into<Box<str>>) -> Self {
        Self {
            key: key.into(),
            hold: Hold::Unfinished,
        }
    }
}

/// What a submission that meets the holder of its key changes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replacement {
    /// Its priority from now on.
    pub priority: Option<Priority>,
    /// When it is due from now on.
    pub due_at: Option<Timestamp>,
}

impl Vitals {
    /// Another submission takes its place, while it has not begun. What was retrying stays so.
    ///
    /// # Errors
    /// If it does not wait: leased, or final.
    pub fn replace(
        &mut self,
        by: Replacement,
        now: Timestamp,
    ) -> Result<EventKind, InvalidTransition> {
        if !(self.state.is_waiting() || self.state == State::Pending) {
            return Err(InvalidTransition {
                from: self.state,
                to: State::Pending,
            });
        }
        if let Some(due_at) = by.due_at {
            self.reschedule(due_at, now)?;
        }
        if let Some(priority) = by.priority {
            self.reprioritise(priority)?;
        }
        Ok(EventKind::Replaced)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::Decision;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);

    fn pending() -> Vitals {
        Vitals::submitted(Priority::Normal, NOW, None, 3, NOW)
    }

    fn after(step: impl FnOnce(&mut Vitals)) -> Vitals {
        let mut vitals = pending();
        step(&mut vitals);
        vitals
    }

    #[test]
    fn what_a_task_holds_follows_from_what_it_is() {
        let assigned = after(|v| v.lease(false).unwrap());
        let retrying = after(|v| {
            v.lease(true).unwrap();
            v.settle(Decision::Retry(Duration::from_secs(1)), NOW)
                .unwrap();
        });
        let cancelled = after(|v| {
            v.cancel().unwrap();
        });
        let again = after(|v| {
            v.cancel().unwrap();
            v.retry(NOW).unwrap();
        });
        for (vitals, unfinished, waiting) in [
            (pending(), true, true),
            (assigned, true, false),
            (retrying, true, false),
            (cancelled, false, false),
            (again, true, true),
        ] {
            let state = vitals.state;
            assert_eq!(Hold::Unfinished.holds(&vitals, NOW), unfinished, "{state}");
            assert_eq!(Hold::Waiting.holds(&vitals, NOW), waiting, "{state}");
            let end = NOW + Duration::from_micros(1);
            assert!(Hold::Until(end).holds(&vitals, NOW), "{state}");
            assert!(!Hold::Until(NOW).holds(&vitals, NOW), "{state}");
        }
    }

    #[test]
    fn only_what_has_not_begun_is_replaced() {
        let later = NOW + Duration::from_secs(9);
        let by = Replacement {
            priority: Some(Priority::High),
            due_at: Some(later),
        };
        let mut vitals = pending();
        assert_eq!(vitals.replace(by, NOW), Ok(EventKind::Replaced));
        assert_eq!(
            (vitals.state, vitals.due_at, vitals.priority),
            (State::Scheduled, later, Priority::High)
        );
        let mut untouched = vitals;
        assert!(untouched.replace(Replacement::default(), NOW).is_ok());
        assert_eq!(untouched, vitals, "nothing of it was to be replaced");
        let now = Replacement {
            due_at: Some(NOW),
            ..Replacement::default()
        };
        vitals.replace(now, NOW).unwrap();
        assert_eq!(vitals.state, State::Pending);
        for begun in [
            after(|v| v.lease(false).unwrap()),
            after(|v| v.lease(true).unwrap()),
            after(|v| {
                v.cancel().unwrap();
            }),
        ] {
            for by in [by, Replacement::default()] {
                let mut vitals = begun;
                let refused = vitals.replace(by, NOW);
                assert!(
                    matches!(refused, Err(InvalidTransition { from, .. }) if from == begun.state)
                );
                assert_eq!(vitals, begun);
            }
        }
    }
}
