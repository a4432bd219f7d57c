//! Waiting until a task has ended.

use duly::EventCursor;
use duly_api::{FeedEvent, Task};
use duly_core::{State, TaskId};

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

/// The task once it has ended. Each of its events is told, from the first on.
pub(super) async fn ended(
    client: &Client,
    id: TaskId,
    mut told: impl FnMut(&FeedEvent) -> Result<(), Failure>,
) -> Result<Task, Failure> {
    let query = vec![("task", id.to_string())];
    let start = EventCursor::START.to_string();
    let mut events = client.follow(query, Some(start)).await?;
    loop {
        let event = events.next().await?;
        told(&event)?;
        if !may_end(&event) {
            continue;
        }
        // Somebody may have put it back in line meanwhile: what it is counts.
        let task = client.task(id).await?;
        if task.state.is_final() {
            return Ok(task);
        }
    }
}

fn may_end(event: &FeedEvent) -> bool {
    let name = event.event.kind.name();
    name.parse::<State>().is_ok_and(State::is_final)
}

/// How it went: only what was completed went well.
pub(super) fn outcome(task: &Task) -> Result<(), Failure> {
    if task.state == State::Completed {
        return Ok(());
    }
    let error = task.error.as_deref().map(|error| format!(": {error}"));
    Err(Failure::EndedBadly(format!(
        "the task {} ended {}{}",
        task.id,
        task.state,
        output::printable(&error.unwrap_or_default())
    )))
}
