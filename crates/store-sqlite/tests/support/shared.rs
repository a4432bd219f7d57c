//! Two stores on one file.

use std::path::Path;
use std::sync::Arc;

use duly_core::Decision;
use duly_store::testing::{ME, OTHER, claim_of, registration, task_with};
use duly_store::{
    Claim, Lease, LimitUse, ListNames, ManualClock, NewTask, Settle, Settlement, Store, Submit,
};
use duly_store_sqlite::SqliteStore;

use super::{open, options};

/// The limit of most tests.
pub(crate) const LIMIT: &str = "scarce";

/// A file with two stores on it, on one clock.
pub(crate) struct Shared {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) stores: [SqliteStore; 2],
}

pub(crate) fn shared() -> Shared {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::default());
    let stores = [(), ()].map(|()| on(folder.path(), &clock));
    Shared {
        folder,
        clock,
        stores,
    }
}

pub(crate) fn on(folder: &Path, clock: &Arc<ManualClock>) -> SqliteStore {
    open(&folder.join("duly.db"), options(clock.clone())).unwrap()
}

impl Shared {
    pub(crate) async fn ready(self) -> Self {
        let [one, other] = &self.stores;
        one.register(registration(ME, "me")).await.unwrap();
        other.register(registration(OTHER, "other")).await.unwrap();
        self
    }

    pub(crate) async fn claim(&self, at: usize, run: u32) -> Vec<Lease> {
        let claim = Claim {
            incarnation: [ME, OTHER][at],
            ..claim_of(run)
        };
        self.stores[at].claim(claim).await.unwrap().leases
    }

    pub(crate) async fn end(&self, at: usize, lease: &Lease) {
        let settle = Settle {
            incarnation: [ME, OTHER][at],
            settlements: vec![Settlement::new(lease.attempt, Decision::Complete)],
        };
        let settled = self.stores[at].settle(settle).await.unwrap();
        settled.attempts[0].clone().unwrap();
    }

    pub(crate) async fn in_use(&self, at: usize) -> u64 {
        let asked = ListNames::only(LIMIT.into());
        self.stores[at].limits(asked).await.unwrap().limits[0].in_use
    }
}

pub(crate) async fn submit(store: &SqliteStore, tasks: impl IntoIterator<Item = NewTask>) {
    let tasks = tasks.into_iter().collect();
    store.submit(Submit { tasks }).await.unwrap();
}

pub(crate) fn limited(n: u8) -> NewTask {
    task_with(n, |t| t.limits = vec![LimitUse::one(LIMIT)])
}

pub(crate) fn of(n: u8, tenant: &str) -> NewTask {
    task_with(n, |t| t.tenant = Some(tenant.into()))
}
