//! Rates: what they have given out, as buckets that leak.

use std::time::Duration;

use duly_core::{Rate, Timestamp};

use crate::bounds::RATE_DOUBT;

/// A bucket that each permit fills by what one is worth, and that leaks as fast as the rate gives permits.
/// Time is counted in parts of a microsecond, as many as the rate has permits per period: so a permit is
/// worth a period, and every sum is exact.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket {
    /// When it will have leaked out; none was taken yet if `None`.
    empty_at: Option<i128>,
}

impl Bucket {
    /// From when on it has room for so many permits, which a burst has, as seen at an instant; it may have
    /// passed.
    pub(crate) fn opens_at(&self, rate: &Rate, permits: u32, now: Timestamp) -> Timestamp {
        let Some(empty_at) = self.doubted(rate, now).empty_at else {
            return Timestamp::MIN;
        };
        let room = i128::from(rate.bursts().saturating_sub(permits)) * worth(rate);
        whole_micros(rate, empty_at - room)
    }

    /// A bucket that holds more than a burst runs over: no clock that only goes on fills it so far. If it
    /// would still do so after a while, whoever filled it went by a clock that was ahead, and it is just full.
    pub(crate) fn doubted(self, rate: &Rate, now: Timestamp) -> Self {
        let level_at = |at: Timestamp| self.empty_at.map(|empty_at| empty_at - in_parts(rate, at));
        let brim = i128::from(rate.bursts()) * worth(rate);
        if level_at(now + RATE_DOUBT).is_some_and(|level| level > brim) {
            let empty_at = Some(in_parts(rate, now) + brim);
            return Self { empty_at };
        }
        self
    }

    pub(crate) fn fill(&mut self, rate: &Rate, permits: u32, now: Timestamp) {
        let now = in_parts(rate, now);
        // What leaked out within this very microsecond did so on time.
        let is_recent = |empty_at: &i128| now - empty_at < i128::from(rate.permits());
        let level = self.empty_at.filter(is_recent).unwrap_or(now);
        self.empty_at = Some(level + i128::from(permits) * worth(rate));
    }

    /// The bucket once another rate takes over: it leaks out at the same instant, at most a burst of the
    /// other from now.
    pub(crate) fn moved(self, from: &Rate, to: &Rate, now: Timestamp) -> Self {
        let empty_at = self.empty_at.map(|empty_at| {
            let at = whole_micros(from, empty_at);
            let most = in_parts(to, now) + i128::from(to.bursts()) * worth(to);
            most.min(in_parts(to, at))
        });
        Self { empty_at }
    }
}

/// The most weight that may start from the first to the last of a window, both counted, by a rate.
pub(crate) fn most_in(rate: &Rate, window: Duration) -> u64 {
    let micros = window.as_micros() + 1;
    let leaked = micros * u128::from(rate.permits()) / rate.period().as_micros();
    u64::from(rate.bursts()) + u64::try_from(leaked).unwrap_or(u64::MAX)
}

fn worth(rate: &Rate) -> i128 {
    i128::try_from(rate.period().as_micros()).unwrap_or(i128::MAX)
}

fn in_parts(rate: &Rate, at: Timestamp) -> i128 {
    i128::from(at.as_micros()) * i128::from(rate.permits())
}

/// The first whole microsecond at or after an instant in parts.
fn whole_micros(rate: &Rate, parts: i128) -> Timestamp {
    let permits = i128::from(rate.permits());
    let micros = parts.div_euclid(permits) + i128::from(parts.rem_euclid(permits) > 0);
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_lets_a_burst_through_and_then_leaks() {
        let rate = Rate::new(5, Duration::from_secs(1)).burst(2);
        let at = Timestamp::from_micros;
        let mut bucket = Bucket::default();
        bucket.fill(&rate, 1, at(0));
        let opens = |bucket: &Bucket, permits| bucket.opens_at(&rate, permits, at(0));
        assert_eq!(opens(&bucket, 1), at(0), "a burst has two");
        bucket.fill(&rate, 1, at(0));
        assert_eq!(opens(&bucket, 1), at(200_000));
        assert_eq!(opens(&bucket, 2), at(400_000));
        let other = Rate::new(10, Duration::from_secs(1)).burst(1);
        let moved = bucket.moved(&rate, &other, at(0));
        assert_eq!(moved.opens_at(&other, 1, at(0)), at(100_000));
    }

    #[test]
    fn a_bucket_that_runs_over_for_long_is_just_full() {
        let rate = Rate::new(5, Duration::from_secs(1)).burst(2);
        let at = Timestamp::from_micros;
        let mut bucket = Bucket::default();
        bucket.fill(&rate, 2, at(60_000_000));
        let seen = |now| bucket.doubted(&rate, at(now)).empty_at;
        assert_eq!(
            seen(0),
            Some(5 * 60_400_000),
            "a minute ahead, as it may be"
        );
        assert_eq!(seen(-1), Some(5 * 399_999), "and one microsecond more");
        assert_eq!(bucket.opens_at(&rate, 1, at(-1)), at(199_999));
    }

    #[test]
    fn a_window_holds_a_burst_and_what_comes_meanwhile() {
        let rate = Rate::new(5, Duration::from_secs(1)).burst(2);
        assert_eq!(most_in(&rate, Duration::ZERO), 2);
        assert_eq!(most_in(&rate, Duration::from_millis(200)), 3);
        assert_eq!(most_in(&rate, Duration::from_secs(10)), 52);
    }
}
