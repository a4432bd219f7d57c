//! What the store knows of a worker, brought up to date while the worker goes on.

use duly_core::Timestamp;

use crate::backoff::Retries;
use crate::dice::Dice;

/// A registration made again, under the same incarnation, because something in it has changed. It gets
/// in nobody's way: leases, claims and settlements do not wait for it.
#[derive(Debug, Default)]
pub(super) struct Introduction {
    wanted: bool,
    under_way: bool,
    retries: Retries,
}

impl Introduction {
    /// Something has changed.
    pub(super) const fn want(&mut self) {
        self.wanted = true;
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.wanted && !self.under_way && self.retries.allows(now)
    }

    pub(super) const fn is_under_way(&self) -> bool {
        self.under_way
    }

    pub(super) fn wake(&self) -> Option<Timestamp> {
        let waits = self.wanted && !self.under_way;
        waits.then(|| self.retries.at()).flatten()
    }

    pub(super) const fn began(&mut self) {
        self.wanted = false;
        self.under_way = true;
    }

    /// The store has heard it, or will have none of it.
    pub(super) const fn done(&mut self) {
        self.under_way = false;
        self.retries.succeeded();
    }

    pub(super) fn failed(&mut self, now: Timestamp, dice: &mut Dice) {
        self.wanted = true;
        self.under_way = false;
        self.retries.failed(now, dice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_during_one_leads_to_another_and_a_failure_to_a_pause() {
        let now = Timestamp::from_micros(0);
        let mut introduction = Introduction::default();
        assert!(!introduction.is_due(now) && introduction.wake().is_none());
        introduction.want();
        introduction.began();
        introduction.want();
        assert!(introduction.is_under_way() && !introduction.is_due(now));
        introduction.done();
        assert!(introduction.is_due(now));
        introduction.began();
        introduction.failed(now, &mut Dice::new(1));
        assert!(!introduction.is_due(now));
        assert!(introduction.is_due(introduction.wake().unwrap()));
        introduction.began();
        introduction.done();
        assert!(introduction.wake().is_none());
    }
}
