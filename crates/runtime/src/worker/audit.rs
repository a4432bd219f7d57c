//! What the store says this worker holds, against what it knows.
//!
//! The answer to a claim can get lost although the claim took effect: then the store has leases for
//! this worker that it does not know of, renews with every heartbeat, and would never settle. So after
//! a claim of unknown outcome the worker claims no more until it has read what it holds and handed
//! back, refunded, what it does not know. The fence of the settlement makes that safe: what belongs
//! to another worker of the same name, or has ended, is refused. A claim whose answer was lost may
//! take effect late, so from then on it reads again once in a while.

use duly_core::Timestamp;

use crate::backoff::Retries;
use crate::bounds::AUDIT;
use crate::dice::Dice;

/// When to compare.
#[derive(Debug, Default)]
pub(super) struct Audit {
    due_at: Option<Timestamp>,
    urgent: bool,
    under_way: bool,
    retries: Retries,
}

impl Audit {
    /// The outcome of a claim is not known.
    pub(super) const fn doubt(&mut self, now: Timestamp) {
        self.urgent = true;
        self.due_at = Some(now);
    }

    /// No claim may begin: it would look like one that is not known of.
    pub(super) fn forbids_claims(&self, now: Timestamp) -> bool {
        self.urgent || self.under_way || self.due_at.is_some_and(|at| at <= now)
    }

    /// It is not known what the worker holds.
    pub(super) const fn is_open(&self) -> bool {
        self.urgent || self.under_way
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        !self.under_way && self.due_at.is_some_and(|at| at <= now) && self.retries.allows(now)
    }

    pub(super) fn wake(&self) -> Option<Timestamp> {
        if self.under_way {
            return None;
        }
        self.due_at.max(self.retries.at())
    }

    pub(super) const fn began(&mut self) {
        self.under_way = true;
    }

    pub(super) fn done(&mut self, now: Timestamp) {
        *self = Self {
            due_at: Some(now + AUDIT),
            ..Self::default()
        };
    }

    pub(super) fn failed(&mut self, now: Timestamp, dice: &mut Dice) {
        self.under_way = false;
        self.retries.failed(now, dice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubt_forbids_claims_until_it_is_cleared_and_is_looked_into_again() {
        let now = Timestamp::from_micros(0);
        let mut audit = Audit::default();
        assert!(!audit.forbids_claims(now) && audit.wake().is_none());
        audit.doubt(now);
        assert!(audit.forbids_claims(now) && audit.is_due(now));
        audit.began();
        audit.failed(now, &mut Dice::new(1));
        assert!(audit.forbids_claims(now) && !audit.is_due(now));
        assert!(audit.is_due(audit.wake().unwrap()));
        audit.began();
        audit.done(now);
        assert!(!audit.forbids_claims(now));
        assert!(audit.forbids_claims(now + AUDIT) && audit.is_due(now + AUDIT));
    }
}
