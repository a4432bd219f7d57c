//! What is in the store already.

use crate::port::{EventCursor, EventPage, RequestError, Store};

use super::Filter;

/// A page of what may pass the filter: a task's own history where it names one, else that of all.
pub(crate) async fn read(
    store: &dyn Store,
    filter: &Filter,
    after: EventCursor,
    limit: u32,
) -> Result<EventPage, RequestError> {
    match filter.task {
        Some(task) => store.task_events(task, after, limit).await,
        None => store.events(after, limit).await,
    }
}
