//! Instants, as everywhere in Duly: whole microseconds since the Unix epoch, in UTC.

use core::fmt;
use core::time::Duration;

/// An instant: microseconds since the Unix epoch in UTC, as an `i64`.
///
/// All arithmetic saturates at [`Timestamp::MIN`] and [`Timestamp::MAX`], which are the range that a
/// double holds exactly (±2^53), so that no JSON reader rounds an instant.
///
/// ```
/// use core::time::Duration;
/// use duly_core::Timestamp;
///
/// let noon = Timestamp::from_micros(1_000_000);
/// assert_eq!(noon + Duration::from_secs(2), Timestamp::from_micros(3_000_000));
/// assert_eq!(noon.since(noon + Duration::from_secs(1)), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant: 2^53 microseconds before the epoch.
    pub const MIN: Self = Self(-(1 << 53));
    /// The latest instant: 2^53 microseconds after the epoch (the year 2255).
    pub const MAX: Self = Self(1 << 53);

    /// An instant from microseconds since the epoch, moved into range if outside it.
    #[must_use]
    #[inline]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the epoch, never negative: what a UUIDv7 starts with.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        if self.0 < 0 {
            0
        } else {
            self.0.unsigned_abs() / 1_000
        }
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    #[inline]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

/// Whole microseconds of a duration, at most the span of a [`Timestamp`].
#[inline]
fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros())
        .unwrap_or(i64::MAX)
        .min(2 * Timestamp::MAX.0)
}

impl core::ops::Add<Duration> for Timestamp {
    type Output = Self;

    #[inline]
    fn add(self, after: Duration) -> Self {
        Self::from_micros(self.0.saturating_add(micros(after)))
    }
}

impl core::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    #[inline]
    fn sub(self, before: Duration) -> Self {
        Self::from_micros(self.0.saturating_sub(micros(before)))
    }
}

impl fmt::Display for Timestamp {
    /// Microseconds since the epoch, with the unit: people get calendars from the outer rooms.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::MAX + Duration::MAX, Timestamp::MAX);
        assert_eq!(Timestamp::MIN - Duration::MAX, Timestamp::MIN);
        assert_eq!(Timestamp::from_micros(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::from_micros(i64::MIN), Timestamp::MIN);
    }

    #[test]
    fn since_is_never_negative() {
        assert_eq!(Timestamp::MIN.since(Timestamp::MAX), Duration::ZERO);
        assert_eq!(
            Timestamp::MAX.since(Timestamp::MIN),
            Duration::from_micros(1 << 54)
        );
    }
}
