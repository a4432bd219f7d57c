//! The life of a task as its handle sees it.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Duration;

use duly_core::engine::Slot;

use crate::bounds::PROGRESS_MAX;
use crate::error::TaskError;
use crate::progress::Progress;
use crate::scheduler::Shared;
use crate::status::Status;
use crate::sync::{Seat, Waiters, Wakes};

/// Where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Queued,
    Running,
    Retrying,
    Completed,
    Failed,
    TimedOut,
    Cancelled,
    Expired,
    Aborted,
    Returned,
}

impl Phase {
    pub(crate) const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running | Self::Retrying)
    }
}

/// What somebody wants of a running attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orders {
    /// To come to an end by itself, soon.
    pub(crate) cancel: bool,
    /// To be dropped.
    pub(crate) abort: bool,
}

/// What changes about a task.
pub(crate) struct Life {
    pub(crate) phase: Phase,
    pub(crate) attempt: u32,
    /// Where the scheduler keeps it, or kept it last.
    pub(crate) slot: Option<Slot>,
    pub(crate) orders: Orders,
    /// How often the phase changed.
    pub(crate) version: u32,
    /// Who waits for the end.
    waiter: Option<Waker>,
    extra: Option<Box<Extra>>,
}

/// What few tasks have.
#[derive(Default)]
struct Extra {
    /// What there is to say about the phase.
    text: Option<Arc<str>>,
    /// Who watches the status.
    watchers: Waiters,
    /// Who waits for a cancel request: the future itself.
    tokens: Waiters,
    /// The worker that runs the attempt.
    runner: Option<Waker>,
    reports: VecDeque<Progress>,
    /// How many reports were dropped because newer ones came.
    dropped: u64,
    /// Where it was handed in, if not where it was at first.
    moved: Option<Weak<Shared>>,
    /// How long the last attempt had, as the whole task was to end.
    had: Option<Duration>,
}

impl Life {
    pub(crate) const fn new() -> Self {
        Self {
            phase: Phase::Queued,
            attempt: 0,
            slot: None,
            orders: Orders {
                cancel: false,
                abort: false,
            },
            version: 0,
            waiter: None,
            extra: None,
        }
    }

    /// An attempt begins, unless a shutdown ended it first.
    pub(crate) fn begin(&mut self, attempt: u32, wakes: &mut Wakes) {
        if self.phase.is_final() {
            return;
        }
        self.attempt = attempt;
        self.go(Phase::Running, None, wakes);
    }

    /// It was handed in again, to another scheduler: what was asked of it before is forgotten.
    pub(crate) fn restart(&mut self, moved: Weak<Shared>, wakes: &mut Wakes) {
        self.attempt = 0;
        self.orders = Orders::default();
        self.extra_mut().moved = Some(moved);
        if self.phase != Phase::Queued {
            self.go(Phase::Queued, None, wakes);
        }
    }

    /// Where it was handed in, if not where it was at first.
    pub(crate) fn moved(&self) -> Option<Weak<Shared>> {
        self.extra.as_ref()?.moved.clone()
    }

    /// Goes to another phase, and tells those who wait for that.
    pub(crate) fn go(&mut self, phase: Phase, text: Option<String>, wakes: &mut Wakes) {
        self.phase = phase;
        self.version = self.version.wrapping_add(1);
        match text.filter(|text| !text.is_empty()) {
            Some(text) => self.extra_mut().text = Some(text.into()),
            // What was said of another phase does not hold for this one.
            None => self.extra.iter_mut().for_each(|extra| extra.text = None),
        }
        if phase.is_final() {
            wakes.extend(self.waiter.take());
        }
        if let Some(extra) = &mut self.extra {
            extra.runner = None;
            wakes.extend(extra.watchers.drain());
        }
    }

