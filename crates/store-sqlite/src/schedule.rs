//! Schedules: each a small row that ticks change, and a definition that they do not.

use duly_core::{TaskId, Timestamp};
use duly_store::bounds::SAVE_BYTES_MAX;
use duly_store::{
    Advance, Advanced, DueSchedules, Expected, ListSchedules, Name, PutSchedule, RemoveSchedule,
    RequestError, ScheduleError, SchedulePage, ScheduleRecord, Submit, SubmitError, validate,
};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::change::{self, Target};
use crate::error::Fault;
use crate::row;
use crate::submit;
use crate::transaction::Transaction;

macro_rules! columns {
    () => {
        "SELECT s.name, s.owner, d.text, s.state, s.next_at, s.version, s.id "
    };
}

pub(crate) const BY_NAME: &str = concat!(
    columns!(),
    "FROM duly_schedule AS s CROSS JOIN duly_definition AS d ON d.schedule = s.id
     WHERE s.name = ?1"
);
pub(crate) const BEHIND: &str = concat!(
    columns!(),
    "FROM duly_schedule AS s INDEXED BY sqlite_autoindex_duly_schedule_1
     CROSS JOIN duly_definition AS d ON d.schedule = s.id
     WHERE s.name > ?1 ORDER BY s.name"
);
pub(crate) const NEXT: &str = concat!(
    columns!(),
    "FROM duly_schedule AS s INDEXED BY duly_schedule_next
     CROSS JOIN duly_definition AS d ON d.schedule = s.id
     WHERE s.next_at IS NOT NULL ORDER BY s.next_at, s.name"
);
pub(crate) const VERSION: &str = "SELECT id, version FROM duly_schedule WHERE name = ?1";
const COUNT: &str = "SELECT count(*) FROM duly_schedule";
const NEW_VERSION: &str =
    "UPDATE duly_counter SET value = value + 1 WHERE name = 'schedule' RETURNING value";
const ADD: &str = "INSERT INTO duly_schedule (name, owner, state, next_at, version)
    VALUES (?1, ?2, ?3, ?4, ?5)";
const REPLACE: &str = "UPDATE duly_schedule
    SET owner = ?2, state = ?3, next_at = ?4, version = ?5 WHERE id = ?1";
pub(crate) const MOVE_ON: &str =
    "UPDATE duly_schedule SET state = ?2, next_at = ?3, version = ?4 WHERE id = ?1";
const DEFINE: &str = "INSERT INTO duly_definition (schedule, text) VALUES (?1, ?2)
    ON CONFLICT (schedule) DO UPDATE SET text = excluded.text";
const REMOVE: &str = "DELETE FROM duly_schedule WHERE id = ?1";
const UNDEFINE: &str = "DELETE FROM duly_definition WHERE schedule = ?1";

type Written<T> = std::result::Result<T, Fault<ScheduleError>>;
type Read<T> = std::result::Result<T, Fault<RequestError>>;

fn refused<E: Into<ScheduleError>>(error: E) -> Fault<ScheduleError> {
    Fault::Refused(error.into())
}

fn record(row: &Row<'_>) -> Result<ScheduleRecord> {
    Ok(ScheduleRecord {
        name: row::name(row, 0)?,
        owner: row::optional_name(row, 1)?,
        definition: row.get_ref(2)?.as_str()?.into(),
        state: row.get_ref(3)?.as_str()?.into(),
        next_at: row::optional_instant(row, 4)?,
        version: row::number(row, 5)?,
    })
}

/// One schedule.
pub(crate) fn by_name(connection: &Connection, name: &str) -> Result<Option<ScheduleRecord>> {
    connection
        .prepare_cached(BY_NAME)?
        .query_row([name], record)
        .optional()
}

/// A page of schedules, by name.
pub(crate) fn page(
    connection: &Connection,
    request: &ListSchedules,
    now: Timestamp,
) -> Read<SchedulePage> {
    validate::page(request.limit).map_err(|error| Fault::Refused(error.into()))?;
    let mut page = SchedulePage {
        schedules: Vec::new(),
        next: None,
        at: now,
    };
    let mut bytes = 0;
    let mut statement = connection.prepare_cached(BEHIND)?;
    // No name is empty.
    let mut rows = statement.query([request.after.as_deref().unwrap_or_default()])?;
    while let Some(row) = rows.next()? {
        let schedule = record(row)?;
        bytes += schedule.bytes();
        let name = schedule.name.clone();
        page.schedules.push(schedule);
        if page.schedules.len() == request.limit as usize || bytes >= SAVE_BYTES_MAX {
            page.next = Some(name);
            break;
        }
    }
    Ok(page)
}

/// What has to be looked at now, and when something else has.
pub(crate) fn due(connection: &Connection, limit: u32, now: Timestamp) -> Read<DueSchedules> {
    validate::page(limit).map_err(|error| Fault::Refused(error.into()))?;
    let mut due = DueSchedules {
        schedules: Vec::new(),
        next_at: None,
        at: now,
    };
    let mut bytes = 0;
    let mut statement = connection.prepare_cached(NEXT)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let next_at = row::instant(row, 4)?;
        let is_full = due.schedules.len() == limit as usize || bytes >= SAVE_BYTES_MAX;
        if is_full || next_at > now {
            due.next_at = Some(next_at);
            break;
        }
        let schedule = record(row)?;
        bytes += schedule.bytes();
        due.schedules.push(schedule);
    }
    Ok(due)
}

