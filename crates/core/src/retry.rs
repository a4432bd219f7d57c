//! When to try again: backoff, jitter, and how often.

use core::time::Duration;

/// No delay is longer than this, whatever the numbers say: 366 days.
pub const DELAY_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

/// How the delay grows from one retry to the next. Retries count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// Always the same delay.
    Fixed {
        /// The delay.
        delay: Duration,
    },
    /// `step × (retry + 1)`, at most `ceiling`.
    Linear {
        /// What each retry adds.
        step: Duration,
        /// The longest delay.
        ceiling: Duration,
    },
    /// `base × 2^retry`, at most `ceiling`.
    Exponential {
        /// The first delay.
        base: Duration,
        /// The longest delay.
        ceiling: Duration,
    },
}

impl Backoff {
    /// The delay before retry number `retry` (from 0), without jitter. Saturates, never overflows.
    ///
    /// ```
    /// use core::time::Duration;
    /// use duly_core::Backoff;
    ///
    /// let backoff = Backoff::Exponential {
    ///     base: Duration::from_secs(1),
    ///     ceiling: Duration::from_secs(60),
    /// };
    /// assert_eq!(backoff.delay(3), Duration::from_secs(8));
    /// assert_eq!(backoff.delay(u32::MAX), Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn delay(self, retry: u32) -> Duration {
        let delay = match self {
            Self::Fixed { delay } => delay,
            Self::Linear { step, ceiling } => {
                step.saturating_mul(retry.saturating_add(1)).min(ceiling)
            }
            Self::Exponential { base, ceiling } => {
                let factor = 1u32.checked_shl(retry).unwrap_or(u32::MAX);
                base.saturating_mul(factor).min(ceiling)
            }
        };
        delay.min(DELAY_MAX)
    }
}

/// How a delay is spread, so that what failed together does not come back together.
///
/// The formulas of "full" and "equal" are those of Marc Brooker, "Exponential Backoff And Jitter",
/// AWS Architecture Blog, 2015.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// Exactly the delay.
    None,
    /// Anything from zero to the delay.
    Full,
    /// Half the delay, and anything from zero to the other half.
    Equal,
    /// The delay, more or less by up to `permille` thousandths of it (1,000 at most).
    Proportional {
        /// Thousandths of the delay: 100 is ±10 %.
        permille: u16,
    },
}

impl Jitter {
    /// Spreads `delay` by 64 random bits. The result is at most [`DELAY_MAX`].
    #[must_use]
    pub fn spread(self, delay: Duration, random: u64) -> Duration {
        let whole = micros(delay);
        let spread = match self {
            Self::None => whole,
            Self::Full => part(whole, random),
            Self::Equal => whole / 2 + part(whole - whole / 2, random),
            Self::Proportional { permille } => {
                let reach = whole / 1_000 * u64::from(permille.min(1_000))
                    + whole % 1_000 * u64::from(permille.min(1_000)) / 1_000;
                whole - reach + part(reach * 2, random)
            }
        };
        Duration::from_micros(spread).min(DELAY_MAX)
    }
}

fn micros(delay: Duration) -> u64 {
    u64::try_from(delay.min(DELAY_MAX).as_micros()).expect("DELAY_MAX is below 2^64 microseconds")
}

/// A number from 0 to `whole`, by the high half of a 128-bit product.
fn part(whole: u64, random: u64) -> u64 {
    let product = u128::from(random) * (u128::from(whole) + 1);
    u64::try_from(product >> 64).expect("the high half of a product is at most `whole`")
}

/// How often a task is tried, and when again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many charged attempts a task has in all; at least 1.
    pub attempts_max: u32,
    /// How the delay grows.
    pub backoff: Backoff,
    /// How the delay is spread.
    pub jitter: Jitter,
}

impl RetryPolicy {
    /// One attempt, no retry.
    pub const NEVER: Self = Self {
        attempts_max: 1,
        backoff: Backoff::Fixed {
            delay: Duration::ZERO,
        },
        jitter: Jitter::None,
    };

    /// Delays of `base`, twice that, four times that … up to an hour, ±10 %, and 20 attempts: the
    /// default with another base.
    ///
    /// ```
    /// use core::time::Duration;
    /// use duly_core::{Jitter, RetryPolicy};
    ///
    /// let policy = RetryPolicy::exponential(Duration::from_millis(100))
    ///     .attempts(4)
    ///     .ceiling(Duration::from_millis(250))
    ///     .jitter(Jitter::None);
    /// let delays = [1, 2, 3].map(|spent| policy.delay(spent, 0).as_millis());
    /// assert_eq!(delays, [100, 200, 250]);
    /// ```
    #[must_use]
    pub fn exponential(base: Duration) -> Self {
        Self {
            backoff: Backoff::Exponential {
                base,
                ceiling: Duration::from_secs(3600),
            },
            ..Self::default()
        }
    }

