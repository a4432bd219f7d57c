//! The terms of a schedule: what somebody asked for.

use std::num::NonZeroU64;
use std::time::Duration;

use duly_core::{Timestamp, duration};

use crate::bounds::{JITTER_MAX, WITHIN_MAX};
use crate::instant;
use crate::{Missed, Overlap, Rule};

/// What somebody asked for: when, how often, and what to do about misses and overlaps.
///
/// ```
/// use duly_schedule::{Overlap, Rule, Terms, Zone};
///
/// let mut terms = Terms::new(Rule::cron("@hourly", Zone::UTC)?);
/// terms.overlap = Overlap::Skip;
/// assert!(terms.check().is_ok());
/// # Ok::<(), duly_schedule::InvalidRule>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Terms {
    /// Which instants.
    pub rule: Rule,
    /// What becomes of ticks that nobody could fire in time. Default: the last one runs.
    #[cfg_attr(feature = "serde", serde(default))]
    pub missed: Missed,
    /// What a tick does while a former run is unfinished. Default: it fires all the same.
    #[cfg_attr(feature = "serde", serde(default))]
    pub overlap: Overlap,
    /// Each tick runs later than its instant by a part of this, which is always the same for the same
    /// tick. Default: none. At most [`JITTER_MAX`].
    #[cfg_attr(
        feature = "serde",
        serde(default, rename = "jitter_ms", with = "crate::wire::millis")
    )]
    pub jitter: Duration,
    /// The first instant that may be a tick. Default: any.
    #[cfg_attr(
        feature = "serde",
        serde(default, with = "crate::wire::micros::option")
    )]
    pub start: Option<Timestamp>,
    /// The first instant that may no longer be a tick. Default: none.
    #[cfg_attr(
        feature = "serde",
        serde(default, with = "crate::wire::micros::option")
    )]
    pub end: Option<Timestamp>,
    /// How many ticks fire before the schedule is over. Default: any number. Those that are skipped,
    /// triggered or filled in do not count.
    #[cfg_attr(feature = "serde", serde(default))]
    pub max_runs: Option<NonZeroU64>,
}

/// What was asked for cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTerms {
    /// The jitter is too long, or holds parts of a millisecond.
    #[error(
        "jitter {} is not valid: expected at most {}, in whole milliseconds",
        duration::exact(*.jitter), duration::format(JITTER_MAX)
    )]
    Jitter {
        /// What was given.
        jitter: Duration,
    },
    /// Ticks that are too old should be caught up, or an age holds parts of a millisecond.
    #[error(
        "missed all {} is not valid: expected at most {}, in whole milliseconds",
        duration::exact(*.within), duration::format(WITHIN_MAX)
    )]
    Within {
        /// What was given.
        within: Duration,
    },
    /// The end does not come after the start.
    #[error(
        "end {} is not valid: expected an instant after the start, {}", instant::format(*.end),
        instant::format(*.start)
    )]
    EndBeforeStart {
        /// The start that was given.
        start: Timestamp,
        /// The end that was given.
        end: Timestamp,
    },
}

impl Terms {
    /// A rule, with the default for everything else.
    #[must_use]
    pub const fn new(rule: Rule) -> Self {
        Self {
            rule,
            missed: Missed::Last,
            overlap: Overlap::Allow,
            jitter: Duration::ZERO,
            start: None,
            end: None,
            max_runs: None,
        }
    }

    /// Whether this can be.
    ///
    /// # Errors
    /// What is wrong, the first that is found.
    pub fn check(&self) -> Result<(), InvalidTerms> {
        if self.jitter > JITTER_MAX || !is_whole(self.jitter) {
            return Err(InvalidTerms::Jitter {
                jitter: self.jitter,
            });
        }
        if let Missed::All { within } = self.missed
            && (within > WITHIN_MAX || !is_whole(within))
        {
            return Err(InvalidTerms::Within { within });
        }
        if let (Some(start), Some(end)) = (self.start, self.end)
            && end <= start
        {
            return Err(InvalidTerms::EndBeforeStart { start, end });
        }
        Ok(())
    }

    /// The first tick after an instant, between start and end.
    #[must_use]
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let tick = self.rule.next_after(self.not_before_start(at))?;
        self.end.is_none_or(|end| tick < end).then_some(tick)
    }

    /// An instant, or the last before the start if that is later.
    pub(crate) fn not_before_start(&self, at: Timestamp) -> Timestamp {
        let before = |start| start - MICROSECOND;
        self.start.map_or(at, |start| at.max(before(start)))
    }

    /// An instant, or the last before the end if that is earlier.
    pub(crate) fn not_past_end(&self, at: Timestamp) -> Timestamp {
        self.end.map_or(at, |end| at.min(end - MICROSECOND))
    }
}

/// Only whole milliseconds are kept.
pub(crate) const fn is_whole(duration: Duration) -> bool {
    duration.subsec_nanos().is_multiple_of(1_000_000)
}

/// Instants are this far apart.
pub(crate) const MICROSECOND: Duration = Duration::from_micros(1);
