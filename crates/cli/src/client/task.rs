//! Tasks: submitted, shown, and changed one by one or by a filter.

use axum::http::Method;
use duly_api::{
    Bulk, BulkDone, FailedDiscard, FailedPage, FailedRetry, NewTask, Submitted, SubmittedBatch,
    Task, TaskChange, TaskPage, TaskRetry,
};
use duly_core::TaskId;

use super::{Client, Parameter};
use crate::failure::Failure;

impl Client {
    /// Submits one task, once.
    pub(crate) async fn submit(&self, task: &NewTask) -> Result<Submitted, Failure> {
        self.ask(Method::POST, &["v1", "tasks"], task).await
    }

    /// Submits several, all or none, once.
    pub(crate) async fn submit_batch(&self, tasks: &[NewTask]) -> Result<SubmittedBatch, Failure> {
        self.ask(Method::POST, &["v1", "tasks"], tasks).await
    }

    /// A task with all that is known of it.
    pub(crate) async fn task(&self, id: TaskId) -> Result<Task, Failure> {
        self.get(&["v1", "tasks", &id.to_string()], &[]).await
    }

    /// A page of tasks.
    pub(crate) async fn tasks(&self, query: &[Parameter]) -> Result<TaskPage, Failure> {
        self.get(&["v1", "tasks"], query).await
    }

    /// Calls a task off.
    pub(crate) async fn cancel(&self, id: TaskId) -> Result<Task, Failure> {
        let id = id.to_string();
        self.tell(Method::DELETE, &["v1", "tasks", &id]).await
    }

    /// Puts a task that has ended back in line.
    pub(crate) async fn retry(&self, id: TaskId, retry: &TaskRetry) -> Result<Task, Failure> {
        let id = id.to_string();
        self.ask(Method::POST, &["v1", "tasks", &id, "retry"], retry)
            .await
    }

    /// Changes when and how urgently a task runs.
    pub(crate) async fn change(&self, id: TaskId, change: &TaskChange) -> Result<Task, Failure> {
        let id = id.to_string();
        self.ask(Method::PATCH, &["v1", "tasks", &id], change).await
    }

    /// One step of a change to all tasks that a filter means.
    pub(crate) async fn bulk(&self, bulk: &Bulk) -> Result<BulkDone, Failure> {
        self.ask(Method::POST, &["v1", "tasks", "bulk"], bulk).await
    }

    /// A page of dead letters.
    pub(crate) async fn failed(&self, query: &[Parameter]) -> Result<FailedPage, Failure> {
        self.get(&["v1", "failed"], query).await
    }

    /// One step of putting dead letters back in line.
    pub(crate) async fn retry_failed(&self, retry: &FailedRetry) -> Result<BulkDone, Failure> {
        self.ask(Method::POST, &["v1", "failed", "retry"], retry)
            .await
    }

    /// One step of removing dead letters.
    pub(crate) async fn discard_failed(
        &self,
        discard: &FailedDiscard,
    ) -> Result<BulkDone, Failure> {
        self.ask(Method::POST, &["v1", "failed", "discard"], discard)
            .await
    }
}
