//! Tasks.

use axum::http::Method;
use duly_api::{NewTask, Submitted, SubmittedBatch, Task, TaskPage};
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
}
