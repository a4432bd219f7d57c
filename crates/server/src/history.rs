//! What happened to a task.

use std::collections::VecDeque;

use duly_core::TaskId;

use crate::App;
use crate::bounds::{EVENT_PAGES_MAX, EVENTS_SHOWN_MAX};
use crate::port::bounds::PAGE_MAX;
use crate::port::{Event, EventCursor};
use crate::refusal::Refusal;

/// The last events of a task; of a history longer than the pages reach, the last that they reach.
pub(crate) async fn last_events(app: &App, id: TaskId) -> Result<Vec<Event>, Refusal> {
    let mut events = VecDeque::new();
    let mut after = EventCursor::START;
    for _ in 0..EVENT_PAGES_MAX {
        let page = app.store().task_events(id, after, PAGE_MAX).await?;
        let is_full = page.events.len() >= PAGE_MAX as usize;
        after = page.next;
        events.extend(page.events);
        let surplus = events.len().saturating_sub(EVENTS_SHOWN_MAX);
        events.drain(..surplus);
        if !is_full {
            break;
        }
    }
    Ok(events.into())
}
