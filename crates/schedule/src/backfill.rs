//! Backfills: the ticks of a period, run once more or for the first time.

use duly_core::Timestamp;

use crate::bounds::{BACKFILL_TICKS_MAX, STEP_TICKS_MAX};
use crate::instant;
use crate::step::Decided;
use crate::terms::MICROSECOND;
use crate::{Decision, Overlap, Rule, Seed, Terms, Tick};

/// The ticks of a period, from its beginning to before its end, as a rule has them: start, end, number
/// of runs and jitter of the schedule play no part, and it may be paused. They are marked as caught up.
///
/// Overlap means what it means elsewhere, with one difference: as nothing in a backfill is ever late,
/// [`Overlap::QueueOne`] lets each tick wait its turn, and none is skipped.
///
/// ```
/// use std::time::Duration;
/// use duly_core::Timestamp;
/// use duly_schedule::{Backfill, Overlap, Rule, Seed};
///
/// let rule = Rule::every(Duration::from_secs(3_600), Timestamp::default())?;
/// let from = Timestamp::from_micros(1_767_225_600_000_000);
/// let to = from + Duration::from_secs(3 * 3_600);
/// let mut backfill = Backfill::new(&rule, from, to, Overlap::Allow, Seed::from_bytes([7; 16]))?;
/// assert_eq!(backfill.left(), 3);
///
/// let step = backfill.step(&rule, false);
/// assert_eq!(step.decided.len(), 3);
/// assert!(step.after.is_over());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Backfill {
    /// What came until this instant is decided.
    #[cfg_attr(feature = "serde", serde(with = "crate::wire::micros"))]
    pub decided: Timestamp,
    /// The first instant that is no longer filled in.
    #[cfg_attr(feature = "serde", serde(with = "crate::wire::micros"))]
    pub to: Timestamp,
    /// Ticks that are still to come.
    pub left: usize,
    /// What a tick does while a former run is unfinished.
    pub overlap: Overlap,
    /// What the ids follow from: bits of its own, so that what ran already runs again; those of the
    /// schedule, so that only what did not run does.
    pub seed: Seed,
}

/// There is nothing to fill in, or too much.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBackfill {
    /// The period ends before it begins.
    #[error(
        "backfill to {} is not valid: expected an instant after its beginning, {}",
        instant::format(*.to), instant::format(*.from)
    )]
    EndBeforeStart {
        /// Its beginning.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
    /// No tick lies in the period.
    #[error(
        "backfill from {} to {} holds no tick: expected a period with at least one",
        instant::format(*.from), instant::format(*.to)
    )]
    Empty {
        /// Its beginning.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
    /// Too many ticks lie in the period.
    #[error(
        "backfill from {} to {} holds more than {BACKFILL_TICKS_MAX} ticks: choose a shorter period, such \
         as to {}", instant::format(*.from), instant::format(*.to), instant::format(*.ends)
    )]
    TooMany {
        /// Its beginning.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
        /// The end of the longest period from there that holds no more.
        ends: Timestamp,
    },
}

/// What a backfill does next, and how far it has come afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackfillStep {
    /// The ticks and what to do about them, to be done in this order: at most [`STEP_TICKS_MAX`].
    pub decided: Vec<Decided>,
    /// How far it has come when that is done. If nothing was decided and it is not over, it waits for a
    /// former run to end.
    pub after: Backfill,
}

impl Backfill {
    /// The ticks of a rule from an instant to before another.
    ///
    /// # Errors
    /// [`InvalidBackfill`].
    pub fn new(
        rule: &Rule,
        from: Timestamp,
        to: Timestamp,
        overlap: Overlap,
        seed: Seed,
    ) -> Result<Self, InvalidBackfill> {
        if to <= from {
            return Err(InvalidBackfill::EndBeforeStart { from, to });
        }
        let decided = from - MICROSECOND;
        let mut ticks = rule.ticks_after(decided).take_while(|tick| *tick < to);
        let left = ticks.by_ref().take(BACKFILL_TICKS_MAX).count();
        if left == 0 {
            return Err(InvalidBackfill::Empty { from, to });
        }
        if let Some(ends) = ticks.next() {
            return Err(InvalidBackfill::TooMany { from, to, ends });
        }
        Ok(Self {
            decided,
            to,
            left,
            overlap,
            seed,
        })
    }

    /// How many ticks are still to come.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }

    /// All ticks are decided.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.left == 0
    }

    /// What to do next. `unfinished`: a task of a former run is in no final state. Nothing is changed:
    /// put `after` in its place when what was decided is done.
    #[must_use]
    pub fn step(&self, rule: &Rule, unfinished: bool) -> BackfillStep {
        let (mut after, mut unfinished) = (*self, unfinished);
        let mut decided = Vec::new();
        while decided.len() < STEP_TICKS_MAX {
            let decision = after.overlap.decide(unfinished, false);
            let Some(at) = after.next(rule).filter(|_| decision != Decision::Hold) else {
                break;
            };
            after.decided = at;
            after.left = after.left.saturating_sub(1);
            unfinished |= decision.fires();
            let tick = Tick::new(&Terms::new(rule.clone()), after.seed, at, true);
            decided.push(Decided { tick, decision });
        }
        if after.next(rule).is_none() {
            after.left = 0;
        }
        BackfillStep { decided, after }
    }

    fn next(&self, rule: &Rule) -> Option<Timestamp> {
        let tick = rule.next_after(self.decided)?;
        (self.left > 0 && tick < self.to).then_some(tick)
    }
}
