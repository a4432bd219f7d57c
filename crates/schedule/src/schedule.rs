//! A schedule: its terms, how far it has come, and what is due.

use duly_core::Timestamp;

use crate::bounds::{HELD_LOOK, PREVIEW_MAX};
use crate::{InvalidTerms, Progress, Seed, Terms};

/// A schedule: its terms, its seed, and how far it has come.
///
/// It decides nothing by itself. [`step`](Self::step) says what is due at an instant, and how far the
/// schedule has come afterwards; who asks submits the tasks and keeps the progress, both or neither
/// if the store can, and fenced by a version, so that of two who fire at once one counts. If a crash
/// comes between, the same tick is decided again, has the same id, and so is one task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Schedule {
    /// What was asked for.
    pub terms: Terms,
    /// What ids and jitter follow from.
    pub seed: Seed,
    /// How far it has come.
    pub progress: Progress,
}

impl Schedule {
    /// One that begins now: what came before is none of its ticks.
    ///
    /// It may be over from the start, such as one instant in the past: see [`is_over`](Self::is_over).
    ///
    /// # Errors
    /// [`InvalidTerms`].
    pub fn new(terms: Terms, seed: Seed, now: Timestamp) -> Result<Self, InvalidTerms> {
        terms.check()?;
        Ok(Self {
            terms,
            seed,
            progress: Progress::begun(now),
        })
    }

    /// The next tick, paused or not; it may be due already. `None`: none will come.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.next_from(self.progress.decided)
    }

    /// The same for one that stands elsewhere.
    fn next_from(&self, at: Timestamp) -> Option<Timestamp> {
        let is_left = self.runs_left() > 0;
        let next = || self.progress.next_open(&self.terms, at, Timestamp::MIN);
        is_left.then(next).flatten()
    }

    /// Nothing will ever fire any more, unless the terms are changed.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.progress.held.is_none() && self.next().is_none()
    }

    /// When somebody has to look: at the next tick, or soon if a tick is held. `None`: not until
    /// something is changed. What a store keeps to find schedules that are due.
    #[must_use]
    pub fn look_at(&self, now: Timestamp) -> Option<Timestamp> {
        if self.progress.paused {
            return None;
        }
        let held = self.progress.held.map(|_| now + HELD_LOOK);
        let next = self.next_from(self.progress.stands_at(now));
        held.into_iter().chain(next).min()
    }

    /// The next ticks after an instant, as they would fire if nothing were missed, skipped, paused or
    /// changed: `count`, at most [`PREVIEW_MAX`].
    pub fn preview(&self, now: Timestamp, count: usize) -> impl Iterator<Item = Timestamp> + '_ {
        let left = usize::try_from(self.runs_left()).unwrap_or(usize::MAX);
        let after = self.progress.stands_at(now).max(now);
        std::iter::successors(self.next_from(after), |tick| self.next_from(*tick))
            .take(count.min(PREVIEW_MAX).min(left))
    }

    /// Nothing fires from now on, but what is triggered. A tick that was held is given up.
    pub const fn pause(&mut self) {
        self.progress.paused = true;
        self.progress.held = None;
    }

    /// Goes on with the first tick after now: those that came while it was paused are skipped, whatever
    /// is done about missed ones. One that is not paused stays as it is.
    pub fn resume(&mut self, now: Timestamp) {
        if self.progress.paused {
            self.progress.paused = false;
            self.progress.skip_to(now);
        }
    }

    /// Other terms from now on. If the rule or the start is another, or the schedule was over, what
    /// came until now is none of its ticks; else a tick that is due stays so. Instants that were decided
    /// by a clock that was ahead stay decided, whatever the terms.
    ///
    /// # Errors
    /// [`InvalidTerms`], and nothing is changed.
    pub fn change(&mut self, terms: Terms, now: Timestamp) -> Result<(), InvalidTerms> {
        terms.check()?;
        let is_same = (&terms.rule, terms.start) == (&self.terms.rule, self.terms.start);
        if !is_same || self.next_from(self.progress.stands_at(now)).is_none() {
            self.progress.skip_to(now);
        }
        self.terms = terms;
        Ok(())
    }

    /// How many ticks may still fire beside the one that is held.
    pub(crate) fn runs_left(&self) -> u64 {
        let taken = self.progress.runs + u64::from(self.progress.held.is_some());
        let most = self.terms.max_runs.map_or(u64::MAX, Into::into);
        most.saturating_sub(taken)
    }
}
