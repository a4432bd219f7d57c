//! Leaving: in time, in order, with nothing left behind.

use std::time::Duration;

use duly_core::Timestamp;

use super::Shutdown;
use crate::backoff::Retries;
use crate::bounds::{LAST_WRITES, LAST_WRITES_NOW};

/// An order to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Departure {
    /// Let what runs go on, but be over after this long.
    Within(Duration),
    /// Let what runs go on for this long, then abort it; the last writes have a time of their own.
    After { grace: Duration, writes: Duration },
    /// Abort everything.
    Now,
}

impl Departure {
    /// When it is over, counted from the order.
    pub(super) const fn time(self) -> Duration {
        match self {
            Self::Within(time) => time,
            Self::After { grace, writes } => grace.saturating_add(writes),
            Self::Now => LAST_WRITES_NOW,
        }
    }
}

/// A worker that leaves.
#[derive(Debug)]
pub(super) struct Leaving {
    /// Tokens are tripped.
    pub(super) trip_at: Timestamp,
    /// What still runs is aborted.
    pub(super) abort_at: Timestamp,
    /// It is over.
    pub(super) end_at: Timestamp,
    pub(super) report: Shutdown,
    pub(super) retiring: Retiring,
    pub(super) retries: Retries,
}

/// Where the last write is: the one that says goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retiring {
    NotYet,
    UnderWay,
    Done,
}

impl Leaving {
    pub(super) fn new(departure: Departure, grace: Duration, now: Timestamp) -> Self {
        let (trip_at, abort_at, end_at) = match departure {
            Departure::Within(time) => {
                let end_at = now + time;
                let abort_at = now + (time - LAST_WRITES.min(time / 4));
                let trip_at = now + (abort_at.since(now) - grace.min(time / 4));
                (trip_at, abort_at, end_at)
            }
            Departure::After { grace: rest, .. } => {
                let trip_at = now + (rest - grace.min(rest / 4));
                (trip_at, now + rest, now + departure.time())
            }
            Departure::Now => (now, now, now + departure.time()),
        };
        Self {
            trip_at,
            abort_at,
            end_at,
            report: Shutdown::default(),
            retiring: Retiring::NotYet,
            retries: Retries::default(),
        }
    }

    /// Another order came: the earlier of both counts.
    pub(super) fn hasten(&mut self, other: &Self) {
        self.trip_at = self.trip_at.min(other.trip_at);
        self.abort_at = self.abort_at.min(other.abort_at);
        self.end_at = self.end_at.min(other.end_at);
    }

    /// The next instant that something changes.
    pub(super) fn wake(&self, now: Timestamp) -> Option<Timestamp> {
        let steps = [Some(self.trip_at), Some(self.abort_at), Some(self.end_at)];
        let all = steps.into_iter().chain([self.retries.at()]).flatten();
        all.filter(|at| *at > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(0);

    fn second(n: u64) -> Timestamp {
        NOW + Duration::from_secs(n)
    }

    fn within(seconds: u64) -> Leaving {
        let time = Departure::Within(Duration::from_secs(seconds));
        Leaving::new(time, Duration::from_secs(5), NOW)
    }

    #[test]
    fn the_grace_and_the_last_writes_lie_before_the_deadline() {
        let leaving = within(30);
        let steps = (leaving.trip_at, leaving.abort_at, leaving.end_at);
        assert_eq!(steps, (second(24), second(29), second(30)));
        let leaving = within(0);
        assert_eq!((leaving.trip_at, leaving.end_at), (NOW, NOW));
    }

    #[test]
    fn the_last_writes_may_come_after_the_grace() {
        let after = |grace| {
            let writes = Duration::from_secs(2);
            let order = Departure::After { grace, writes };
            Leaving::new(order, Duration::from_secs(5), NOW)
        };
        let leaving = after(Duration::from_secs(8));
        let steps = (leaving.trip_at, leaving.abort_at, leaving.end_at);
        assert_eq!(steps, (second(6), second(8), second(10)));
        let leaving = after(Duration::ZERO);
        let steps = (leaving.trip_at, leaving.abort_at, leaving.end_at);
        assert_eq!(steps, (NOW, NOW, second(2)));
    }

    #[test]
    fn the_earlier_order_counts() {
        let mut leaving = within(30);
        leaving.hasten(&within(60));
        assert_eq!(leaving.end_at, second(30));
        leaving.hasten(&Leaving::new(Departure::Now, Duration::ZERO, NOW));
        assert_eq!(leaving.abort_at, NOW);
        assert_eq!(leaving.end_at, NOW + LAST_WRITES_NOW);
    }
}
