//! Rules: which instants a schedule means.

mod describe;
mod text;

use std::fmt;
use std::time::Duration;

use duly_core::{Timestamp, duration};
use jiff::ToSpan as _;
use jiff::civil::DateTime;

use crate::bounds::{PERIOD_MAX, PERIOD_MIN};
use crate::quote::quote;
use crate::terms::is_whole;
use crate::{InvalidPattern, InvalidZone, Pattern, Zone};

/// Which instants a schedule means: its ticks.
///
/// # Clocks that are put forward and back
///
/// A cron rule fires at **the first instant at which the clocks of its zone show a time of the pattern,
/// or a later one**. So:
///
/// - A time that is skipped, because clocks are put forward past it, fires at the next valid instant:
///   the one at which they are put forward. Several that are skipped together fire once. A whole day
///   that is skipped is no exception.
/// - A time that is shown twice, because clocks are put back, fires once: the first time.
///
/// Every time of the calendar is one tick, then, and no instant has two. `*/15 * * * *` therefore
/// rests while the clocks repeat an hour; what should go by time elapsed is an interval, or cron in UTC.
///
/// ```
/// use duly_schedule::{Rule, Zone};
/// # fn main() -> Result<(), duly_schedule::InvalidRule> {
/// # use duly_core::Timestamp;
/// let berlin = "Europe/Berlin".parse()?;
/// let rule = Rule::cron("30 2 * * *", berlin)?;
///
/// // 2026-03-28T12:00Z. In the night, clocks go from 02:00 to 03:00, at 01:00Z.
/// let noon = Timestamp::from_micros(1_774_699_200_000_000);
/// let gap = rule.next_after(noon).map(Timestamp::as_micros);
/// assert_eq!(gap, Some(1_774_746_000_000_000));
///
/// let every = Rule::cron("@every 90s", Zone::UTC)?;
/// assert_eq!(every.to_string(), "every 90s");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// Times of a calendar. Made by [`Rule::cron`].
    Cron {
        /// Which times.
        pattern: Pattern,
        /// Whose clocks.
        zone: Zone,
    },
    /// An interval, without drift. Made by [`Rule::every`].
    Every {
        /// From one tick to the next.
        period: Period,
        /// An instant that is a tick; so are those whole periods before and after it.
        anchor: Timestamp,
    },
    /// One instant.
    Once {
        /// Which.
        at: Timestamp,
    },
}

/// How long from one tick of an interval to the next: whole milliseconds, from [`PERIOD_MIN`] to
/// [`PERIOD_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period(Duration);

/// There is no such rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRule {
    /// The pattern is wrong.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    /// The zone is wrong.
    #[error(transparent)]
    Zone(#[from] InvalidZone),
    /// The period is wrong.
    #[error(
        "period {} is not valid: expected {}, from {} to {}, in whole milliseconds", quote(.value),
        duration::EXPECTED, duration::format(PERIOD_MIN), duration::format(PERIOD_MAX)
    )]
    Period {
        /// What was given.
        value: String,
    },
    /// The text of a whole rule is wrong.
    #[error(
        "rule {} is not valid: expected cron with a zone and a pattern, every with a duration, or once \
         with an instant, such as cron UTC 0 9 * * *, every 15m or once 2026-01-01T09:00:00Z", quote(.value)
    )]
    Text {
        /// What was given.
        value: String,
    },
}

impl Rule {
    /// Times of a calendar: a pattern and whose clocks show it. `@every 90s` is [`Rule::every`], and
    /// takes no heed of the zone.
    ///
    /// # Errors
    /// [`InvalidRule::Pattern`] or, after `@every`, [`InvalidRule::Period`].
    pub fn cron(pattern: &str, zone: Zone) -> Result<Self, InvalidRule> {
        let text = pattern.trim_ascii();
        let word = "@every ";
        match text.get(..word.len()) {
            Some(start) if start.eq_ignore_ascii_case(word) => {
                let period = text[word.len()..].trim_ascii().parse()?;
                Ok(Self::Every {
                    period,
                    anchor: Timestamp::default(),
                })
            }
            _ => Ok(Self::Cron {
                pattern: text.parse()?,
                zone,
            }),
        }
    }

    /// An interval: ticks at `anchor` and every whole number of periods before and after it, so that
    /// nothing drifts. The epoch is the usual anchor: every 15 minutes are then the quarters of the
    /// hour, in UTC.
    ///
    /// # Errors
    /// [`InvalidRule::Period`].
    pub fn every(period: Duration, anchor: Timestamp) -> Result<Self, InvalidRule> {
        let period = Period::new(period)?;
        Ok(Self::Every { period, anchor })
    }

    /// One instant.
    #[must_use]
    pub const fn once(at: Timestamp) -> Self {
        Self::Once { at }
    }

    /// The first tick after an instant. `None`: there is none, or it lies past what Duly counts.
    #[must_use]
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron { pattern, zone } => {
                let shown = zone.latest_shown(at);
                let after = shown.checked_add(1.second()).ok()?;
                zone.first_showing(pattern.at_or_after(after)?)
            }
            Self::Every { period, anchor } => period.count(*anchor, at, 1),
            Self::Once { at: tick } => Some(*tick).filter(|tick| *tick > at),
        }
    }

    /// The last tick that is not after an instant.
    #[must_use]
    pub fn last_until(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Cron { pattern, zone } => {
                let shown: DateTime = zone.latest_shown(at);
                zone.first_showing(pattern.at_or_before(shown)?)
            }
            Self::Every { period, anchor } => period.count(*anchor, at, 0),
            Self::Once { at: tick } => Some(*tick).filter(|tick| *tick <= at),
        }
    }

    /// The ticks after an instant, in order: each found when it is asked for.
    pub fn ticks_after(&self, at: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        std::iter::successors(self.next_after(at), |tick| self.next_after(*tick))
    }
}

impl Period {
    /// A period.
    ///
    /// # Errors
    /// [`InvalidRule::Period`] if it is too short, too long, or holds parts of a millisecond.
    pub fn new(period: Duration) -> Result<Self, InvalidRule> {
        if is_whole(period) && (PERIOD_MIN..=PERIOD_MAX).contains(&period) {
            return Ok(Self(period));
        }
        Err(InvalidRule::Period {
            value: duration::exact(period),
        })
    }

    /// How long it is.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }

    /// The last tick that is not after an instant, and so many periods later.
    fn count(self, anchor: Timestamp, at: Timestamp, later: i64) -> Option<Timestamp> {
        let period = i64::try_from(self.0.as_micros()).ok()?;
        let since = at.as_micros() - anchor.as_micros();
        let ticks = since.div_euclid(period) + later;
        let micros = ticks.checked_mul(period)?.checked_add(anchor.as_micros())?;
        let tick = Timestamp::from_micros(micros);
        (tick.as_micros() == micros).then_some(tick)
    }
}

impl std::str::FromStr for Period {
    type Err = InvalidRule;

    fn from_str(text: &str) -> Result<Self, InvalidRule> {
        let invalid = |_| InvalidRule::Period {
            value: text.to_owned(),
        };
        let period = duration::parse(text).map_err(invalid)?;
        Self::new(period).map_err(|_| InvalidRule::Period {
            value: text.to_owned(),
        })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&duration::format(self.0))
    }
}
