//! What the routes share.

use std::sync::Arc;

use crate::port::{Clock, Duly, Store};

/// What the routes share: a store, and a clock for fresh ids. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Duly);

impl App {
    /// An API over what this handle has opened.
    #[must_use]
    pub const fn new(duly: Duly) -> Self {
        Self(duly)
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.0.store()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &**self.0.clock()
    }
}
