//! A process's own time: that of its clock, except that it never goes back.

use core::time::Duration;

use crate::Timestamp;

/// Follows a clock that may be set. Forward it is followed: what should have happened is late, and
/// happens. Back it is not, for then what is due would wait for as long as the clock was set back.
///
/// ```
/// use core::time::Duration;
/// use duly_core::{Timeline, Timestamp};
///
/// let noon = Timestamp::from_micros(0);
/// let hour = Duration::from_secs(3600);
/// let mut timeline = Timeline::new(noon);
/// assert_eq!(timeline.at(noon - hour), noon);
/// assert_eq!(timeline.at(noon), noon + hour, "an hour went by since");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Timeline {
    seen: Timestamp,
    lead: Duration,
}

impl Timeline {
    /// Begins at what the clock says.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self {
            seen: now,
            lead: Duration::ZERO,
        }
    }

    /// The process's own time when its clock says `now`; never before an earlier answer.
    pub fn at(&mut self, now: Timestamp) -> Timestamp {
        self.lead += self.seen.since(now);
        self.seen = now;
        now + self.lead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_set_back_does_not_turn_time_back() {
        let start = Timestamp::from_micros(1_000_000_000_000);
        let hour = Duration::from_secs(3600);
        let mut timeline = Timeline::new(start);
        assert_eq!(timeline.at(start - hour), start);
        let later = start - hour + Duration::from_secs(3);
        assert_eq!(timeline.at(later), start + Duration::from_secs(3));
        assert_eq!(timeline.at(start + hour), start + 2 * hour);
    }
}
