//! Queues, kinds and tenants: what is paused, drained and purged as a whole.

use axum::http::Method;
use duly_api::{BulkDone, Kind, Purge, Queue, Tenant};
use duly_core::State;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Client;
use crate::failure::Failure;

/// A queue, a kind or a tenant, as the API shows it.
pub(crate) trait Subject: DeserializeOwned + Serialize {
    /// What it is called on the command line.
    const WHAT: &'static str;
    /// Where the API has them.
    const PATH: &'static str;

    fn name(&self) -> &str;
    fn paused(&self) -> bool;
    fn draining(&self) -> bool;
    /// How many of its tasks are not finished.
    fn unfinished(&self) -> u64;
}

impl Subject for Queue {
    const WHAT: &'static str = "queue";
    const PATH: &'static str = "queues";

    fn name(&self) -> &str {
        &self.name
    }

    fn paused(&self) -> bool {
        self.paused
    }

    fn draining(&self) -> bool {
        self.draining
    }

    fn unfinished(&self) -> u64 {
        let unfinished = State::ALL.into_iter().filter(|state| !state.is_final());
        unfinished
            .filter_map(|state| self.tasks.get(state.name()))
            .sum()
    }
}

impl Subject for Kind {
    const WHAT: &'static str = "kind";
    const PATH: &'static str = "kinds";

    fn name(&self) -> &str {
        &self.name
    }

    fn paused(&self) -> bool {
        self.paused
    }

    fn draining(&self) -> bool {
        self.draining
    }

    fn unfinished(&self) -> u64 {
        self.unfinished
    }
}

impl Subject for Tenant {
    const WHAT: &'static str = "tenant";
    const PATH: &'static str = "tenants";

    fn name(&self) -> &str {
        &self.name
    }

    fn paused(&self) -> bool {
        self.paused
    }

    fn draining(&self) -> bool {
        self.draining
    }

    fn unfinished(&self) -> u64 {
        self.unfinished
    }
}

/// What is done to one as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Switch {
    Pause,
    Resume,
    Drain,
    Undrain,
}

impl Switch {
    const fn path(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Drain => "drain",
            Self::Undrain => "undrain",
        }
    }
}

impl Client {
    /// One of them.
    pub(crate) async fn subject<S: Subject>(&self, name: &str) -> Result<S, Failure> {
        self.get(&["v1", S::PATH, name], &[]).await
    }

    /// Pauses one, drains it, or ends that.
    pub(crate) async fn switch<S: Subject>(&self, name: &str, to: Switch) -> Result<S, Failure> {
        self.tell(Method::POST, &["v1", S::PATH, name, to.path()])
            .await
    }

    /// Changes what holds for one, which is made if there is none.
    pub(crate) async fn configure<S: Subject>(
        &self,
        name: &str,
        change: &impl Serialize,
    ) -> Result<S, Failure> {
        self.ask(Method::PATCH, &["v1", S::PATH, name], change)
            .await
    }

    /// One step of calling off everything of it that waits.
    pub(crate) async fn purge<S: Subject>(
        &self,
        name: &str,
        purge: &Purge,
    ) -> Result<BulkDone, Failure> {
        self.ask(Method::POST, &["v1", S::PATH, name, "purge"], purge)
            .await
    }
}
