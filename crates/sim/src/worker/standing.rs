//! A worker's standing with the store: registered, renewed.

use duly_core::{Tenure, Timestamp};

use crate::bounds::LEASE;
use crate::process::Retries;

#[derive(Debug)]
pub(super) struct Standing {
    pub(super) state: State,
    pub(super) tenure: Tenure,
    /// When the registration under way was sent.
    pub(super) registering_at: Timestamp,
    pub(super) beat_at: Timestamp,
    /// When the heartbeat under way was sent.
    pub(super) beating: Option<Timestamp>,
    pub(super) retries: Retries,
    pub(super) look_wanted: bool,
    pub(super) looking: bool,
    pub(super) look_allowed_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Unknown,
    Registering,
    Registered,
}

impl Standing {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            state: State::Unknown,
            tenure: Tenure::new(now, LEASE),
            registering_at: now,
            beat_at: now,
            beating: None,
            retries: Retries::default(),
            look_wanted: false,
            looking: false,
            look_allowed_at: now,
        }
    }

    pub(super) fn is_registered(&self) -> bool {
        self.state == State::Registered
    }

    pub(super) fn must_beat(&self, now: Timestamp) -> bool {
        self.beating.is_none() && self.beat_at <= now && self.retries.allows(now)
    }

    pub(super) fn must_look(&self, now: Timestamp) -> bool {
        self.look_wanted && !self.looking && self.look_allowed_at <= now
    }

    /// The next instant at which there is something to do.
    pub(super) fn wake(&self) -> Option<Timestamp> {
        match self.state {
            State::Unknown => self.retries.at(),
            State::Registering => None,
            State::Registered => {
                let beat_at = self.beating.is_none().then_some(self.beat_at);
                let beat_at = beat_at.max(beat_at.and(self.retries.at()));
                let look_at = (self.look_wanted && !self.looking).then_some(self.look_allowed_at);
                [beat_at, look_at].into_iter().flatten().min()
            }
        }
    }
}
