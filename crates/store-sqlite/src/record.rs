//! Tasks as they are shown.

use duly_core::{TaskId, Timestamp};
use duly_store::{Progress, TaskRecord};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use crate::row::{self, VITALS_WIDTH, vitals_columns};
use crate::term;
use crate::unique;

/// What unfinished and ended tasks have in common; the rest follows.
macro_rules! common_columns {
    ($payload:literal, $incarnation:literal, $finish_by:literal) => {
        concat!(
            vitals_columns!($finish_by),
            ", t.sequence, t.id, k.name, q.name, t.encoding, t.version, t.key_id, ",
            $payload,
            ", t.timeout, t.retry, t.unique_key, t.tenant, t.labels, t.submitted_at, s.started_at, \
             s.progress_fraction, s.progress_text, s.error, n.name, ",
            $incarnation,
            ", x.alert_unstarted, x.alert_unfinished, x.late_to_start, x.late_to_finish, \
             h.task, h.period, t.limits"
        )
    };
}

macro_rules! live {
    ($payload:literal) => {
        concat!(
            "SELECT ",
            common_columns!($payload, "w.incarnation", "s.finish_by"),
            " FROM duly_live AS s CROSS JOIN duly_task AS t ON t.sequence = s.sequence
              CROSS JOIN duly_kind AS k ON k.id = t.kind CROSS JOIN duly_queue AS q ON q.id = t.queue
              LEFT JOIN duly_hold AS h ON h.task = s.sequence
              LEFT JOIN duly_worker AS w ON w.id = s.worker LEFT JOIN duly_name AS n ON n.id = w.name
              LEFT JOIN duly_term AS x ON x.task = s.sequence
              WHERE s.sequence = ?1"
        )
    };
}
macro_rules! done {
    ($payload:literal, $result:literal) => {
        concat!(
            "SELECT ",
            common_columns!($payload, "NULL", "x.finish_by"),
            ", s.finished_at, s.encoding, s.version, s.key_id, ",
            $result,
            " FROM duly_done AS s CROSS JOIN duly_task AS t ON t.sequence = s.sequence
              CROSS JOIN duly_kind AS k ON k.id = t.kind CROSS JOIN duly_queue AS q ON q.id = t.queue
              LEFT JOIN duly_hold AS h ON h.task = s.sequence
              LEFT JOIN duly_name AS n ON n.id = s.holder
              LEFT JOIN duly_term AS x ON x.task = s.sequence
              WHERE s.sequence = ?1"
        )
    };
}

pub(crate) const LIVE: &str = live!("t.payload");
pub(crate) const DONE: &str = done!("t.payload", "s.result");
// Payloads and results are the last columns of their tables: what is not asked for is not read.
pub(crate) const LIVE_BRIEF: &str = live!("x''");
pub(crate) const DONE_BRIEF: &str = done!("x''", "x''");
pub(crate) const SEQUENCE: &str = "SELECT sequence FROM duly_task WHERE id = ?1";

/// How many columns [`common_columns`] names.
const COMMON_WIDTH: usize = VITALS_WIDTH + 27;

/// A task by its id.
pub(crate) fn by_id(
    connection: &Connection,
    id: TaskId,
    now: Timestamp,
) -> Result<Option<TaskRecord>> {
    let sequence = connection
        .prepare_cached(SEQUENCE)?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    match sequence {
        Some(sequence) => by_sequence(connection, sequence, now, false),
        None => Ok(None),
    }
}

/// A task by its sequence; if `brief`, its payload and its result are empty.
pub(crate) fn by_sequence(
    connection: &Connection,
    sequence: i64,
    now: Timestamp,
    brief: bool,
) -> Result<Option<TaskRecord>> {
    let (live, done) = if brief {
        (LIVE_BRIEF, DONE_BRIEF)
    } else {
        (LIVE, DONE)
    };
    let live = connection
        .prepare_cached(live)?
        .query_row([sequence], |row| common(row, now))
        .optional()?;
    if live.is_some() {
        return Ok(live);
    }
    connection
        .prepare_cached(done)?
        .query_row([sequence], |row| {
            Ok(TaskRecord {
                finished_at: Some(row::instant(row, COMMON_WIDTH)?),
                result: row::optional_payload(row, COMMON_WIDTH + 1)?,
                ..common(row, now)?
            })
        })
        .optional()
}

fn common(row: &Row<'_>, now: Timestamp) -> Result<TaskRecord> {
    let vitals = row::vitals(row, 0)?;
    let at = |column| VITALS_WIDTH + column;
    let alerts = term::alerts(row, at(20))?;
    Ok(TaskRecord {
        incarnation: row::optional_incarnation(row, at(19))?,
        sequence: row.get(at(0))?,
        id: row::task_id(row, at(1))?,
        kind: row::name(row, at(2))?,
        queue: row::name(row, at(3))?,
        payload: row::payload(row, at(4))?,
        priority: vitals.priority,
        state: vitals.state_at(now),
        attempt: vitals.attempt,
        spent: vitals.spent,
        lost: vitals.lost,
        lost_max: vitals.lost_max,
        due_at: vitals.due_at,
        deadline: vitals.deadlines.start(),
        finish_by: vitals.deadlines.finish(),
        alert_unstarted: alerts.unstarted,
        alert_unfinished: alerts.unfinished,
        late_to_start: alerts.late_to_start,
        late_to_finish: alerts.late_to_finish,
        cancel_requested: vitals.cancel_requested,
        timeout: row::optional_duration(row, at(8))?,
        retry: row::retry(row, at(9))?,
        unique_key: row::optional_name(row, at(10))?,
        unique_scope: unique::scope(row, at(24))?,
        tenant: row::optional_name(row, at(11))?,
        limits: row::limit_uses(row, at(26))?,
        labels: row::labels(row, at(12))?,
        submitted_at: row::instant(row, at(13))?,
        started_at: row::optional_instant(row, at(14))?,
        progress: progress(row, at(15))?,
        error: row.get(at(17))?,
        worker: row::optional_name(row, at(18))?,
        finished_at: None,
        result: None,
    })
}

/// Progress from its two columns. A fraction that is not a number is stored as NULL.
fn progress(row: &Row<'_>, at: usize) -> Result<Option<Progress>> {
    let Some(text) = row.get::<_, Option<String>>(at + 1)? else {
        return Ok(None);
    };
    let fraction = row.get::<_, Option<f64>>(at)?.unwrap_or(f64::NAN);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it was an f32 before it was stored"
    )]
    let fraction = fraction as f32;
    Ok(Some(Progress { fraction, text }))
}
