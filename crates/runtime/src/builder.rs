//! Putting a worker together.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use duly_core::bounds::QUEUE_WEIGHT_MAX;
use duly_core::duration;
use duly_store::{Clock, InvalidInput, Labels, Name, Payload, Registration, Store, id, validate};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bounds::{CONCURRENCY_MAX, PREFETCH_MAX};
use crate::handler::{self, Handler, Handlers};
use crate::observer::Observed;
use crate::settings::Settings;
use crate::{Context, House, Inline, Observer, Verdict, Worker};

/// Why a worker cannot start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidWorker {
    /// It has no handler, so there is nothing that it could run.
    #[error("the worker has no handler: register one with `handle(kind, function)`")]
    NoHandler,
    /// Two handlers for one kind.
    #[error("kind \"{0}\" has two handlers: register one per kind")]
    TwoHandlers(Name),
    /// A value was refused.
    #[error("the worker's {0}")]
    InvalidInput(#[from] InvalidInput),
}

/// Puts a worker together: its handlers, its queues, and how much it runs at once.
pub struct WorkerBuilder {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    handlers: Handlers,
    twice: Option<Name>,
    house: Option<House>,
}

impl WorkerBuilder {
    /// A worker on this store with the defaults: queue `default`, 8 handlers at once per core,
    /// housekeeping on.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            settings: Settings::default(),
            handlers: Handlers::new(),
            twice: None,
            house: Some(House::default()),
        }
    }

    /// Registers the handler of a kind: any `async fn(job, Context) -> Result<output, error>`. The job
    /// is read from the payload's JSON, the output kept as the result. What errors mean is told by
    /// [`JobError`](crate::JobError).
    ///
    /// A handler must not block its thread for long: while it does it cannot be aborted, and takes a
    /// thread from the others (heartbeats go on as long as one thread of the runtime is left; use
    /// `tokio::task::spawn_blocking` for blocking work).
    #[must_use]
    pub fn handle<J, O, E, F, Fut>(self, kind: impl Into<Name>, handler: F) -> Self
    where
        F: Fn(J, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<O, E>> + Send + 'static,
        J: DeserializeOwned + 'static,
        O: Serialize + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        self.register(kind.into(), handler::typed(handler))
    }

    /// Registers a handler that gets the payload as it is, and says itself what is to become of the
    /// task.
    #[must_use]
    pub fn handle_raw<F, Fut>(self, kind: impl Into<Name>, handler: F) -> Self
    where
        F: Fn(Payload, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Verdict> + Send + 'static,
    {
        self.register(kind.into(), handler::raw(handler))
    }

    fn register(mut self, kind: Name, handler: Handler) -> Self {
        if self.handlers.insert(kind.clone(), handler).is_some() {
            self.twice.get_or_insert(kind);
        }
        self
    }

    /// The name that the worker is shown under; several may share one. Default: `worker-` and the id
    /// of the process.
    #[must_use]
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.settings.name = name.into();
        self
    }

    /// The queues that it serves: the most urgent work of all first, equally urgent work in turns.
    /// Default: `default`.
    #[must_use]
    pub fn queues<N: Into<Name>>(mut self, queues: impl IntoIterator<Item = N>) -> Self {
        self.settings.queues = queues.into_iter().map(Into::into).collect();
        self.settings.weights.clear();
        self
    }

    /// The queues that it serves by weight, 1 to 100: of so many turns each has so many, however urgent
    /// the work of the others is. A queue that has nothing to start leaves its turns to them. Within a
    /// queue the order is its own.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use duly_runtime::WorkerBuilder;
    /// # use duly_store::{ManualClock, MemoryStore};
    /// # let clock = Arc::new(ManualClock::default());
    /// # let worker = WorkerBuilder::new(Arc::new(MemoryStore::new(clock.clone())), clock);
    /// // Of four tasks three are from `paid`, while both have some.
    /// let worker = worker.queues_by_weight([("paid", 3), ("free", 1)]);
    /// # let _ = worker;
    /// ```
    #[must_use]
    pub fn queues_by_weight<N: Into<Name>>(
        mut self,
        queues: impl IntoIterator<Item = (N, u32)>,
    ) -> Self {
        let queues = queues
            .into_iter()
            .map(|(name, weight)| (name.into(), weight));
        (self.settings.queues, self.settings.weights) = queues.unzip();
        self
    }

    /// What the worker says of itself.
    #[must_use]
    pub fn labels(mut self, labels: Labels) -> Self {
        self.settings.labels = labels;
        self
    }

    /// How many handlers run at once: never one more. 1 to 100,000; default: 8 per core.
    #[must_use]
    pub fn concurrency(mut self, handlers: u32) -> Self {
        self.settings.concurrency = handlers;
        self
    }

    /// How much work it takes into store at most (1,000 is the bound), so that short handlers need
    /// not wait for the next claim; never more than lasts for about 20 ms by the mean run time.
    ///
    /// Default: 0, which is off. What was prefetched costs a write more (it is assigned, and then
    /// begun), and beginning it is as durable as claiming it. It pays where a claim is much dearer
    /// than that write; on an embedded file it does not.
    #[must_use]
    pub fn prefetch(mut self, tasks_max: u32) -> Self {
        self.settings.prefetch_max = tasks_max.min(PREFETCH_MAX);
        self
    }

    /// Who is told of every attempt that begins or ends, for metrics. Default: nobody.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use duly_runtime::{Observer, Started, WorkerBuilder};
    /// # use duly_store::{ManualClock, MemoryStore};
    /// struct Waits;
    ///
    /// impl Observer for Waits {
    ///     fn started(&self, attempt: &Started<'_>) {
    ///         println!("{} waited for {:?}", attempt.kind, attempt.waited);
    ///     }
    /// }
    ///
    /// # let clock = Arc::new(ManualClock::default());
    /// # let store = Arc::new(MemoryStore::new(clock.clone()));
    /// let worker = WorkerBuilder::new(store, clock).observe(Arc::new(Waits));
    /// # let _ = worker;
    /// ```
    #[must_use]
    pub fn observe(mut self, observer: Arc<dyn Observer>) -> Self {
        self.settings.observed = Observed::by(observer);
        self
    }

    /// How often it renews its leases. Default: 3 s. At most a third of the lease.
    #[must_use]
    pub fn heartbeat(mut self, every: Duration) -> Self {
        self.settings.heartbeat = every;
        self
    }

    /// Silence after which its leases may be taken back. Default: 10 s. The housekeepers of all
    /// instances must be told the same ([`House::lease`]); that of this worker is.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease;
        self
    }

    /// How long a handler has after its token was tripped, before it is aborted. Default: 5 s.
    #[must_use]
    pub fn cancel_grace(mut self, grace: Duration) -> Self {
        self.settings.cancel_grace = grace;
        self
    }

    /// How the housekeeping goes that starts and stops with the worker. Its lease is that of the worker,
    /// whatever it was told.
    #[must_use]
    pub fn house(mut self, house: House) -> Self {
        self.house = Some(house);
        self
    }

    /// No housekeeping with this worker: somebody else does it, or leases of workers that are gone
    /// never come back.
    #[must_use]
    pub fn without_house(mut self) -> Self {
        self.house = None;
        self
    }

    /// Starts the worker on the current Tokio runtime (with its timer on). It registers with the store
    /// as soon as that answers.
    ///
    /// # Errors
    /// [`InvalidWorker`], before anything is started.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn start(mut self) -> Result<Worker, InvalidWorker> {
        self.check()?;
        let lease = self.settings.lease;
        let house = self.house.take().map(|house| house.lease(lease));
        Ok(Worker::start(
            self.store,
            self.clock,
            self.settings,
            self.handlers,
            house,
        ))
    }

    /// What runs due work in the caller's task instead, one at a time.
    ///
    /// # Errors
    /// [`InvalidWorker`].
    pub fn inline(mut self) -> Result<Inline, InvalidWorker> {
        self.check()?;
        Ok(Inline::new(
            self.store,
            self.clock,
            self.settings,
            self.handlers,
        ))
    }

    fn check(&mut self) -> Result<(), InvalidWorker> {
        if let Some(kind) = self.twice.take() {
            return Err(InvalidWorker::TwoHandlers(kind));
        }
        if self.handlers.is_empty() {
            return Err(InvalidWorker::NoHandler);
        }
        self.settings.kinds = self.handlers.keys().cloned().collect();
        check_numbers(&self.settings)?;
        let registration = self.settings.registration(id::incarnation(&*self.clock));
        Ok(validate::registration(&registration)?)
    }
}

