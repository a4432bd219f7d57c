//! Looking at tasks.

use duly_core::engine::{Entry, KindId, QueueId};
use duly_core::{TaskId, Timestamp};

use super::body::Body;
use super::world::World;
use crate::bounds::SCAN_MAX;
use crate::{
    EventCursor, EventPage, Filter, List, ListCursor, Payload, RequestError, TaskPage, TaskRecord,
    validate,
};

/// What of a filter can be told from a glimpse at a task, so that few are shown in vain: everybody else
/// waits meanwhile.
struct Sieve<'f> {
    filter: &'f Filter,
    queue: Option<QueueId>,
    kind: Option<KindId>,
    /// A place in the roll of tenants.
    tenant: Option<usize>,
}

impl Sieve<'_> {
    fn may_match(&self, entry: &Entry<Body>, now: Timestamp) -> bool {
        let (filter, submitted_at) = (self.filter, entry.carry.submitted_at);
        self.queue.is_none_or(|queue| entry.queue == queue)
            && self.kind.is_none_or(|kind| entry.kind == kind)
            && (filter.states.is_empty() || filter.states.contains(&entry.vitals.state_at(now)))
            && filter.submitted_from.is_none_or(|at| submitted_at >= at)
            && filter.submitted_before.is_none_or(|at| submitted_at < at)
            && filter.due_before.is_none_or(|at| entry.vitals.due_at < at)
            && self
                .tenant
                .is_none_or(|place| entry.carry.tenant.is_some_and(|at| at as usize == place))
            && self.label_may_match(entry)
    }

    fn label_may_match(&self, entry: &Entry<Body>) -> bool {
        let Some((name, value)) = &self.filter.label else {
            return true;
        };
        let rare = entry.carry.rare.as_ref();
        rare.is_some_and(|rare| rare.labels.get(name) == Some(value))
    }
}

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

    /// `None`: nothing is of that queue, kind or tenant.
    fn sieve<'f>(&self, filter: &'f Filter) -> Option<Sieve<'f>> {
        let queue = |name| self.queues.get(name).map(|at| self.queue_list[*at].id);
        let kind = |name| self.known_kind(name);
        Some(Sieve {
            filter,
            queue: match &filter.queue {
                Some(name) => Some(queue(name)?),
                None => None,
            },
            kind: match &filter.kind {
                Some(name) => Some(kind(name)?),
                None => None,
            },
            tenant: match &filter.tenant {
                Some(name) => Some(self.tenants.find(name)?),
                None => None,
            },
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
        let Some(sieve) = self.sieve(filter) else {
            return (tasks, None);
        };
        for (looked, (sequence, place)) in (1..).zip(self.tasks.below(before)) {
            if self
                .entry_at(place)
                .is_some_and(|entry| sieve.may_match(entry, now))
            {
                let task = self.show(place, now);
                tasks.extend(task.filter(|task| filter.matches(task, now)));
            }
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
        self.entry_at(self.place(id)?)
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
