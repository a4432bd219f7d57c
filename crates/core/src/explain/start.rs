//! When a task may start.

use core::fmt;
use core::time::Duration;

use super::text::Span;
use super::{Position, Reason};
use crate::Timestamp;

/// When a task may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// The instant.
    pub at: Timestamp,
    /// What it is estimated from.
    pub basis: Basis,
}

impl Estimate {
    /// It as a sentence, as said at `now`.
    ///
    /// ```
    /// use duly_core::Timestamp;
    /// use duly_core::explain::{Basis, Estimate};
    ///
    /// let [now, at] = [0, 2_000_000].map(Timestamp::from_micros);
    /// let start = Estimate { at, basis: Basis::Opens };
    /// assert_eq!(start.sentence(now).to_string(), "it may start in 2s, once nothing closes it");
    /// ```
    #[must_use]
    pub const fn sentence(&self, now: Timestamp) -> impl fmt::Display {
        Sentence {
            left: Span::between(now, self.at),
            basis: self.basis,
        }
    }
}

struct Sentence {
    left: Span,
    basis: Basis,
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it may start in {}, {}", self.left, self.basis)
    }
}

/// What a start is estimated from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Basis {
    /// The instant at which nothing closes it any more, as far as that is known: nothing of its queue has
    /// started lately.
    Opens,
    /// How fast tasks of its queue have started lately, and how many come before it.
    Pace(Pace),
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opens => f.write_str("once nothing closes it"),
            Self::Pace(pace) => {
                let (started, span) = (pace.started, Span(pace.span));
                write!(f, "at the pace of {started} starts in {span}")
            }
        }
    }
}

/// How fast tasks have started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// So many.
    pub started: u32,
    /// In the time since the oldest start that was looked at.
    pub span: Duration,
}

impl Pace {
    /// How long `tasks` more starts take at this pace.
    #[must_use]
    pub fn time_for(&self, tasks: u64) -> Duration {
        let nanos = self.span.as_nanos().saturating_mul(u128::from(tasks));
        let nanos = nanos / u128::from(self.started.max(1));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// When a task may start that waits at `at` for these reasons; `None`: nobody can tell. The pace is asked
/// for only if it matters.
///
/// # Errors
/// What kept the pace from being known.
pub fn estimate<E>(
    at: Timestamp,
    reasons: &[Reason],
    position: Option<Position>,
    pace: impl FnOnce() -> Result<Option<Pace>, E>,
) -> Result<Option<Estimate>, E> {
    if reasons.iter().any(Reason::is_lasting) {
        return Ok(None);
    }
    let opens = reasons.iter().filter_map(Reason::until);
    let opens = opens.fold(at, Timestamp::max);
    let at_once = Some(Estimate {
        at: opens,
        basis: Basis::Opens,
    });
    let Some(position) = position else {
        return Ok(at_once);
    };
    if let Some(pace) = pace()? {
        let turn = at + pace.time_for(position.ahead + 1);
        return Ok(Some(Estimate {
            at: opens.max(turn),
            basis: Basis::Pace(pace),
        }));
    }
    let unknown = |reason: &Reason| {
        matches!(
            reason,
            Reason::LimitFull { .. } | Reason::WorkersBusy { .. }
        )
    };
    let next = position.ahead == 0 && !reasons.iter().any(unknown);
    Ok(at_once.filter(|_| next))
}
