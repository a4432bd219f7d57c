//! Telling somebody of every attempt: for metrics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use duly_core::{AttemptRef, Decision, EventKind, Priority, Timestamp};
use duly_store::Name;
use tracing::error;

use crate::{Context, caught};

/// Hears of every attempt that a worker begins and ends; see
/// [`WorkerBuilder::observe`](crate::WorkerBuilder::observe).
///
/// It is called by the worker itself, between other things: it must be quick, and must not block. A
/// panic in it is logged, and harms nobody.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use duly_runtime::{Ended, Observer};
///
/// #[derive(Default)]
/// struct Failures(AtomicU64);
///
/// impl Observer for Failures {
///     fn ended(&self, attempt: &Ended<'_>) {
///         if attempt.outcome == duly_core::EventKind::Failed {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait Observer: Send + Sync + 'static {
    /// An attempt begins: its handler is about to start.
    fn started(&self, attempt: &Started<'_>) {
        let _ = attempt;
    }

    /// An attempt has ended, as its worker sees it: the store has yet to hear of it.
    fn ended(&self, attempt: &Ended<'_>) {
        let _ = attempt;
    }
}

/// An attempt that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Started<'a> {
    /// The kind of its task.
    pub kind: &'a Name,
    /// The queue of its task.
    pub queue: &'a Name,
    /// How urgent it is.
    pub priority: Priority,
    /// Which attempt of which task.
    pub attempt: AttemptRef,
    /// Attempts charged, this one included.
    pub spent: u32,
    /// How long the task has been due.
    pub waited: Duration,
}

/// An attempt that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended<'a> {
    /// The kind of its task.
    pub kind: &'a Name,
    /// The queue of its task.
    pub queue: &'a Name,
    /// How urgent it is.
    pub priority: Priority,
    /// Which attempt of which task.
    pub attempt: AttemptRef,
    /// Attempts charged, this one included, before what its end refunds.
    pub spent: u32,
    /// What became of it: `completed`, `failed`, `timed_out`, `cancelled`, `retrying`, `snoozed`,
    /// `handed_back`; or `lost`, if its lease was gone before.
    pub outcome: EventKind,
    /// How long the handler ran.
    pub ran: Duration,
    /// How often the task was tried again, this time included; what was not charged does not count.
    pub retries: u32,
}

impl Ended<'_> {
    /// No other attempt follows: the task has ended.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self.outcome,
            EventKind::Completed | EventKind::Failed | EventKind::TimedOut | EventKind::Cancelled
        )
    }
}

/// Who hears of attempts, if anybody does.
#[derive(Clone, Default)]
pub(crate) struct Observed(Option<Arc<dyn Observer>>);

impl Observed {
    pub(crate) fn by(observer: Arc<dyn Observer>) -> Self {
        Self(Some(observer))
    }

    /// An attempt begins at `now`.
    pub(crate) fn started(&self, attempt: &Context, now: Timestamp) {
        self.tell(|observer| {
            observer.started(&Started {
                kind: attempt.kind(),
                queue: attempt.queue(),
                priority: attempt.priority(),
                attempt: attempt.attempt(),
                spent: attempt.spent(),
                waited: now.since(attempt.due_at()),
            });
        });
    }

    /// An attempt has ended so, after so long.
    pub(crate) fn ended(&self, attempt: &Context, outcome: EventKind, ran: Duration) {
        self.tell(|observer| {
            observer.ended(&Ended {
                kind: attempt.kind(),
                queue: attempt.queue(),
                priority: attempt.priority(),
                attempt: attempt.attempt(),
                spent: attempt.spent(),
                outcome,
                ran,
                retries: attempt.spent().saturating_sub(1),
            });
        });
    }

    fn tell(&self, what: impl FnOnce(&dyn Observer)) {
        let Some(observer) = &self.0 else {
            return;
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| what(&**observer))) {
            let message = caught::told(panic);
            error!(message, "an observer of attempts panicked");
        }
    }
}

/// The event that a decision leads to.
pub(crate) const fn outcome(decision: Decision) -> EventKind {
    match decision {
        Decision::Complete => EventKind::Completed,
        Decision::Retry(_) => EventKind::Retrying,
        Decision::Snooze(_) => EventKind::Snoozed,
        Decision::HandBack => EventKind::HandedBack,
        Decision::Fail => EventKind::Failed,
        Decision::TimeOut => EventKind::TimedOut,
        Decision::Cancel => EventKind::Cancelled,
    }
}