/// Where a schedule lies, and in which version.
fn find(tx: &Transaction<'_, '_>, name: &str) -> Result<Option<(i64, u64)>> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row::number(row, 1)?));
    tx.connection
        .prepare_cached(VERSION)?
        .query_row([name], read)
        .optional()
}

/// Where a schedule lies, if it is in this version.
fn expect(tx: &Transaction<'_, '_>, name: &Name, version: Option<u64>) -> Written<i64> {
    match find(tx, name)? {
        None => Err(Fault::Refused(ScheduleError::NotFound(name.clone()))),
        Some((id, found)) if version.is_none_or(|version| version == found) => Ok(id),
        Some((_, found)) => Err(conflict(name, Some(found))),
    }
}

fn conflict(name: &Name, found: Option<u64>) -> Fault<ScheduleError> {
    let name = name.clone();
    Fault::Refused(ScheduleError::Conflict { name, found })
}

fn new_version(tx: &Transaction<'_, '_>) -> Result<i64> {
    tx.connection
        .prepare_cached(NEW_VERSION)?
        .query_row([], |row| row.get(0))
}

pub(crate) fn put(tx: &mut Transaction<'_, '_>, request: &PutSchedule) -> Written<ScheduleRecord> {
    validate::put_schedule(request, tx.now).map_err(refused)?;
    let found = find(tx, &request.name)?;
    let found_version = found.map(|(_, version)| version);
    if !request.expected.allows(found_version) {
        return Err(match request.expected {
            Expected::Version(_) if found.is_none() => {
                Fault::Refused(ScheduleError::NotFound(request.name.clone()))
            }
            _ => conflict(&request.name, found_version),
        });
    }
    if found.is_none() {
        let mut count = tx.connection.prepare_cached(COUNT)?;
        let count = count.query_row([], |row| row::number(row, 0))?;
        validate::schedule_count(&request.name, count).map_err(refused)?;
    }
    let (owner, next_at) = (request.owner.as_deref(), request.next_at);
    let next_at = next_at.map(Timestamp::as_micros);
    let version = new_version(tx)?;
    let id = match found {
        Some((id, _)) => {
            let row = params![id, owner, &*request.state, next_at, version];
            tx.connection.prepare_cached(REPLACE)?.execute(row)?;
            id
        }
        None => {
            let name = request.name.as_str();
            let row = params![name, owner, &*request.state, next_at, version];
            tx.connection.prepare_cached(ADD)?.insert(row)?
        }
    };
    let definition = params![id, &*request.definition];
    tx.connection.prepare_cached(DEFINE)?.execute(definition)?;
    tx.schedules_changed = true;
    show(tx, &request.name)
}

fn show(tx: &Transaction<'_, '_>, name: &Name) -> Written<ScheduleRecord> {
    let shown = by_name(tx.connection, name)?;
    shown.ok_or_else(|| Fault::Refused(ScheduleError::NotFound(name.clone())))
}

pub(crate) fn remove(
    tx: &mut Transaction<'_, '_>,
    request: &RemoveSchedule,
) -> Written<ScheduleRecord> {
    let id = expect(tx, &request.name, request.version)?;
    let removed = show(tx, &request.name)?;
    tx.connection.prepare_cached(REMOVE)?.execute([id])?;
    tx.connection.prepare_cached(UNDEFINE)?.execute([id])?;
    tx.schedules_changed = true;
    Ok(removed)
}

pub(crate) fn advance(tx: &mut Transaction<'_, '_>, request: &Advance) -> Written<Advanced> {
    validate::advance(request, tx.now).map_err(refused)?;
    let id = expect(tx, &request.name, Some(request.version))?;
    let tasks = request.tasks.clone();
    let submitted = submit::submit(tx, &Submit { tasks }).map_err(|fault| match fault {
        Fault::Refused(refusal) => refused::<SubmitError>(refusal),
        Fault::Broken(error) => Fault::Broken(error),
    })?;
    let cancelled = cancel(tx, &request.called_off(&submitted.tasks))?;
    let version = new_version(tx)?;
    let next_at = request.next_at.map(Timestamp::as_micros);
    let row = params![id, &*request.state, next_at, version];
    tx.connection.prepare_cached(MOVE_ON)?.execute(row)?;
    tx.schedules_changed = true;
    Ok(Advanced {
        version: version.cast_unsigned(),
        tasks: submitted.tasks,
        cancelled,
        at: tx.now,
    })
}

/// Calls off what has not ended; answers how many.
fn cancel(tx: &mut Transaction<'_, '_>, ids: &[TaskId]) -> Result<u32> {
    let mut cancelled = 0;
    for id in ids {
        let Some(sequence) = tx.sequence(*id)? else {
            continue;
        };
        let task = Target { sequence, id: *id };
        match change::apply(tx, task, &duly_store::Change::Cancel) {
            Ok(()) => cancelled += 1,
            Err(Fault::Refused(_)) => {}
            Err(Fault::Broken(error)) => return Err(error),
        }
    }
    Ok(cancelled)
}