impl Settings {
    /// How a worker with these settings introduces itself.
    pub(crate) fn registration(&self, incarnation: duly_core::Incarnation) -> Registration {
        Registration {
            incarnation,
            name: self.name.clone(),
            queues: self.queues.clone(),
            kinds: self.kinds.clone(),
            labels: self.labels.clone(),
            capacity: self.concurrency,
        }
    }
}

/// A number of handlers at once.
pub(crate) fn check_concurrency(handlers: u32) -> Result<(), InvalidInput> {
    if handlers == 0 || handlers > CONCURRENCY_MAX {
        return Err(InvalidInput {
            field: "concurrency",
            value: handlers.to_string(),
            expected: format!("1 to {CONCURRENCY_MAX}"),
        });
    }
    Ok(())
}

fn check_numbers(settings: &Settings) -> Result<(), InvalidInput> {
    let refuse = |field, value: String, expected: String| {
        Err(InvalidInput {
            field,
            value,
            expected,
        })
    };
    check_concurrency(settings.concurrency)?;
    if settings.queues.is_empty() {
        return refuse("queues", "empty".to_owned(), "at least one".to_owned());
    }
    let mut weights = settings.queues.iter().zip(&settings.weights);
    if let Some((queue, weight)) =
        weights.find(|(_, weight)| !(1..=QUEUE_WEIGHT_MAX).contains(*weight))
    {
        return refuse(
            "queues",
            format!("{queue}, which weighs {weight}"),
            format!("weights of 1 to {QUEUE_WEIGHT_MAX}"),
        );
    }
    let (beat, lease) = (settings.heartbeat, settings.lease);
    if beat.is_zero() || beat.saturating_mul(3) > lease {
        return refuse(
            "heartbeat",
            duration::exact(beat),
            format!(
                "more than 0s, and at most a third of the lease of {}",
                duration::exact(lease)
            ),
        );
    }
    Ok(())
}
