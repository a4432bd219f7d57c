//! Queues.

use axum::http::Method;
use duly_api::{BulkDone, Purge, Queue, QueueChange, Queues};

use super::Client;
use crate::failure::Failure;

impl Client {
    /// All queues, by name.
    pub(crate) async fn queues(&self) -> Result<Queues, Failure> {
        self.get(&["v1", "queues"], &[]).await
    }

    /// One queue.
    pub(crate) async fn queue(&self, name: &str) -> Result<Queue, Failure> {
        self.get(&["v1", "queues", name], &[]).await
    }

    /// Changes what holds for a queue, which is made if there is none.
    pub(crate) async fn configure(
        &self,
        name: &str,
        change: &QueueChange,
    ) -> Result<Queue, Failure> {
        self.ask(Method::PATCH, &["v1", "queues", name], change)
            .await
    }

    /// Nothing starts from it any more.
    pub(crate) async fn pause(&self, name: &str) -> Result<Queue, Failure> {
        self.tell(Method::POST, &["v1", "queues", name, "pause"])
            .await
    }

    /// Work starts from it again.
    pub(crate) async fn resume(&self, name: &str) -> Result<Queue, Failure> {
        self.tell(Method::POST, &["v1", "queues", name, "resume"])
            .await
    }

    /// One step of calling off everything that waits in it.
    pub(crate) async fn purge(&self, name: &str, purge: &Purge) -> Result<BulkDone, Failure> {
        self.ask(Method::POST, &["v1", "queues", name, "purge"], purge)
            .await
    }
}
