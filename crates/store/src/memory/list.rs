//! Looking at tasks.

use duly_core::engine::Entry;
use duly_core::{TaskId, Timestamp};

use super::body::Body;
use super::world::World;
use crate::bounds::SCAN_MAX;
use crate::{
    EventCursor, EventPage, Filter, List, ListCursor, Payload, RequestError, TaskPage, TaskRecord,
    validate,
};

impl World {
    pub(super) fn list(&self, request: &List, now: Timestamp) -> Result<TaskPage, RequestError> {
        validate::page(request.limit)?;
        let before = request.after.map_or(i64::MAX, ListCursor::sequence);
        let (mut tasks, next) = self.find(&request.filter, before, request.limit, now);
        if request.brief {
            for task in &mut tasks {
                task.payload = task.payload.emptied();
                task.result = task.result.as_ref().map(Payload::emptied);
            }
        }
        Ok(TaskPage {
            tasks,
            next,
            at: now,
        })
    }

    /// A page of what a filter means, below a sequence; and where the next one begins.
    pub(super) fn find(
        &self,
        filter: &Filter,
        before: i64,
        limit: u32,
        now: Timestamp,
    ) -> (Vec<TaskRecord>, Option<ListCursor>) {
        let mut tasks = Vec::new();
        for (looked, (sequence, place)) in (1..).zip(self.tasks.below(before)) {
            let task = self.show(place, now);
            tasks.extend(task.filter(|task| filter.matches(task, now)));
            if tasks.len() == limit as usize || looked == SCAN_MAX {
                return (tasks, Some(ListCursor::after(sequence)));
            }
        }
        (tasks, None)
    }

    pub(super) fn task_events(
        &self,
        id: TaskId,
        after: EventCursor,
        limit: u32,
    ) -> Result<EventPage, RequestError> {
        validate::page(limit)?;
        let entry = self.entry_of(id).ok_or(RequestError::TaskNotFound(id))?;
        let subject = self.subject_of(entry);
        Ok(self
            .log
            .of_task(&subject, entry.carry.last_event, after, limit))
    }

    /// What the engine keeps, or kept, of a task.
    pub(super) fn entry_of(&self, id: TaskId) -> Option<&Entry<Body>> {
        match self.engine.find(id) {
            Some(slot) => self.engine.entry(slot),
            None => self.entry_at(self.tasks.get(*self.finished.get(&id)?)?),
        }
    }

    pub(super) fn events(&self, after: EventCursor, limit: u32) -> Result<EventPage, RequestError> {
        validate::page(limit)?;
        Ok(self
            .log
            .page(after, limit, |sequence| self.subject(sequence)))
    }

    pub(super) const fn events_end(&self) -> EventCursor {
        self.log.end()
    }
}