    pub(crate) fn status(&self) -> Status {
        let text = || {
            let text = self.extra.as_ref().and_then(|extra| extra.text.as_deref());
            text.unwrap_or_default().to_owned()
        };
        let attempt = self.attempt;
        match self.phase {
            Phase::Queued => Status::Queued,
            Phase::Running => Status::Running { attempt },
            Phase::Retrying => Status::Retrying {
                attempt,
                reason: text(),
            },
            Phase::Completed => Status::Completed(text()),
            Phase::Failed => Status::Failed(text()),
            Phase::TimedOut => Status::TimedOut,
            Phase::Cancelled => Status::Cancelled,
            Phase::Expired => Status::Expired,
            Phase::Aborted => Status::Aborted,
            Phase::Returned => Status::Returned,
        }
    }

    /// Why it ended, where its future returned nothing.
    pub(crate) fn error(&self, timeout: Option<Duration>) -> TaskError {
        let had = self.extra.as_ref().and_then(|extra| extra.had);
        match self.status() {
            Status::Failed(message) => TaskError::Panicked { message },
            Status::TimedOut => TaskError::TimedOut {
                after: had.or(timeout).unwrap_or_default(),
            },
            Status::Cancelled => TaskError::Cancelled,
            Status::Expired => TaskError::Expired,
            Status::Aborted => TaskError::Aborted,
            Status::Returned => TaskError::Returned,
            Status::Queued
            | Status::Running { .. }
            | Status::Retrying { .. }
            | Status::Completed(_) => TaskError::Taken,
        }
    }

    /// Waits for the end: one at a time does, the handle.
    pub(crate) fn wait(&mut self, waker: &Waker) {
        match &mut self.waiter {
            Some(known) if known.will_wake(waker) => {}
            other => *other = Some(waker.clone()),
        }
    }

    /// Waits for another phase.
    pub(crate) fn watch(&mut self, seat: &mut Seat, waker: &Waker) {
        self.extra_mut().watchers.wait(seat, waker);
    }

    /// Watches no more. The waker is to be dropped once the lock is let go.
    pub(crate) fn watch_no_more(&mut self, seat: &Seat) -> Option<Waker> {
        self.extra.as_mut()?.watchers.leave(seat)
    }

    /// Waits for a cancel request.
    pub(crate) fn wait_cancelled(&mut self, seat: &mut Seat, waker: &Waker) {
        self.extra_mut().tokens.wait(seat, waker);
    }

    /// Waits for it no more. The waker is to be dropped once the lock is let go.
    pub(crate) fn wait_cancelled_no_more(&mut self, seat: &Seat) -> Option<Waker> {
        self.extra.as_mut()?.tokens.leave(seat)
    }

    /// What is wanted of the attempt; its worker is woken when that changes.
    pub(crate) fn take_orders(&mut self, waker: &Waker) -> Orders {
        let runner = &mut self.extra_mut().runner;
        if !runner.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *runner = Some(waker.clone());
        }
        self.orders
    }

    /// The attempt is cut short after this long: the whole task is to end.
    pub(crate) fn cut(&mut self, had: Duration) {
        self.extra_mut().had = Some(had);
    }

    /// Asks the attempt for something.
    pub(crate) fn order(&mut self, orders: Orders, wakes: &mut Wakes) {
        self.orders.cancel |= orders.cancel;
        self.orders.abort |= orders.abort;
        if let Some(extra) = &mut self.extra {
            wakes.extend(extra.runner.take());
            wakes.extend(extra.tokens.drain());
        }
    }

    /// Keeps a report of progress. The oldest gives way.
    pub(crate) fn report(&mut self, progress: Progress, wakes: &mut Wakes) {
        let extra = self.extra_mut();
        if extra.reports.len() == PROGRESS_MAX {
            extra.reports.pop_front();
            extra.dropped += 1;
        }
        extra.reports.push_back(progress);
        wakes.extend(extra.watchers.drain());
    }

    /// The first report that is not before number `from`, and its number.
    pub(crate) fn report_from(&self, from: u64) -> Option<(u64, Progress)> {
        let extra = self.extra.as_ref()?;
        let number = from.max(extra.dropped);
        let at = usize::try_from(number - extra.dropped).ok()?;
        Some((number, extra.reports.get(at)?.clone()))
    }

    fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }
}
