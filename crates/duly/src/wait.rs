//! Waiting for the end of a task.

use std::time::Duration;

use duly_core::TaskId;
use duly_store::{Clock, RequestError, Store, TaskRecord};

/// The first pause between two looks, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(500));

/// A pause between two looks that grows from one to the next.
pub(crate) struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(PAUSE.0)
    }
}

impl Pause {
    pub(crate) async fn sleep(&mut self, clock: &dyn Clock) {
        clock.sleep(self.0).await;
        self.0 = (self.0 * 5 / 4).min(PAUSE.1);
    }
}

/// Looks at the task until it has ended, ever less often. Hints do not tell of ends.
pub(crate) async fn wait(
    store: &dyn Store,
    clock: &dyn Clock,
    id: TaskId,
) -> Result<TaskRecord, RequestError> {
    let mut pause = Pause::default();
    loop {
        let task = store.task(id).await?;
        let task = task.ok_or(RequestError::TaskNotFound(id))?;
        if task.state.is_final() {
            return Ok(task);
        }
        pause.sleep(clock).await;
    }
}