    /// With this many charged attempts in all; at least one.
    #[must_use]
    pub fn attempts(self, max: u32) -> Self {
        Self {
            attempts_max: max.max(1),
            ..self
        }
    }

    /// With delays of at most this. A fixed delay stays as it is.
    #[must_use]
    pub fn ceiling(mut self, longest: Duration) -> Self {
        if let Backoff::Linear { ceiling, .. } | Backoff::Exponential { ceiling, .. } =
            &mut self.backoff
        {
            *ceiling = longest;
        }
        self
    }

    /// With delays spread like this.
    #[must_use]
    pub fn jitter(self, jitter: Jitter) -> Self {
        Self { jitter, ..self }
    }

    /// The delay after `spent` charged attempts (the first retry follows `spent` = 1).
    #[must_use]
    pub fn delay(&self, spent: u32, random: u64) -> Duration {
        self.jitter
            .spread(self.backoff.delay(spent.saturating_sub(1)), random)
    }

    /// Whether another attempt remains after `spent` charged ones.
    #[must_use]
    pub const fn allows_after(&self, spent: u32) -> bool {
        spent < self.attempts_max
    }
}

impl Default for RetryPolicy {
    /// 20 attempts; 1 s, 2 s, 4 s … up to 1 h between them, ±10 %: about half a day in all.
    fn default() -> Self {
        Self {
            attempts_max: 20,
            backoff: Backoff::Exponential {
                base: Duration::from_secs(1),
                ceiling: Duration::from_secs(3600),
            },
            jitter: Jitter::Proportional { permille: 100 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn backoffs_grow_as_they_say() {
        let linear = Backoff::Linear {
            step: SECOND,
            ceiling: 3 * SECOND,
        };
        assert_eq!(
            [0, 1, 2, 9].map(|n| linear.delay(n)),
            [1, 2, 3, 3].map(Duration::from_secs)
        );
        let exponential = Backoff::Exponential {
            base: SECOND,
            ceiling: 10 * SECOND,
        };
        assert_eq!(
            [0, 1, 3, 4].map(|n| exponential.delay(n)),
            [1, 2, 8, 10].map(Duration::from_secs)
        );
        assert_eq!(Backoff::Fixed { delay: SECOND }.delay(u32::MAX), SECOND);
    }

    #[test]
    fn nothing_overflows() {
        for backoff in [
            Backoff::Fixed {
                delay: Duration::MAX,
            },
            Backoff::Linear {
                step: Duration::MAX,
                ceiling: Duration::MAX,
            },
            Backoff::Exponential {
                base: Duration::MAX,
                ceiling: Duration::MAX,
            },
        ] {
            for retry in [0, 31, 32, 64, u32::MAX] {
                assert_eq!(backoff.delay(retry), DELAY_MAX);
            }
        }
        for jitter in [
            Jitter::None,
            Jitter::Full,
            Jitter::Equal,
            Jitter::Proportional { permille: u16::MAX },
        ] {
            for random in [0, u64::MAX] {
                assert!(jitter.spread(Duration::MAX, random) <= DELAY_MAX);
            }
        }
    }

    #[test]
    fn jitter_reaches_both_ends_and_no_further() {
        let spread = |jitter: Jitter| [0, u64::MAX].map(|r| jitter.spread(10 * SECOND, r));
        assert_eq!(spread(Jitter::None), [10 * SECOND; 2]);
        assert_eq!(spread(Jitter::Full), [Duration::ZERO, 10 * SECOND]);
        assert_eq!(spread(Jitter::Equal), [5 * SECOND, 10 * SECOND]);
        assert_eq!(
            spread(Jitter::Proportional { permille: 100 }),
            [9 * SECOND, 11 * SECOND]
        );
    }

    #[test]
    fn a_policy_counts_charged_attempts() {
        let policy = RetryPolicy {
            attempts_max: 3,
            ..RetryPolicy::default()
        };
        assert!(policy.allows_after(2) && !policy.allows_after(3));
        assert!(!RetryPolicy::NEVER.allows_after(1));
    }
}
