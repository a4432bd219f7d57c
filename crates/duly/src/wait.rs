//! Waiting for the end of a task.

use std::time::Duration;

use duly_core::TaskId;
use duly_store::{Clock, RequestError, Store, TaskRecord};

/// The first pause between two looks, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(500));

/// Looks at the task until it has ended, ever less often. Hints do not tell of ends.
pub(crate) async fn wait(
    store: &dyn Store,
    clock: &dyn Clock,
    id: TaskId,
) -> Result<TaskRecord, RequestError> {
    let mut pause = PAUSE.0;
    loop {
        let task = store.task(id).await?;
        let task = task.ok_or(RequestError::TaskNotFound(id))?;
        if task.state.is_final() {
            return Ok(task);
        }
        clock.sleep(pause).await;
        pause = (pause * 5 / 4).min(PAUSE.1);
    }
}
