//! The worker's own time: that of its clock, except that it never goes back.

use std::sync::Arc;
use std::time::Duration;

use duly_core::Timestamp;
use duly_store::Clock;

/// A clock that was set back would put off heartbeats and timeouts: what it went back is added.
#[derive(Debug)]
pub(super) struct Timeline {
    clock: Arc<dyn Clock>,
    seen: Timestamp,
    lead: Duration,
}

impl Timeline {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let seen = clock.now();
        Self {
            clock,
            seen,
            lead: Duration::ZERO,
        }
    }

    /// Now: not before any instant that was answered earlier.
    pub(super) fn now(&mut self) -> Timestamp {
        let now = self.clock.now();
        self.lead += self.seen.since(now);
        self.seen = now;
        now + self.lead
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duly_store::ManualClock;

    #[test]
    fn a_clock_set_back_does_not_turn_time_back() {
        let clock = Arc::new(ManualClock::default());
        let mut timeline = Timeline::new(clock.clone());
        let before = timeline.now();
        clock.set(clock.now() - Duration::from_secs(3600));
        assert_eq!(timeline.now(), before);
        clock.advance(Duration::from_secs(3));
        assert_eq!(timeline.now(), before + Duration::from_secs(3));
    }
}
