//! Pauses between tries of a write that the store did not take.

use std::time::Duration;

use duly_core::{Backoff, Jitter, Timestamp};

use crate::bounds::RETRY;
use crate::dice::Dice;

const GROWTH: Backoff = Backoff::Exponential {
    base: RETRY.0,
    ceiling: RETRY.1,
};

/// Counts failures in a row, and says when to try again.
#[derive(Debug, Default)]
pub(crate) struct Retries {
    failures: u32,
    at: Option<Timestamp>,
}

impl Retries {
    /// It failed (again): not before the pause is over.
    pub(crate) fn failed(&mut self, now: Timestamp, dice: &mut Dice) {
        self.at = Some(now + self.pause(dice));
    }

    /// How long to wait after another failure.
    pub(crate) fn pause(&mut self, dice: &mut Dice) -> Duration {
        let pause = Jitter::Equal.spread(GROWTH.delay(self.failures), dice.roll());
        self.failures = self.failures.saturating_add(1);
        pause
    }

    /// It worked.
    pub(crate) const fn succeeded(&mut self) {
        self.failures = 0;
        self.at = None;
    }

    /// Whether it may be tried now.
    pub(crate) fn allows(&self, now: Timestamp) -> bool {
        self.at.is_none_or(|at| at <= now)
    }

    /// When it may be tried again, if that is still to come.
    pub(crate) const fn at(&self) -> Option<Timestamp> {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_ceiling_and_end_with_a_success() {
        let mut dice = Dice::new(1);
        let mut retries = Retries::default();
        let now = Timestamp::default();
        assert!(retries.allows(now));
        for _ in 0..40 {
            retries.failed(now, &mut dice);
        }
        let at = retries.at().unwrap();
        assert!(at >= now + RETRY.1 / 2 && at <= now + RETRY.1);
        assert!(!retries.allows(now) && retries.allows(at));
        retries.succeeded();
        assert!(retries.allows(now) && retries.at().is_none());
    }
}
