//! What the routes share.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use crate::Options;
use crate::bounds::{ARCHIVES_MAX, LARGE_BODIES_MAX, SAMPLE_EVERY};
use crate::feed::Feed;
use crate::metrics::Metrics;
use crate::port::priority::Prioritiser;
use crate::port::{Clock, Duly, Observer, Store};
use crate::samples::Samples;

/// What the routes share: a store, and a clock for fresh ids. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    duly: Duly,
    options: Options,
    large_bodies: Arc<Semaphore>,
    archives: Arc<Semaphore>,
    feed: Feed,
    metrics: Metrics,
    samples: Samples,
    backlog: watch::Sender<Backlog>,
}

/// From when on a queue counts as backed up, so that `/ready` says `degraded`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// More pending tasks than this.
    pub pending_max: u64,
    /// A pending task that was due longer ago than this.
    pub age_max: Duration,
}

impl Default for Backlog {
    /// More than 100,000 pending tasks, or one that was due more than 10 minutes ago.
    fn default() -> Self {
        Self {
            pending_max: 100_000,
            age_max: Duration::from_secs(600),
        }
    }
}

impl App {
    /// An API over what this handle has opened, for this machine alone.
    #[must_use]
    pub fn new(duly: Duly) -> Self {
        Self::with_options(duly, Options::default())
    }

    /// An API over what this handle has opened.
    #[must_use]
    pub fn with_options(duly: Duly, options: Options) -> Self {
        Self(Arc::new(Shared {
            feed: Feed::new(Arc::clone(duly.store()), Arc::clone(duly.clock())),
            metrics: Metrics::new(duly.clock().now()),
            samples: Samples::default(),
            backlog: watch::Sender::new(Backlog::default()),
            duly,
            options,
            large_bodies: Arc::new(Semaphore::new(LARGE_BODIES_MAX)),
            archives: Arc::new(Semaphore::new(ARCHIVES_MAX)),
        }))
    }

    /// From when on a queue counts as backed up.
    #[must_use]
    pub fn with_backlog(self, backlog: Backlog) -> Self {
        self.set_backlog(backlog);
        self
    }

    /// The same while the app and its clones are in use.
    pub fn set_backlog(&self, backlog: Backlog) {
        self.0.backlog.send_replace(backlog);
    }

    /// What counts the attempts of a worker for `/metrics`: give it to
    /// [`WorkerBuilder::observe`](duly::WorkerBuilder::observe).
    #[must_use]
    pub fn observer(&self) -> Arc<dyn Observer> {
        self.0.metrics.observer()
    }

    /// Looks every 10 s at what the store has counted, so that `/v1/stats` can tell how fast it goes
    /// although nobody asked before; until [`end_streams`](Self::end_streams), or the future is
    /// dropped.
    pub async fn sample(&self) {
        let sample = async {
            loop {
                if let Ok(queues) = self.store().queues().await {
                    self.0.samples.take(&queues, self.clock().now());
                }
                self.clock().sleep(SAMPLE_EVERY).await;
            }
        };
        tokio::select! {
            () = sample => {}
            () = self.0.feed.ended() => {}
        }
    }

    /// Ends the live streams of events, each with a last word, and begins no others: for a server that
    /// is about to stop and shall not wait for them.
    pub fn end_streams(&self) {
        self.0.feed.end();
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn samples(&self) -> &Samples {
        &self.0.samples
    }

    pub(crate) fn backlog(&self) -> Backlog {
        *self.0.backlog.borrow()
    }

    pub(crate) fn feed(&self) -> &Feed {
        &self.0.feed
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn duly(&self) -> &Duly {
        &self.0.duly
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.0.duly.store()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &**self.0.duly.clock()
    }

    pub(crate) fn prioritiser(&self) -> &Prioritiser {
        self.0.duly.prioritiser()
    }

    /// The places for archives on their way.
    pub(crate) fn archives(&self) -> &Arc<Semaphore> {
        &self.0.archives
    }

    /// The places for bodies that are not small.
    pub(crate) fn large_bodies(&self) -> &Arc<Semaphore> {
        &self.0.large_bodies
    }
}
