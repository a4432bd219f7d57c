//! Why what waits waits.

use duly_api::{Explanation, QueueExplanation, WorkerExplanations};
use duly_core::TaskId;

use super::Client;
use crate::failure::Failure;

impl Client {
    /// Why a task has not started.
    pub(crate) async fn explain_task(&self, id: TaskId) -> Result<Explanation, Failure> {
        let id = id.to_string();
        self.get(&["v1", "tasks", &id, "explain"], &[]).await
    }

    /// Why what stands in a queue does not start.
    pub(crate) async fn explain_queue(&self, name: &str) -> Result<QueueExplanation, Failure> {
        self.get(&["v1", "queues", name, "explain"], &[]).await
    }

    /// Why the workers of a name have no more to do.
    pub(crate) async fn explain_worker(&self, name: &str) -> Result<WorkerExplanations, Failure> {
        self.get(&["v1", "workers", name, "explain"], &[]).await
    }
}
