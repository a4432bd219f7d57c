//! By when a lease must have begun, and its task ended, told by the worker's own clock.

use std::time::Duration;

use duly_core::Timestamp;
use duly_store::Lease;

use crate::ending::Stop;

/// Two instants of the worker's, either of which may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Term {
    begin: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Term {
    /// That of a lease which the store gave at `at`, by its clock, and which came here at `now`.
    pub(crate) fn new(lease: &Lease, at: Timestamp, now: Timestamp) -> Self {
        let here = |instant: Option<Timestamp>| instant.map(|instant| now + instant.since(at));
        Self {
            begin: here(lease.deadline),
            end: here(lease.finish_by),
        }
    }

    /// When it is too late to begin.
    pub(crate) fn expiry(&self) -> Option<Timestamp> {
        self.begin.into_iter().chain(self.end).min()
    }

    /// How long the task may still take, if that has an end.
    pub(crate) fn left(&self, now: Timestamp) -> Option<Duration> {
        self.end.map(|end| end.since(now))
    }

    /// When an attempt that begins at `now` is stopped, and why: its own time is up, or its task's.
    pub(crate) fn cut(
        &self,
        timeout: Option<Duration>,
        now: Timestamp,
    ) -> Option<(Timestamp, Stop)> {
        let own = timeout.map(|timeout| (now + timeout, Stop::TimedOut(timeout)));
        let whole = self.end.map(|end| (end, Stop::Overdue));
        let cuts = own.into_iter().chain(whole);
        cuts.min_by_key(|(at, _)| *at)
    }
}
