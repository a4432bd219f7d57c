//! How many per period: the generic cell rate algorithm (ITU-T I.371, Annex A, as the virtual
//! scheduling algorithm), in whole numbers, so that no error adds up.

#[cfg(test)]
mod tests;
mod text;

use alloc::string::{String, ToString};
use core::time::Duration;

use crate::Timestamp;
use crate::bounds::RATE_GRACE;

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

    /// How far an account can rightly be at `now`: as if all of a burst had just been given out.
    fn most(&self, now: Timestamp) -> i128 {
        self.parts(now) + i128::from(self.burst) * i128::from(self.period_us)
    }
}

/// What a rate has given out: one instant, that at which the next permit would be on time, exact to
/// the part of a microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateState {
    /// In parts of the rate; none yet given out if `None`.
    next: Option<i128>,
}

/// No account is further than this from zero. A million permits a period do not come to that at the end of
/// time, and nothing overflows that is made of it.
const NEXT_MAX: u128 = 1 << 88;

impl RateState {
    /// The account as far as it can be believed at `now`. By a clock that only goes on it is never further
    /// ahead than its burst takes. One that is, by more than [`RATE_GRACE`], is of a clock that has been set
    /// back: nobody knows how long ago it was that it gave out the last, so all of a burst counts as given
    /// out at `now`. No more can have been: so no more gets through than by a clock that was right.
    #[must_use]
    pub fn believed(self, rate: &Rate, now: Timestamp) -> Self {
        match self.next {
            Some(next) if next > rate.most(now + RATE_GRACE) => Self {
                next: Some(rate.most(now)),
            },
            _ => self,
        }
    }

    /// The instant from which there is a permit, as seen at `now`; it may have passed.
    #[must_use]
    pub fn ready_at(&self, rate: &Rate, now: Timestamp) -> Timestamp {
        self.ready_at_for(rate, 1, now)
    }

    /// The instant from which there are so many permits together, as seen at `now`; it may have passed. More
    /// than a burst there never are: then [`Timestamp::MAX`].
    #[must_use]
    pub fn ready_at_for(&self, rate: &Rate, permits: u32, now: Timestamp) -> Timestamp {
        let Some(spare) = rate.burst.checked_sub(permits) else {
            return Timestamp::MAX;
        };
        let Some(next) = self.believed(rate, now).next else {
            return Timestamp::MIN;
        };
        let parts = next - i128::from(spare) * i128::from(rate.period_us);
        let worth = i128::from(rate.permits);
        let micros = parts.div_euclid(worth) + i128::from(parts.rem_euclid(worth) != 0);
        let beyond = if micros < 0 { i64::MIN } else { i64::MAX };
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(beyond))
    }

    /// Whether there is a permit at `now`.
    #[must_use]
    pub fn is_ready(&self, rate: &Rate, now: Timestamp) -> bool {
        self.ready_at(rate, now) <= now
    }

    /// Takes a permit.
    ///
    /// # Errors
    /// The instant from which there is one, and none is taken.
    pub fn take(&mut self, rate: &Rate, now: Timestamp) -> Result<(), Timestamp> {
        self.take_many(rate, 1, now)
    }

    /// Takes so many permits together.
    ///
    /// # Errors
    /// The instant from which there are so many, and none is taken.
    pub fn take_many(
        &mut self,
        rate: &Rate,
        permits: u32,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        *self = self.believed(rate, now);
        let ready = self.ready_at_for(rate, permits, now);
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

    /// From [`to_text`](Self::to_text); `None` if it is no such text, or says what no rate comes to.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let next: i128 = text.parse().ok()?;
        (next.unsigned_abs() <= NEXT_MAX).then_some(Self { next: Some(next) })
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
        Self {
            next: Some(next.min(to.most(now))),
        }
    }
}
