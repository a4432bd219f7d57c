//! Why tasks have not started, queues stand, and workers are idle.

use duly_core::TaskId;
use duly_store::{Explanation, Name, QueueExplanation, StoreError, WorkerExplanation};

use crate::Duly;

impl Duly {
    /// Why a task has not started: all reasons, its place in line, and when it may start; `None`: there is
    /// no such task. All of it is true of the instant that it names.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use duly::{Duly, Task};
    /// use duly::store::Reason;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let duly = Duly::open("memory:").await?;
    /// let task = duly.submit(Task::new("report", &1).delay(Duration::from_secs(60))).await?;
    /// let why = duly.explain(task.id).await?.expect("it is there");
    /// assert!(why.is_closed());
    /// assert!(matches!(why.reasons[0], Reason::NotDue { .. }));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the store fails.
    pub async fn explain(&self, id: TaskId) -> Result<Option<Explanation>, StoreError> {
        self.store().explain_task(id).await
    }

    /// Why what stands in a queue does not start; `None`: there is no such queue.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn explain_queue(
        &self,
        queue: impl Into<Name>,
    ) -> Result<Option<QueueExplanation>, StoreError> {
        self.store().explain_queue(queue.into()).await
    }

    /// Why the workers of a name, or the one of an incarnation, have no more to do; none: there is no such
    /// worker.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn explain_worker(
        &self,
        worker: impl Into<Name>,
    ) -> Result<Vec<WorkerExplanation>, StoreError> {
        self.store().explain_worker(worker.into()).await
    }
}
