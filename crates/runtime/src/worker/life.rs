//! One incarnation: registered, renewed, asked for requests to cancel.

use std::time::Duration;

use duly_core::{Incarnation, Tenure, Timestamp};

use super::introduction::Introduction;
use crate::backoff::Retries;
use crate::bounds::CANCEL_LOOK;

/// What a worker knows of its own standing with the store.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) incarnation: Incarnation,
    standing: Standing,
    tenure: Tenure,
    beat_at: Timestamp,
    is_beating: bool,
    heartbeat: Duration,
    look: Look,
    pub(super) introduction: Introduction,
    pub(super) retries: Retries,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Unknown,
    Registering,
    Registered,
}

/// Looks for requests to cancel: prompt, and not more often than worth it.
#[derive(Debug)]
struct Look {
    wanted: bool,
    under_way: bool,
    allowed_at: Timestamp,
}

impl Life {
    pub(super) fn new(
        incarnation: Incarnation,
        heartbeat: Duration,
        lease: Duration,
        now: Timestamp,
    ) -> Self {
        Self {
            incarnation,
            standing: Standing::Unknown,
            tenure: Tenure::new(now, lease),
            beat_at: now,
            is_beating: false,
            heartbeat,
            look: Look {
                wanted: false,
                under_way: false,
                allowed_at: now,
            },
            introduction: Introduction::default(),
            retries: Retries::default(),
        }
    }

    pub(super) fn is_registered(&self) -> bool {
        self.standing == Standing::Registered
    }

    pub(super) fn is_registering(&self) -> bool {
        self.standing == Standing::Registering
    }

    pub(super) fn must_register(&self, now: Timestamp) -> bool {
        self.standing == Standing::Unknown && self.retries.allows(now)
    }

    pub(super) const fn registering(&mut self) {
        self.standing = Standing::Registering;
    }

    pub(super) fn registered(&mut self, sent: Timestamp) {
        self.standing = Standing::Registered;
        self.renewed(sent);
    }

    pub(super) const fn not_registered(&mut self) {
        self.standing = Standing::Unknown;
    }

    pub(super) fn must_beat(&self, now: Timestamp) -> bool {
        !self.is_beating && self.beat_at <= now && self.retries.allows(now)
    }

    pub(super) fn beating(&mut self, now: Timestamp) {
        self.is_beating = true;
        self.beat_at = now + self.heartbeat;
    }

    pub(super) fn renewed(&mut self, sent: Timestamp) {
        self.is_beating = false;
        self.tenure.renewed(sent);
        self.beat_at = sent + self.heartbeat;
        self.retries.succeeded();
    }

    /// A heartbeat failed: again as soon as the pause is over.
    pub(super) const fn not_renewed(&mut self, now: Timestamp) {
        self.is_beating = false;
        self.beat_at = now;
    }

    /// When what runs must stop, if nothing renews the leases before.
    pub(super) fn stop_at(&self) -> Timestamp {
        self.tenure.stop_at()
    }

    /// The leases are too old to take on more.
    pub(super) fn is_shaky(&self, now: Timestamp) -> bool {
        self.tenure.is_shaky(now)
    }

    /// There may be requests to cancel.
    pub(super) const fn want_look(&mut self) {
        self.look.wanted = true;
    }

    pub(super) fn must_look(&self, now: Timestamp) -> bool {
        self.look.wanted && !self.look.under_way && self.look.allowed_at <= now
    }

    pub(super) fn looking(&mut self, now: Timestamp) {
        self.look = Look {
            wanted: false,
            under_way: true,
            allowed_at: now + CANCEL_LOOK,
        };
    }

    pub(super) const fn looked(&mut self) {
        self.look.under_way = false;
    }

    /// The next instant after `now` at which there is something to do.
    pub(super) fn wake(&self, now: Timestamp) -> Option<Timestamp> {
        let retry_at = self.retries.at();
        let wakes = match self.standing {
            Standing::Unknown => [retry_at, None, None],
            Standing::Registering => [None, None, None],
            Standing::Registered => {
                let beat_at = (!self.is_beating).then(|| Some(self.beat_at).max(retry_at));
                let is_wanted = self.look.wanted && !self.look.under_way;
                let look_at = is_wanted.then_some(self.look.allowed_at);
                [beat_at.flatten(), look_at, self.introduction.wake()]
            }
        };
        wakes.into_iter().flatten().filter(|at| *at > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(0);
    const SECOND: Duration = Duration::from_secs(1);

    fn registered() -> Life {
        let incarnation = Incarnation::from_bytes([1; 16]);
        let mut life = Life::new(incarnation, 3 * SECOND, 10 * SECOND, NOW);
        assert!(life.must_register(NOW));
        life.registering();
        life.registered(NOW);
        life
    }

    #[test]
    fn beats_follow_each_other_and_one_is_under_way() {
        let mut life = registered();
        assert_eq!(life.wake(NOW), Some(NOW + 3 * SECOND));
        assert!(!life.must_beat(NOW + 2 * SECOND) && life.must_beat(NOW + 3 * SECOND));
        life.beating(NOW + 3 * SECOND);
        assert!(!life.must_beat(NOW + 9 * SECOND));
        life.renewed(NOW + 3 * SECOND);
        assert_eq!(life.wake(NOW + 3 * SECOND), Some(NOW + 6 * SECOND));
    }

    #[test]
    fn a_renewal_counts_from_when_it_was_sent() {
        let mut life = registered();
        assert_eq!(life.stop_at(), NOW + 8 * SECOND);
        assert!(!life.is_shaky(NOW + 4 * SECOND) && life.is_shaky(NOW + 5 * SECOND));
        life.renewed(NOW + 5 * SECOND);
        assert_eq!(life.stop_at(), NOW + 13 * SECOND);
    }

    #[test]
    fn looks_are_coalesced_and_spaced() {
        let mut life = registered();
        life.want_look();
        life.want_look();
        assert!(life.must_look(NOW));
        life.looking(NOW);
        life.want_look();
        life.looked();
        assert!(!life.must_look(NOW));
        assert_eq!(life.wake(NOW), Some(NOW + CANCEL_LOOK));
        assert!(life.must_look(NOW + CANCEL_LOOK));
    }

    #[test]
    fn a_look_that_has_nothing_to_see_does_not_hide_the_next_beat() {
        let mut life = registered();
        life.want_look();
        assert_eq!(life.wake(NOW + SECOND), Some(NOW + 3 * SECOND));
    }
}
