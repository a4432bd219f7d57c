//! The log of events, each linked to the one before it of the same task.

use duly_core::{EventKind, Priority, TaskId, Timestamp};

use super::sparse::Sparse;
use crate::{Event, EventCursor, EventPage, Name};

/// What an event says beyond what every event says.
#[derive(Clone, Debug, Default)]
pub(super) struct Detail {
    pub(super) worker: Option<Name>,
    pub(super) due_at: Option<Timestamp>,
    pub(super) priority: Option<Priority>,
    pub(super) error: Option<String>,
}

impl Detail {
    pub(super) fn worker(worker: Option<Name>) -> Self {
        Self {
            worker,
            ..Self::default()
        }
    }

    fn is_empty(&self) -> bool {
        self.worker.is_none()
            && self.due_at.is_none()
            && self.priority.is_none()
            && self.error.is_none()
    }
}

#[derive(Debug)]
struct Row {
    at: Timestamp,
    task: i64,
    /// The event before it of the same task: 0 if there is none.
    before: i64,
    attempt: u32,
    kind: EventKind,
    /// Of a detail, what most events have.
    worker: Option<Name>,
    /// The rest of it, if there is any.
    detail: Option<Box<Detail>>,
}

/// All events.
#[derive(Debug)]
pub(super) struct Log {
    rows: Sparse<Row>,
    sequence: i64,
}

/// What every event of a task says of it.
pub(super) struct Subject<'a> {
    pub(super) id: TaskId,
    pub(super) kind: &'a Name,
    pub(super) queue: &'a Name,
}

/// An event to write.
pub(super) struct Entry {
    pub(super) task: i64,
    pub(super) kind: EventKind,
    pub(super) at: Timestamp,
    pub(super) attempt: u32,
}

impl Log {
    pub(super) const fn new() -> Self {
        Self {
            rows: Sparse::new(),
            sequence: 0,
        }
    }

    /// Writes an event behind the one at `last` of the same task; answers its sequence.
    pub(super) fn write(&mut self, entry: &Entry, last: i64, mut detail: Detail) -> i64 {
        self.sequence += 1;
        let row = Row {
            at: entry.at,
            task: entry.task,
            before: last,
            attempt: entry.attempt,
            kind: entry.kind,
            worker: detail.worker.take(),
            detail: (!detail.is_empty()).then(|| Box::new(detail)),
        };
        self.rows.insert(self.sequence, row);
        self.sequence
    }

    /// A page of all events; `subject` says what tasks are, by their sequences.
    pub(super) fn page<'a>(
        &self,
        after: EventCursor,
        limit: u32,
        subject: impl Fn(i64) -> Option<Subject<'a>>,
    ) -> EventPage {
        let after = after.within(self.end());
        let events = self
            .rows
            .above(after.sequence())
            .filter_map(|(sequence, row)| Some(event(sequence, row, &subject(row.task)?)))
            .take(limit as usize)
            .collect();
        page(events, after)
    }

    /// The place after the newest event.
    pub(super) const fn end(&self) -> EventCursor {
        EventCursor::after(self.sequence)
    }

    /// A page of one task's events, given its newest.
    pub(super) fn of_task(
        &self,
        subject: &Subject<'_>,
        last: i64,
        after: EventCursor,
        limit: u32,
    ) -> EventPage {
        let after = after.within(self.end());
        let newest_first = self.back_from(last);
        let mut events: Vec<Event> = newest_first
            .take_while(|(at, _)| *at > after.sequence())
            .map(|(at, row)| event(at, row, subject))
            .collect();
        events.reverse();
        events.truncate(limit as usize);
        page(events, after)
    }

    /// The newest events of one task, up to `limit`, the oldest first; given its newest.
    pub(super) fn newest(&self, subject: &Subject<'_>, last: i64, limit: usize) -> Vec<Event> {
        let newest_first = self.back_from(last).take(limit);
        let mut events: Vec<Event> = newest_first
            .map(|(at, row)| event(at, row, subject))
            .collect();
        events.reverse();
        events
    }

    /// The events of one task that are still there, the newest first.
    fn back_from(&self, last: i64) -> impl Iterator<Item = (i64, &Row)> {
        let mut at = last;
        std::iter::from_fn(move || {
            let row = self.rows.get(at)?;
            let here = std::mem::replace(&mut at, row.before);
            Some((here, row))
        })
    }

    /// The newest `count` events of all, those that are still there: their kinds, when, and of which tasks.
    pub(super) fn newest_of_all(
        &self,
        count: u32,
    ) -> impl Iterator<Item = (EventKind, Timestamp, i64)> {
        let rows = self.rows.above(self.sequence - i64::from(count));
        rows.map(|(_, row)| (row.kind, row.at, row.task))
    }

    /// Removes the events of one task, given its newest.
    pub(super) fn remove(&mut self, last: i64) {
        let mut at = last;
        while let Some(row) = self.rows.remove(at) {
            at = row.before;
        }
    }

    /// Removes up to `limit` of the oldest events that happened at or before `until`.
    pub(super) fn forget(&mut self, until: Timestamp, limit: u32) -> u32 {
        let old: Vec<i64> = self
            .older(until)
            .take(limit as usize)
            .map(|(sequence, _)| sequence)
            .collect();
        for sequence in &old {
            self.rows.remove(*sequence);
        }
        u32::try_from(old.len()).unwrap_or(limit)
    }

    /// Whether events remain that happened at or before `until`.
    pub(super) fn has_older(&self, until: Timestamp) -> bool {
        self.older(until).next().is_some()
    }

    fn older(&self, until: Timestamp) -> impl Iterator<Item = (i64, &Row)> {
        self.rows
            .above(0)
            .take_while(move |(_, row)| row.at <= until)
    }
}

fn page(events: Vec<Event>, after: EventCursor) -> EventPage {
    let next = events
        .last()
        .map_or(after, |event| EventCursor::after(event.sequence));
    EventPage { events, next }
}

fn event(sequence: i64, row: &Row, subject: &Subject<'_>) -> Event {
    let detail = row.detail.as_deref().cloned().unwrap_or_default();
    Event {
        sequence,
        cursor: EventCursor::after(sequence),
        task: subject.id,
        task_kind: subject.kind.clone(),
        queue: subject.queue.clone(),
        kind: row.kind,
        at: row.at,
        attempt: row.attempt,
        worker: row.worker.clone(),
        due_at: detail.due_at,
        priority: detail.priority,
        error: detail.error,
    }
}
