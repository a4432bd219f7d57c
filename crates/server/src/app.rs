//! What the routes share.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::Options;
use crate::bounds::LARGE_BODIES_MAX;
use crate::feed::Feed;
use crate::port::{Clock, Duly, Store};

/// What the routes share: a store, and a clock for fresh ids. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    duly: Duly,
    options: Arc<Options>,
    large_bodies: Arc<Semaphore>,
    feed: Feed,
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
        Self {
            feed: Feed::new(Arc::clone(duly.store()), Arc::clone(duly.clock())),
            duly,
            options: Arc::new(options),
            large_bodies: Arc::new(Semaphore::new(LARGE_BODIES_MAX)),
        }
    }

    /// Ends the live streams of events, each with a last word, and begins no others: for a server that
    /// is about to stop and shall not wait for them.
    pub fn end_streams(&self) {
        self.feed.end();
    }

    pub(crate) const fn feed(&self) -> &Feed {
        &self.feed
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.duly.store()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &**self.duly.clock()
    }

    /// The places for bodies that are not small.
    pub(crate) const fn large_bodies(&self) -> &Arc<Semaphore> {
        &self.large_bodies
    }
}
