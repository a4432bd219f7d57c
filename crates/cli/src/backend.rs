//! The store that a command works on itself.

use std::sync::Arc;

use duly_runtime::{House, Housekeeper, WorkerBuilder};
use duly_store::{Clock, MemoryStore, Store, SystemClock};

use crate::failure::Failure;

pub(crate) struct Backend {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Backend {
    pub(crate) async fn open(_url: &str) -> Result<Self, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Ok(Self {
            store: Arc::new(MemoryStore::new(clock.clone())),
            clock,
        })
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    pub(crate) fn worker(&self) -> WorkerBuilder {
        WorkerBuilder::new(self.store(), self.clock())
    }

    pub(crate) fn housekeeper(&self) -> Housekeeper {
        House::default().start(self.store(), self.clock())
    }

    pub(crate) async fn close(&self) {
        self.store.close().await;
    }
}
