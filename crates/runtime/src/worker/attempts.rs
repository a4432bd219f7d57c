//! The attempts that run here: their stops, their timers, their ends.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use duly_core::{Attempt, AttemptRef, Running, Timestamp};
use duly_store::Progress;
use tokio::task::AbortHandle;
use tracing::Span;

use crate::ending::{Ending, Stop, verdict};
use crate::term::Term;
use crate::{Context, Verdict};

/// All handlers that run, including those that were aborted and have not gone yet: each has a slot.
#[derive(Debug)]
pub(super) struct Attempts {
    running: HashMap<AttemptRef, Entry>,
    timers: BTreeSet<(Timestamp, AttemptRef)>,
    suspects: usize,
    grace: Duration,
}

/// A handler that runs.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) attempt: Attempt<Running>,
    pub(super) context: Context,
    pub(super) abort: AbortHandle,
    pub(super) suspect: bool,
    pub(super) span: Span,
    pub(super) term: Term,
    stop: Option<Stop>,
    timer: Option<Timestamp>,
    /// Why it is stopped when its time is up.
    cut: Option<Stop>,
}

impl Entry {
    pub(super) const fn new(
        attempt: Attempt<Running>,
        context: Context,
        abort: AbortHandle,
        suspect: bool,
        span: Span,
        term: Term,
    ) -> Self {
        Self {
            attempt,
            context,
            abort,
            suspect,
            span,
            term,
            stop: None,
            timer: None,
            cut: None,
        }
    }
}

impl Attempts {
    pub(super) fn new(grace: Duration) -> Self {
        Self {
            running: HashMap::new(),
            timers: BTreeSet::new(),
            suspects: 0,
            grace,
        }
    }

    /// A handler has started.
    pub(super) fn add(&mut self, mut entry: Entry, now: Timestamp) {
        let reference = entry.attempt.reference();
        if let Some((at, stop)) = entry.term.cut(entry.context.timeout(), now) {
            (entry.timer, entry.cut) = (Some(at), Some(stop));
            self.timers.insert((at, reference));
        }
        self.suspects += usize::from(entry.suspect);
        self.running.insert(reference, entry);
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Whether a task runs here that has lost a worker before.
    pub(super) const fn has_suspect(&self) -> bool {
        self.suspects > 0
    }

    pub(super) fn contains(&self, reference: AttemptRef) -> bool {
        self.running.contains_key(&reference)
    }

    /// The next instant at which [`fire`](Self::fire) has something to do.
    pub(super) fn next_timer(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Stops what has run out of its time, and aborts what has run out of its grace.
    pub(super) fn fire(&mut self, now: Timestamp) {
        while let Some(&(at, reference)) = self.timers.first().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, reference));
            let Some(entry) = self.running.get_mut(&reference) else {
                continue;
            };
            entry.timer = None;
            match entry.cut.filter(|_| entry.stop.is_none()) {
                Some(stop) => self.stop(reference, stop, now),
                None => entry.abort.abort(),
            }
        }
    }

    /// Trips the token of a handler, unless it is stopping already; after the grace it is aborted.
    pub(super) fn stop(&mut self, reference: AttemptRef, stop: Stop, now: Timestamp) {
        let Some(entry) = self.running.get_mut(&reference) else {
            return;
        };
        if entry.stop.is_some() {
            return;
        }
        entry.stop = Some(stop);
        entry.context.cancelled().cancel();
        if let Some(at) = entry.timer.replace(now + self.grace) {
            self.timers.remove(&(at, reference));
        }
        self.timers.insert((now + self.grace, reference));
    }

    /// Trips all tokens.
    pub(super) fn stop_all(&mut self, stop: Stop, now: Timestamp) {
        let references: Vec<_> = self.running.keys().copied().collect();
        for reference in references {
            self.stop(reference, stop, now);
        }
    }

    /// Trips all tokens and aborts all handlers at once. Answers how many were not stopping yet.
    pub(super) fn abort_all(&mut self, stop: Stop) -> usize {
        self.timers.clear();
        let mut fresh = 0;
        for entry in self.running.values_mut() {
            fresh += usize::from(entry.stop.is_none());
            entry.timer = None;
            if stop == Stop::Forsaken {
                entry.stop = Some(stop);
            }
            entry.stop.get_or_insert(stop);
            entry.context.cancelled().cancel();
            entry.abort.abort();
        }
        fresh
    }

    /// A handler has ended: its entry, and the verdict if there is one to give.
    pub(super) fn ended(
        &mut self,
        reference: AttemptRef,
        ending: Ending,
    ) -> Option<(Entry, Option<Verdict>)> {
        let entry = self.running.remove(&reference)?;
        if let Some(at) = entry.timer {
            self.timers.remove(&(at, reference));
        }
        self.suspects -= usize::from(entry.suspect);
        let verdict = verdict(ending, entry.stop);
        Some((entry, verdict))
    }

    /// What the handlers have said of themselves since the last time.
    pub(super) fn take_progress(&self) -> Vec<(AttemptRef, Progress)> {
        let said = |(reference, entry): (&AttemptRef, &Entry)| {
            Some((*reference, entry.context.take_progress()?))
        };
        self.running.iter().filter_map(said).collect()
    }

    /// Puts back what did not reach the store.
    pub(super) fn put_back(&self, progress: Vec<(AttemptRef, Progress)>) {
        for (reference, progress) in progress {
            if let Some(entry) = self.running.get(&reference) {
                entry.context.put_back(progress);
            }
        }
    }
}

/// Handlers do not outlive the coordinator that watches over them.
impl Drop for Attempts {
    fn drop(&mut self) {
        self.abort_all(Stop::GivenBack);
    }
}
