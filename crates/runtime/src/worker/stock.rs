//! Prefetched work: assigned to this worker, not begun.

use std::collections::VecDeque;

use duly_core::{Assigned, Attempt, AttemptRef, State, Timestamp};
use duly_store::{Lease, Promoted, SettleError};
use tracing::debug;

use crate::backoff::Retries;
use crate::term::Term;

/// Work in store, and work whose beginning the store is being told of.
#[derive(Debug, Default)]
pub(super) struct Stock {
    waiting: VecDeque<Held>,
    promoting: Vec<Held>,
    /// Something that waits, or has waited among it, can be too late to begin.
    is_pressed: bool,
    pub(super) retries: Retries,
}

/// Work that was prefetched.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) attempt: Attempt<Assigned>,
    pub(super) lease: Lease,
    pub(super) term: Term,
}

impl Stock {
    pub(super) fn push(&mut self, held: Held) {
        self.is_pressed |= held.term.expiry().is_some();
        self.waiting.push_back(held);
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Slots that a promotion under way may fill.
    pub(super) fn promoting(&self) -> usize {
        self.promoting.len()
    }

    pub(super) fn holds(&self, attempt: AttemptRef) -> bool {
        let mut all = self.waiting.iter().chain(&self.promoting);
        all.any(|held| held.attempt.reference() == attempt)
    }

    /// Takes up to `slots` to be promoted, in one batch; none while one is under way.
    pub(super) fn promote(&mut self, slots: usize) -> Vec<AttemptRef> {
        if !self.promoting.is_empty() {
            return Vec::new();
        }
        let count = slots.min(self.waiting.len());
        self.promoting.extend(self.waiting.drain(..count));
        self.is_pressed &= !self.waiting.is_empty();
        let references = self.promoting.iter().map(|held| held.attempt.reference());
        references.collect()
    }

    /// The store's answers: what may begin.
    pub(super) fn promoted(&mut self, promoted: Promoted) -> Vec<Held> {
        self.retries.succeeded();
        let batch = std::mem::take(&mut self.promoting);
        let answered = batch.into_iter().zip(promoted.attempts);
        answered
            .filter_map(|(held, answer)| may_begin(&held, &answer).then_some(held))
            .collect()
    }

    /// The promotion failed: it is made again.
    pub(super) fn put_back(&mut self) {
        for held in self.promoting.drain(..).rev() {
            self.is_pressed |= held.term.expiry().is_some();
            self.waiting.push_front(held);
        }
    }

    /// When the first of what waits is too late to begin.
    pub(super) fn expiry(&self) -> Option<Timestamp> {
        if !self.is_pressed {
            return None;
        }
        let expiries = self.waiting.iter().map(|held| held.term.expiry());
        expiries.flatten().min()
    }

    /// Gives up what waits and is too late to begin.
    pub(super) fn expired(&mut self, now: Timestamp) -> Vec<Held> {
        let is_late = |held: &Held| held.term.expiry().is_some_and(|at| at <= now);
        if !self.is_pressed || !self.waiting.iter().any(is_late) {
            return Vec::new();
        }
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let (late, waiting): (Vec<_>, Vec<_>) = waiting.partition(is_late);
        self.waiting = waiting.into();
        late
    }

    /// Gives up what waits.
    pub(super) fn clear_out(&mut self) -> VecDeque<Held> {
        std::mem::take(&mut self.waiting)
    }

    /// Everything in it is of no account any more.
    pub(super) fn forsake(&mut self) {
        *self = Self::default();
    }
}

/// An attempt that is running already is one whose promotion took effect although its answer was lost.
fn may_begin(held: &Held, answer: &Result<(), SettleError>) -> bool {
    match answer {
        Ok(()) => true,
        Err(SettleError::InvalidTransition(refusal)) if refusal.from == State::Running => true,
        Err(refusal) => {
            let AttemptRef { task, attempt } = held.attempt.reference();
            debug!(%task, attempt, %refusal, "prefetched work is gone");
            false
        }
    }
}
