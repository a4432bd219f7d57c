//! How many per period: the generic cell rate algorithm (ITU-T I.371, Annex A, as the virtual
//! scheduling algorithm), in whole numbers, so that no error adds up.

mod text;

use alloc::string::{String, ToString};
use core::time::Duration;

use crate::Timestamp;

pub use text::InvalidRate;

/// So many per period, after a burst.
///
/// ```
/// use core::time::Duration;
/// use duly_core::{Rate, RateState, Timestamp};
///
/// let rate = Rate::new(5, Duration::from_secs(1)).burst(2);
/// let mut state = RateState::default();
/// let start = Timestamp::from_micros(0);
/// assert!(state.take(&rate, start).is_ok() && state.take(&rate, start).is_ok());
/// assert_eq!(state.take(&rate, start), Err(Timestamp::from_micros(200_000)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    permits: u32,
    period_us: u64,
    burst: u32,
}

/// The longest period of a rate: [`DELAY_MAX`](crate::DELAY_MAX).
const PERIOD_MAX_US: u64 = 366 * 24 * 3_600 * 1_000_000;

impl Rate {
    /// `permits` in every `period`, evenly, with a burst as large: what is not used in a period may be
    /// used at once. Zero permits count as one; a period is between a microsecond and 366 days.
    #[must_use]
    pub fn new(permits: u32, period: Duration) -> Self {
        let permits = permits.max(1);
        let period = u64::try_from(period.as_micros()).unwrap_or(u64::MAX);
        Self {
            permits,
            period_us: period.clamp(1, PERIOD_MAX_US),
            burst: permits,
        }
    }

    /// How many at once, if none were used for long: at least one.
    #[must_use]
    pub const fn burst(self, burst: u32) -> Self {
        let burst = if burst == 0 { 1 } else { burst };
        Self { burst, ..self }
    }

    /// How many per period.
    #[must_use]
    pub const fn permits(&self) -> u32 {
        self.permits
    }

    /// The period.
    #[must_use]
    pub const fn period(&self) -> Duration {
        Duration::from_micros(self.period_us)
    }

    /// How many at once, if none were used for long.
    #[must_use]
    pub const fn bursts(&self) -> u32 {
        self.burst
    }

    /// An instant in parts: a permit is worth a whole period of them, so that every sum is exact.
    fn parts(&self, at: Timestamp) -> i128 {
        i128::from(at.as_micros()) * i128::from(self.permits)
    }
}

/// What a rate has given out: one instant, that at which the next permit would be on time, exact to
/// the part of a microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateState {
    /// In parts of the rate; none yet given out if `None`.
    next: Option<i128>,
}

impl RateState {
    /// The instant from which there is a permit; it may have passed.
    #[must_use]
    pub fn ready_at(&self, rate: &Rate) -> Timestamp {
        self.ready_at_for(rate, 1)
    }

    /// The instant from which there are so many permits together; it may have passed. More than a burst
    /// there never are: then [`Timestamp::MAX`].
    #[must_use]
    pub fn ready_at_for(&self, rate: &Rate, permits: u32) -> Timestamp {
        let Some(spare) = rate.burst.checked_sub(permits) else {
            return Timestamp::MAX;
        };
        let Some(next) = self.next else {
            return Timestamp::MIN;
        };
        let parts = next - i128::from(spare) * i128::from(rate.period_us);
        let worth = i128::from(rate.permits);
        let micros = parts.div_euclid(worth) + i128::from(parts.rem_euclid(worth) != 0);
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// Whether there is a permit at `now`.
    #[must_use]
    pub fn is_ready(&self, rate: &Rate, now: Timestamp) -> bool {
        self.ready_at(rate) <= now
    }

    /// Takes a permit.
    ///
    /// # Errors
    /// The instant from which there is one, and nothing is changed.
    pub fn take(&mut self, rate: &Rate, now: Timestamp) -> Result<(), Timestamp> {
        self.take_many(rate, 1, now)
    }

    /// Takes so many permits together.
    ///
    /// # Errors
    /// The instant from which there are so many, and nothing is changed.
    pub fn take_many(
        &mut self,
        rate: &Rate,
        permits: u32,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let ready = self.ready_at_for(rate, permits);
        if ready > now {
            return Err(ready);
        }
        let parts = rate.parts(now);
        // An instant is whole microseconds: who comes within the one after is on time.
        let on_time = self
            .next
            .filter(|next| parts - next < i128::from(rate.permits));
        let worth = i128::from(permits) * i128::from(rate.period_us);
        self.next = Some(on_time.unwrap_or(parts) + worth);
        Ok(())
    }

    /// As text, to be kept: the account in parts of the rate that it was made with, empty before the
    /// first permit.
    #[must_use]
    pub fn to_text(self) -> String {
        self.next.map(|next| next.to_string()).unwrap_or_default()
    }

    /// From [`to_text`](Self::to_text); `None` if it is no such text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let next = text.parse().ok()?;
        Some(Self { next: Some(next) })
    }

