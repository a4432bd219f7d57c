//! One step of a schedule: which ticks are due, and what to do about each.

use duly_core::{TaskId, Timestamp};

use crate::bounds::{GRACE, STEP_TICKS_MAX};
use crate::terms::MICROSECOND;
use crate::{Decision, Missed, Progress, Schedule, Seed, Terms};

/// A tick: what its task is submitted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Its instant by the rule.
    pub at: Timestamp,
    /// When its task is due: later than its instant by the jitter.
    pub run_at: Timestamp,
    /// The id of its task, which follows from the seed and the instant: however often the tick is
    /// fired, it is one task.
    pub id: TaskId,
    /// It was missed, or is filled in.
    pub caught_up: bool,
}

/// A tick, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Which.
    pub tick: Tick,
    /// What to do about it.
    pub decision: Decision,
}

/// Ticks that were missed, and never fire, unless it turns out that the clock was ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
}

/// What is due at an instant, and how far the schedule has come afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The ticks and what to do about them, to be done in this order. At most
    /// [`STEP_TICKS_MAX`], and one that was held.
    pub decided: Vec<Decided>,
    /// What was missed for good.
    pub dropped: Option<Dropped>,
    /// How far the schedule has come when that is done.
    pub after: Progress,
    /// More is due already: step again.
    pub more: bool,
}

impl Tick {
    /// The tick at an instant of a schedule with these terms.
    pub(crate) fn new(terms: &Terms, seed: Seed, at: Timestamp, caught_up: bool) -> Self {
        Self {
            at,
            run_at: at + seed.jitter(at, terms.jitter),
            id: seed.task_id(at),
            caught_up,
        }
    }
}

impl Schedule {
    /// What is due at an instant, and how far the schedule has come afterwards. Nothing is changed:
    /// put `after` in the place of the progress when what was decided is done.
    ///
    /// `unfinished`: a task of a former run is in no final state. Ticks that fire in this step count
    /// as unfinished for those after them. If somebody may have fired the tick already without keeping
    /// the progress, its own task, known by its id, is no former run, and is not to be cancelled.
    ///
    /// ```
    /// use duly_core::Timestamp;
    /// use duly_schedule::{Rule, Schedule, Seed, Terms, Zone};
    /// # use std::time::Duration;
    ///
    /// let start = Timestamp::from_micros(1_767_225_600_000_000);
    /// let terms = Terms::new(Rule::cron("* * * * *", Zone::UTC)?);
    /// let mut schedule = Schedule::new(terms, Seed::from_bytes([7; 16]), start)?;
    ///
    /// let step = schedule.step(start + Duration::from_secs(60), false);
    /// assert_eq!(step.decided[0].tick.at, start + Duration::from_secs(60));
    /// schedule.progress = step.after;
    /// assert!(schedule.step(start + Duration::from_secs(61), true).decided.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn step(&self, now: Timestamp, unfinished: bool) -> Step {
        self.step_of(now, unfinished, STEP_TICKS_MAX + 1)
    }

    /// The same, with at most `most` decisions: what is due besides is not decided yet.
    #[must_use]
    pub fn step_of(&self, now: Timestamp, unfinished: bool, most: usize) -> Step {
        let mut walk = Walk {
            schedule: self.clone(),
            now,
            unfinished,
            decided: Vec::new(),
        };
        walk.schedule.progress.go_back(now);
        let mut dropped = None;
        if !self.progress.paused {
            if most > 0 {
                walk.release();
            }
            dropped = walk.drop_missed();
            walk.decide(most);
            walk.leave_skipped();
        }
        let more = !self.progress.paused && walk.due().is_some();
        Step {
            decided: walk.decided,
            dropped,
            after: walk.schedule.progress,
            more,
        }
    }

    /// A run that somebody asks for now, beside all ticks, paused or not. What it does while a former
    /// run is unfinished is up to who asks, or to [`Overlap::decide`](crate::Overlap::decide); so is
    /// its id, which is no tick's.
    #[must_use]
    pub const fn trigger(now: Timestamp, id: TaskId) -> Tick {
        Tick {
            at: now,
            run_at: now,
            id,
            caught_up: false,
        }
    }
}

/// A step on its way.
struct Walk {
    schedule: Schedule,
    now: Timestamp,
    unfinished: bool,
    decided: Vec<Decided>,
}

impl Walk {
    /// The next tick, if it has come.
    fn due(&self) -> Option<Timestamp> {
        let Schedule {
            terms, progress, ..
        } = &self.schedule;
        if self.schedule.runs_left() == 0 {
            return None;
        }
        let next = progress.next_open(terms, progress.decided, self.now - GRACE);
        next.filter(|tick| *tick <= self.now)
    }

    /// Fires the tick that was held, if the former runs are over.
    fn release(&mut self) {
        if !self.unfinished
            && let Some(at) = self.schedule.progress.held.take()
        {
            self.push(at, false, Decision::Fire);
        }
    }

    /// Passes over what was missed and shall not fire.
    fn drop_missed(&mut self) -> Option<Dropped> {
        let (first, now) = (self.due()?, self.now);
        let Schedule {
            terms, progress, ..
        } = &mut self.schedule;
        let last_due = terms.rule.last_until(terms.not_past_end(now))?;
        let on_time = now - GRACE;
        let kept_from = match terms.missed {
            Missed::Last => last_due.min(on_time),
            Missed::All { within } => (now - within).min(on_time),
            Missed::Skip => on_time,
        };
        if first >= kept_from {
            return None;
        }
        let last = progress.last_open(terms, kept_from - MICROSECOND)?;
        progress.miss_until(last);
        Some(Dropped { first, last })
    }

    /// Decides what is due, so far as a step goes.
    fn decide(&mut self, most: usize) {
        for _ in 0..STEP_TICKS_MAX.min(most.saturating_sub(self.decided.len())) {
            let Some(at) = self.due() else { return };
            let progress = &mut self.schedule.progress;
            let overlap = self.schedule.terms.overlap;
            let decision = overlap.decide(self.unfinished, progress.held.is_some());
            progress.decide(at, self.now - GRACE);
            self.push(at, at + GRACE < self.now, decision);
        }
    }

    /// Goes on behind what was skipped, and is too late to fire now that it has come again.
    fn leave_skipped(&mut self) {
        let is_late = |tick| tick < self.now - GRACE;
        if self.due().is_none() && self.schedule.next().is_some_and(is_late) {
            self.schedule.progress.go_to(self.now - GRACE - MICROSECOND);
        }
    }

    fn push(&mut self, at: Timestamp, caught_up: bool, decision: Decision) {
        let Schedule {
            terms,
            seed,
            progress,
        } = &mut self.schedule;
        if decision.fires() {
            progress.runs = progress.runs.saturating_add(1);
            progress.last = Some(at);
            self.unfinished = true;
        }
        if decision == Decision::Hold {
            progress.held = Some(at);
        }
        let tick = Tick::new(terms, *seed, at, caught_up);
        self.decided.push(Decided { tick, decision });
    }
}
