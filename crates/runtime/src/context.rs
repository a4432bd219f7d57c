//! What a handler knows of its attempt, and what it can say while it runs.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use duly_core::{AttemptRef, Priority, TaskId, Timestamp};
use duly_store::bounds::PROGRESS_BYTES_MAX;
use duly_store::trace::{TraceContext, is_reserved};
use duly_store::{Labels, Lease, Name, Progress, validate};
use tokio_util::sync::CancellationToken;

use crate::dice::Dice;

/// What a handler gets beside its job. Cheap to clone.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    attempt: AttemptRef,
    kind: Name,
    queue: Name,
    worker: Name,
    priority: Priority,
    labels: Labels,
    trace: Option<TraceContext>,
    parent: Option<TraceContext>,
    spent: u32,
    attempts_max: u32,
    timeout: Option<Duration>,
    finish_by: Option<Timestamp>,
    due_at: Timestamp,
    submitted_at: Timestamp,
    cancelled: CancellationToken,
    progress: Mutex<Option<Progress>>,
}

impl Context {
    /// The context of a lease that `worker` holds. The dice give its span an id.
    pub(crate) fn new(lease: &mut Lease, worker: &Name, dice: &mut Dice) -> Self {
        let mut labels = std::mem::take(&mut lease.labels);
        let parent = TraceContext::read(&labels);
        labels.retain(|name, _| !is_reserved(name));
        Self(Arc::new(Inner {
            attempt: lease.attempt,
            kind: lease.kind.clone(),
            queue: lease.queue.clone(),
            worker: worker.clone(),
            priority: lease.priority,
            labels,
            trace: parent.as_ref().map(|parent| parent.child(dice.roll())),
            parent,
            spent: lease.spent,
            attempts_max: lease.retry.attempts_max,
            timeout: lease.timeout,
            finish_by: lease.finish_by,
            due_at: lease.due_at,
            submitted_at: lease.submitted_at,
            cancelled: CancellationToken::new(),
            progress: Mutex::default(),
        }))
    }

    /// The task: the same in every attempt, so it serves as an idempotency key.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.0.attempt.task
    }

    /// Which attempt of the task this is.
    #[must_use]
    pub fn attempt(&self) -> AttemptRef {
        self.0.attempt
    }

    /// The name that the handler is registered under.
    #[must_use]
    pub fn kind(&self) -> &Name {
        &self.0.kind
    }

    /// The queue that the task came from.
    #[must_use]
    pub fn queue(&self) -> &Name {
        &self.0.queue
    }

    /// The name of the worker.
    #[must_use]
    pub fn worker(&self) -> &Name {
        &self.0.worker
    }

    /// How urgent the task is.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.0.priority
    }

    /// The labels that the task was submitted with.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        &self.0.labels
    }

    /// The span of this attempt, if the task was submitted in the course of a trace: of the same trace,
    /// with an id of its own. What the handler asks others for goes on in it, by the headers
    /// [`traceparent`](TraceContext::traceparent) and [`tracestate`](TraceContext::tracestate).
    #[must_use]
    pub fn trace(&self) -> Option<&TraceContext> {
        self.0.trace.as_ref()
    }

    /// The span that the task was submitted in.
    pub(crate) fn parent(&self) -> Option<&TraceContext> {
        self.0.parent.as_ref()
    }

    /// Attempts charged, this one included.
    #[must_use]
    pub fn spent(&self) -> u32 {
        self.0.spent
    }

    /// How many charged attempts the task has in all.
    #[must_use]
    pub fn attempts_max(&self) -> u32 {
        self.0.attempts_max
    }

    /// No retry follows if this attempt fails: all are spent. (Nor does one that would come after
    /// [`finish_by`](Self::finish_by).)
    #[must_use]
    pub fn is_last_attempt(&self) -> bool {
        self.0.spent >= self.0.attempts_max
    }

    /// How long this attempt may take, if its task may take as long.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.0.timeout
    }

    /// When the task must have ended, by the store's clock: then this attempt is stopped, and no other
    /// follows.
    #[must_use]
    pub fn finish_by(&self) -> Option<Timestamp> {
        self.0.finish_by
    }

    /// When the task was due.
    #[must_use]
    pub fn due_at(&self) -> Timestamp {
        self.0.due_at
    }

    /// When the task was submitted.
    #[must_use]
    pub fn submitted_at(&self) -> Timestamp {
        self.0.submitted_at
    }

    /// Tripped when the handler should stop: somebody asked to cancel the task, its time is up, or
    /// the worker shuts down. After a grace the handler is aborted, at its next await.
    ///
    /// ```
    /// use duly_runtime::{Context, JobError};
    ///
    /// async fn export(pages: u32, ctx: Context) -> Result<(), JobError> {
    ///     for _page in 0..pages {
    ///         if ctx.cancelled().is_cancelled() {
    ///             return Err(JobError::cancelled());
    ///         }
    ///         // write a page
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn cancelled(&self) -> &CancellationToken {
        &self.0.cancelled
    }

    /// Says how far the attempt is: `fraction` from 0 to 1, and a short text (cut to 256 bytes). Never
    /// blocks: it goes to the store with the worker's next heartbeat, and the last one wins.
    pub fn progress(&self, fraction: f32, text: impl Into<String>) {
        let fraction = if fraction.is_nan() {
            0.0
        } else {
            fraction.clamp(0.0, 1.0)
        };
        *self.slot() = Some(Progress {
            fraction,
            text: validate::cut(text.into(), PROGRESS_BYTES_MAX),
        });
    }

    /// Takes what was said last, to bring it to the store.
    pub(crate) fn take_progress(&self) -> Option<Progress> {
        self.slot().take()
    }

    /// Puts back what did not reach the store, unless there is news.
    pub(crate) fn put_back(&self, progress: Progress) {
        self.slot().get_or_insert(progress);
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Progress>> {
        self.0
            .progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("attempt", &self.0.attempt)
            .field("kind", &self.0.kind)
            .field("queue", &self.0.queue)
            .finish_non_exhaustive()
    }
}
