//! The store, driven through its port in the same batches as the limit.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use duly_core::{Decision, Incarnation, TaskId};
use duly_store::{
    Claim, Claimed, Labels, Lease, Name, NewTask, Payload, Registration, Settle, Settlement, Store,
    Submit,
};
use duly_store_sqlite::{Options, SqliteStore};

/// The kind of every task here.
pub(crate) const KIND: &str = "bench";

/// A store with one registered worker.
pub(crate) struct Port {
    pub(crate) store: Arc<dyn Store>,
    incarnation: Incarnation,
    queues: Vec<Name>,
    kinds: Vec<Name>,
}

impl Port {
    /// Opens a file as any user would: durable at FULL.
    pub(crate) async fn sqlite(path: &Path) -> anyhow::Result<Self> {
        let store = SqliteStore::open(path, Options::default()).await?;
        Self::on(Arc::new(store)).await
    }

    /// A worker on any store.
    pub(crate) async fn on(store: Arc<dyn Store>) -> anyhow::Result<Self> {
        let incarnation = Incarnation::from_bytes([7; 16]);
        let queues = vec![Name::from(NewTask::QUEUE_DEFAULT)];
        let kinds = vec![Name::from(KIND)];
        let registration = Registration {
            incarnation,
            name: "bench".into(),
            queues: queues.clone(),
            kinds: kinds.clone(),
            labels: Labels::new(),
            capacity: 500,
        };
        store.register(registration).await?;
        Ok(Self {
            store,
            incarnation,
            queues,
            kinds,
        })
    }

    pub(crate) async fn submit(&self, ids: &[[u8; 16]], payload: &Payload) -> anyhow::Result<()> {
        let plain = |id: &[u8; 16]| NewTask::new(TaskId::from_bytes(*id), KIND, payload.clone());
        self.submit_tasks(ids.iter().map(plain).collect()).await
    }

    pub(crate) async fn submit_tasks(&self, tasks: Vec<NewTask>) -> anyhow::Result<()> {
        self.store.submit(Submit { tasks }).await?;
        Ok(())
    }

    /// So much work at most, as it was handed out.
    pub(crate) async fn take(&self, run: u32) -> anyhow::Result<Claimed> {
        let claim = Claim {
            weights: Vec::new(),
            incarnation: self.incarnation,
            queues: self.queues.clone(),
            kinds: self.kinds.clone(),
            run,
            prefetch: 0,
            suspect: true,
            turn: 0,
        };
        Ok(self.store.claim(claim).await?)
    }

    /// So much work at most, as what completes it.
    pub(crate) async fn claim(&self, run: u32) -> anyhow::Result<Vec<Settlement>> {
        Ok(self.take(run).await?.leases.iter().map(done).collect())
    }

    pub(crate) async fn complete(&self, settlements: Vec<Settlement>) -> anyhow::Result<()> {
        let settle = Settle {
            incarnation: self.incarnation,
            settlements,
        };
        for answer in self.store.settle(settle).await?.attempts {
            answer.context("a current attempt is settled")?;
        }
        Ok(())
    }
}

/// What completes an attempt.
pub(crate) fn done(lease: &Lease) -> Settlement {
    Settlement::new(lease.attempt, Decision::Complete)
}