    /// The account as it stands for another rate: whoever waits for a permit waits until the same
    /// instant, at most as long as a burst of the other takes.
    #[must_use]
    pub fn moved(self, from: &Rate, to: &Rate, now: Timestamp) -> Self {
        let Some(next) = self.next else {
            return self;
        };
        let worth = i128::from(from.permits);
        let micros = next.div_euclid(worth) + i128::from(next.rem_euclid(worth) != 0);
        let next = micros * i128::from(to.permits);
        let most = to.parts(now) + i128::from(to.burst) * i128::from(to.period_us);
        Self {
            next: Some(next.min(most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_700_000_000_000_000;

    fn at(us: i64) -> Timestamp {
        Timestamp::from_micros(START + us)
    }

    /// The instants, after the start, at which an eager taker gets `count` permits.
    fn eager(rate: &Rate, count: usize) -> alloc::vec::Vec<i64> {
        let mut state = RateState::default();
        let mut now = at(0);
        (0..count)
            .map(|_| {
                if let Err(ready) = state.take(rate, now) {
                    now = ready;
                    state.take(rate, now).expect("it said so");
                }
                now.as_micros() - START
            })
            .collect()
    }

    #[test]
    fn a_burst_then_steady() {
        let rate = Rate::new(5, Duration::from_secs(1));
        assert_eq!(eager(&rate, 8), [0, 0, 0, 0, 0, 200_000, 400_000, 600_000]);
        assert_eq!(eager(&rate.burst(1), 3), [0, 200_000, 400_000]);
        assert_eq!(eager(&rate.burst(0), 3), [0, 200_000, 400_000]);
    }

    #[test]
    fn what_divides_unevenly_does_not_drift() {
        let rate = Rate::new(7, Duration::from_secs(1)).burst(1);
        let taken = eager(&rate, 7_001);
        assert_eq!(taken[1], 142_858, "never early");
        assert_eq!(taken[7_000], 1_000_000_000, "and after 1,000 s not late");
    }

    #[test]
    fn credit_is_no_larger_than_the_burst() {
        let rate = Rate::new(5, Duration::from_secs(1)).burst(2);
        let mut state = RateState::default();
        assert!(state.take(&rate, at(0)).is_ok());
        let later = at(3_600_000_000);
        assert!(state.take(&rate, later).is_ok() && state.take(&rate, later).is_ok());
        assert_eq!(state.take(&rate, later), Err(at(3_600_200_000)));
    }

    #[test]
    fn several_permits_together_wait_for_all_of_them() {
        let rate = Rate::new(10, Duration::from_secs(1)).burst(3);
        let mut state = RateState::default();
        assert!(state.take_many(&rate, 3, at(0)).is_ok());
        assert_eq!(state.take_many(&rate, 2, at(0)), Err(at(200_000)));
        assert_eq!(state.ready_at_for(&rate, 1), at(100_000));
        assert!(state.take_many(&rate, 2, at(200_000)).is_ok());
        assert_eq!(state.take(&rate, at(200_000)), Err(at(300_000)));
        assert_eq!(state.ready_at_for(&rate, 4), Timestamp::MAX, "never");
    }

    #[test]
    fn the_account_survives_as_text() {
        let rate = Rate::new(7, Duration::from_secs(1)).burst(1);
        let mut state = RateState::default();
        assert_eq!(RateState::from_text(&state.to_text()), Some(state));
        state.take(&rate, at(3)).unwrap();
        assert_eq!(RateState::from_text(&state.to_text()), Some(state));
        assert_eq!(RateState::from_text("soon"), None);
    }

    #[test]
    fn a_rate_that_is_changed_keeps_whom_it_made_wait_but_not_for_ever() {
        let slow = Rate::new(1, Duration::from_secs(3_600)).burst(1);
        let fast = Rate::new(1, Duration::from_secs(1)).burst(1);
        let mut state = RateState::default();
        state.take(&fast, at(0)).unwrap();
        assert_eq!(
            state.moved(&fast, &slow, at(0)).ready_at(&slow),
            at(1_000_000)
        );
        state = RateState::default();
        state.take(&slow, at(0)).unwrap();
        assert_eq!(
            state.moved(&slow, &fast, at(0)).ready_at(&fast),
            at(1_000_000)
        );
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_permit_twice() {
        let rate = Rate::new(1, Duration::from_secs(1));
        let mut state = RateState::default();
        assert!(state.take(&rate, at(5_000_000)).is_ok());
        assert_eq!(state.take(&rate, at(0)), Err(at(6_000_000)));
    }

    #[test]
    fn absurd_rates_are_bounded() {
        let rate = Rate::new(0, Duration::ZERO);
        assert_eq!(eager(&rate, 3), [0, 1, 2]);
        let rate = Rate::new(u32::MAX, Duration::MAX).burst(u32::MAX);
        let mut state = RateState::default();
        assert!(state.take(&rate, Timestamp::MAX).is_ok());
        assert!(state.take(&rate, Timestamp::MAX).is_ok());
        assert!(Rate::new(1, Duration::MAX).burst(1) == Rate::new(1, crate::DELAY_MAX).burst(1));
    }
}
