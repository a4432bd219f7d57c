//! Events: the history of a task, and the feed of all.

use duly_core::TaskId;
use duly_store::{Event, EventCursor, EventPage, RequestError, validate};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::error::Fault;
use crate::record;
use crate::row;

macro_rules! event_columns {
    () => {
        "SELECT e.sequence, t.id, e.kind, e.at, e.attempt, n.name, e.due_at, e.priority, e.error, \
         k.name, q.name "
    };
}
macro_rules! event_joins {
    () => {
        "CROSS JOIN duly_task AS t ON t.sequence = e.task \
         CROSS JOIN duly_kind AS k ON k.id = t.kind CROSS JOIN duly_queue AS q ON q.id = t.queue \
         LEFT JOIN duly_name AS n ON n.id = e.worker "
    };
}

pub(crate) const OF_TASK: &str = concat!(
    event_columns!(),
    "FROM duly_event AS e INDEXED BY duly_event_task ",
    event_joins!(),
    "WHERE e.task = ?1 AND e.sequence > ?2 ORDER BY e.sequence LIMIT ?3"
);
pub(crate) const NEWEST: &str = concat!(
    event_columns!(),
    "FROM duly_event AS e INDEXED BY duly_event_task ",
    event_joins!(),
    "WHERE e.task = ?1 ORDER BY e.sequence DESC LIMIT ?2"
);
pub(crate) const ALL: &str = concat!(
    event_columns!(),
    "FROM duly_event AS e ",
    event_joins!(),
    "WHERE e.sequence > ?1 ORDER BY e.sequence LIMIT ?2"
);
const END: &str = "SELECT value FROM duly_counter WHERE name = 'event'";

/// The newest events of a task, the oldest first.
pub(crate) fn newest(connection: &Connection, sequence: i64, limit: u32) -> Result<Vec<Event>> {
    let mut statement = connection.prepare_cached(NEWEST)?;
    let rows = statement.query_map(params![sequence, limit], event)?;
    let mut events: Vec<Event> = rows.collect::<Result<_>>()?;
    events.reverse();
    Ok(events)
}

pub(crate) fn of_task(
    connection: &Connection,
    id: TaskId,
    after: EventCursor,
    limit: u32,
) -> std::result::Result<EventPage, Fault<RequestError>> {
    validate::page(limit).map_err(|refused| Fault::Refused(refused.into()))?;
    let sequence: Option<i64> = connection
        .prepare_cached(record::SEQUENCE)?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    let sequence = sequence.ok_or(Fault::Refused(RequestError::TaskNotFound(id)))?;
    let after = after.within(end(connection)?);
    let mut statement = connection.prepare_cached(OF_TASK)?;
    let values = params![sequence, after.sequence(), limit];
    let events = statement.query_map(values, event)?.collect::<Result<_>>()?;
    Ok(page(events, after))
}

pub(crate) fn all(
    connection: &Connection,
    after: EventCursor,
    limit: u32,
) -> std::result::Result<EventPage, Fault<RequestError>> {
    validate::page(limit).map_err(|refused| Fault::Refused(refused.into()))?;
    let after = after.within(end(connection)?);
    let mut statement = connection.prepare_cached(ALL)?;
    let values = params![after.sequence(), limit];
    let events = statement.query_map(values, event)?.collect::<Result<_>>()?;
    Ok(page(events, after))
}

/// The place after the newest event that was ever written.
pub(crate) fn end(connection: &Connection) -> Result<EventCursor> {
    connection
        .prepare_cached(END)?
        .query_row([], |row| row.get(0).map(EventCursor::after))
}

fn page(events: Vec<Event>, after: EventCursor) -> EventPage {
    let last = events.last().map(|event| event.sequence);
    EventPage {
        next: last.map_or(after, EventCursor::after),
        events,
    }
}

fn event(row: &Row<'_>) -> Result<Event> {
    let priority = match row.get_ref(7)? {
        rusqlite::types::ValueRef::Null => None,
        _ => Some(row::priority(row, 7)?),
    };
    let sequence = row.get(0)?;
    Ok(Event {
        sequence,
        cursor: EventCursor::after(sequence),
        task_kind: row::name(row, 9)?,
        queue: row::name(row, 10)?,
        task: row::task_id(row, 1)?,
        kind: row::event_kind(row, 2)?,
        at: row::instant(row, 3)?,
        attempt: row::number(row, 4)?,
        worker: row::optional_name(row, 5)?,
        due_at: row::optional_instant(row, 6)?,
        priority,
        error: row.get(8)?,
    })
}
