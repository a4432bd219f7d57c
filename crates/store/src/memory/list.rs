//! Looking at tasks.

use duly_core::{TaskId, Timestamp};

use super::world::{Place, World};
use crate::bounds::SCAN_MAX;
use crate::{EventCursor, EventPage, List, ListCursor, RequestError, TaskPage, validate};

impl World {
    pub(super) fn list(&self, request: &List, now: Timestamp) -> Result<TaskPage, RequestError> {
        validate::page(request.limit)?;
        let before = request.after.map_or(i64::MAX, ListCursor::sequence);
        let mut tasks = Vec::new();
        let mut next = None;
        let mut looked = 0;
        for (sequence, place) in self.tasks.below(before) {
            looked += 1;
            tasks.extend(
                self.show(place, now)
                    .filter(|task| request.filter.matches(task, now)),
            );
            if tasks.len() == request.limit as usize || looked == SCAN_MAX {
                next = Some(ListCursor::after(sequence));
                break;
            }
        }
        Ok(TaskPage {
            tasks,
            next,
            at: now,
        })
    }

    pub(super) fn task_events(
        &self,
        id: TaskId,
        after: EventCursor,
        limit: u32,
    ) -> Result<EventPage, RequestError> {
        validate::page(limit)?;
        let last = match self
            .engine
            .find(id)
            .and_then(|slot| self.engine.entry(slot))
        {
            Some(entry) => Some(entry.carry.last_event),
            None => self
                .finished
                .get(&id)
                .and_then(|at| match self.tasks.get(*at)? {
                    Place::Finished(finished) => Some(finished.entry.carry.last_event),
                    Place::Unfinished(_) => None,
                }),
        };
        let last = last.ok_or(RequestError::TaskNotFound(id))?;
        Ok(self.log.of_task(id, last, after, limit))
    }

    pub(super) fn events(&self, after: EventCursor, limit: u32) -> Result<EventPage, RequestError> {
        validate::page(limit)?;
        Ok(self.log.page(after, limit, |sequence| self.id_of(sequence)))
    }

    pub(super) const fn events_end(&self) -> EventCursor {
        self.log.end()
    }
}
