//! Handlers that wait to be let through, and are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use duly_runtime::{Context, JobError};
use duly_store::BoxFuture;
use tokio::sync::Semaphore;

use super::until;

/// Handlers that run until the gate lets them go.
#[derive(Clone, Default)]
pub struct Gate(Arc<Inner>);

struct Inner {
    started: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
    open: Semaphore,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            started: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            open: Semaphore::new(0),
        }
    }
}

/// Counts a handler down however it ends.
struct Running(Gate);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.running.fetch_sub(1, SeqCst);
    }
}

impl Gate {
    /// A handler that waits at the gate, and does not heed its token.
    pub fn handler(
        &self,
    ) -> impl Fn((), Context) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync + 'static
    {
        let gate = self.clone();
        move |(), _context| {
            let gate = gate.clone();
            Box::pin(async move {
                let _running = gate.enter();
                gate.0.open.acquire().await.unwrap().forget();
                Ok(())
            })
        }
    }

    /// A handler that waits at the gate, or for its token.
    pub fn polite_handler(
        &self,
    ) -> impl Fn((), Context) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync + 'static
    {
        let gate = self.clone();
        move |(), context| {
            let gate = gate.clone();
            Box::pin(async move {
                let _running = gate.enter();
                tokio::select! {
                    _ = gate.0.open.acquire() => Ok(()),
                    () = context.cancelled().cancelled() => Err(JobError::cancelled()),
                }
            })
        }
    }

    fn enter(&self) -> Running {
        self.0.started.fetch_add(1, SeqCst);
        let running = self.0.running.fetch_add(1, SeqCst) + 1;
        self.0.most.fetch_max(running, SeqCst);
        Running(self.clone())
    }

    /// Lets that many go.
    pub fn open(&self, handlers: usize) {
        self.0.open.add_permits(handlers);
    }

    /// How many have started.
    pub fn started(&self) -> usize {
        self.0.started.load(SeqCst)
    }

    /// How many run.
    pub fn running(&self) -> usize {
        self.0.running.load(SeqCst)
    }

    /// How many ran at once at most.
    pub fn most(&self) -> usize {
        self.0.most.load(SeqCst)
    }

    pub async fn has_started(&self, handlers: usize) {
        until(&format!("{handlers} started"), || {
            self.started() >= handlers
        })
        .await;
    }
}
