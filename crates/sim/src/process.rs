//! What a process of the world is: it is told things, and does what has become due.

use std::time::Duration;

use duly_core::{AttemptRef, Backoff, Jitter, Timestamp};

use crate::bounds::RETRY;
use crate::dice::Dice;
use crate::wire::{Ask, Heard};

/// The time, as a process has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// How much time has gone by, which is what timers count.
    pub(crate) real: Timestamp,
    /// What its clock says.
    pub(crate) clock: Timestamp,
}

/// What a process does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// It calls the store; the answer comes back with the tag.
    Call { tag: u32, ask: Ask },
    /// A handler begins.
    Began(AttemptRef),
    /// A handler is over, however it ended.
    Over(AttemptRef),
    /// A handler has taken the process down.
    Died,
    /// It has stopped, as it was told.
    Left,
}

/// A process without its wires: no time passes in it.
pub(crate) trait Process {
    /// It hears of a call.
    fn hear(&mut self, now: Moment, tag: u32, heard: Heard);

    /// It does all that is due, and says how long nothing will be.
    fn turn(&mut self, now: Moment, acts: &mut Vec<Act>) -> Duration;

    /// It is told to stop within a time.
    fn stop(&mut self, now: Moment, within: Duration);

    /// There may be work.
    fn hint(&mut self) {}
}

/// Pauses between tries of a call that failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Retries {
    failures: u32,
    at: Option<Timestamp>,
}

impl Retries {
    pub(crate) fn failed(&mut self, now: Timestamp, dice: &mut Dice) {
        let growth = Backoff::Exponential {
            base: RETRY.0,
            ceiling: RETRY.1,
        };
        let pause = Jitter::Equal.spread(growth.delay(self.failures), dice.roll());
        self.failures = self.failures.saturating_add(1);
        self.at = Some(now + pause);
    }

    pub(crate) const fn succeeded(&mut self) {
        self.failures = 0;
        self.at = None;
    }

    pub(crate) fn allows(&self, now: Timestamp) -> bool {
        self.at.is_none_or(|at| at <= now)
    }

    pub(crate) const fn at(&self) -> Option<Timestamp> {
        self.at
    }
}
