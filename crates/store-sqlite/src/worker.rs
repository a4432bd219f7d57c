//! Workers: registering, renewing, and taking back the leases of those that are gone.

use duly_core::bounds::CLAIM_MAX;
use duly_core::{AttemptRef, Incarnation, State};
use duly_store::bounds::BATCH_MAX;
use duly_store::{
    Heartbeat, InvalidInput, Progress, Registration, Renewed, RequestError, StoreError, TakeBack,
    TakenBack, WorkerRecord, lost_error, validate,
};
use rusqlite::{Connection, Result, Row, params};

use crate::book::Worker;
use crate::error::Fault;
use crate::live::Trace;
use crate::row;
use crate::settle::fence;
use crate::transaction::{NewEvent, Transaction};

const REGISTER: &str = "INSERT INTO duly_worker
    (incarnation, name, queues, kinds, labels, capacity, registered_at, renewed_at, beats, lapsed)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 0, 0)
    ON CONFLICT (incarnation) DO UPDATE SET name = excluded.name, queues = excluded.queues,
        kinds = excluded.kinds, labels = excluded.labels, capacity = excluded.capacity";
const RENEW: &str = "UPDATE duly_worker SET renewed_at = ?2, beats = beats + 1 WHERE id = ?1";
pub(crate) const PROGRESS: &str = "UPDATE duly_live SET progress_fraction = ?2, progress_text = ?3
    WHERE sequence = ?1";
const LAPSE: &str = "UPDATE duly_worker SET lapsed = 1 WHERE id = ?1";
const FORGET: &str = "DELETE FROM duly_worker WHERE id = ?1";
pub(crate) const HELD: &str = "SELECT sequence FROM duly_live INDEXED BY duly_live_leased
    WHERE worker = ?1 ORDER BY sequence LIMIT ?2";
pub(crate) const CANCEL_REQUESTS: &str = "SELECT t.id, s.attempt
    FROM duly_live AS s INDEXED BY duly_live_cancel
    CROSS JOIN duly_task AS t ON t.sequence = s.sequence
    WHERE s.worker = (SELECT id FROM duly_worker WHERE incarnation = ?1) AND s.cancel_requested = 1
    ORDER BY s.sequence";
const WORKERS: &str = "SELECT w.incarnation, n.name, w.queues, w.kinds, w.labels, w.capacity,
        w.registered_at, w.renewed_at, w.beats, w.id
    FROM duly_worker AS w CROSS JOIN duly_name AS n ON n.id = w.name ORDER BY w.incarnation";
pub(crate) const COUNT_HELD: &str = "SELECT count(*) FILTER (WHERE state = ?2),
        count(*) FILTER (WHERE state = ?3)
    FROM duly_live INDEXED BY duly_live_leased WHERE worker = ?1";

pub(crate) fn register(
    tx: &mut Transaction<'_, '_>,
    request: &Registration,
) -> std::result::Result<(), Fault<RequestError>> {
    validate::registration(request).map_err(|refused| Fault::Refused(refused.into()))?;
    let known = tx.book.worker(tx.connection, request.incarnation)?;
    if known.is_some_and(|worker| worker.lapsed) {
        return Err(Fault::Refused(lapsed(request.incarnation).into()));
    }
    let name = tx.book.make_name(tx.connection, &request.name)?;
    tx.connection.prepare_cached(REGISTER)?.execute(params![
        request.incarnation.as_bytes(),
        name,
        row::names_text(&request.queues),
        row::names_text(&request.kinds),
        row::labels_text(&request.labels),
        request.capacity,
        tx.now.as_micros(),
    ])?;
    tx.book.drop_worker(request.incarnation);
    Ok(())
}

fn lapsed(incarnation: Incarnation) -> InvalidInput {
    InvalidInput {
        field: "incarnation",
        value: format!("{incarnation}, which has lapsed"),
        expected: "a new one".into(),
    }
}

pub(crate) fn heartbeat(
    tx: &mut Transaction<'_, '_>,
    request: &Heartbeat,
) -> std::result::Result<Renewed, Fault<StoreError>> {
    let at = tx.now;
    let worker = tx.book.worker(tx.connection, request.incarnation)?;
    let Some(worker) = worker.filter(|worker| !worker.lapsed) else {
        return Ok(Renewed {
            known: false,
            cancel: Vec::new(),
            at,
        });
    };
    tx.connection
        .prepare_cached(RENEW)?
        .execute(params![worker.id, at.as_micros()])?;
    tx.book.drop_worker(request.incarnation);
    for (attempt, progress) in request.progress.iter().take(BATCH_MAX) {
        note_progress(tx, *attempt, &worker, progress)?;
    }
    Ok(Renewed {
        known: true,
        cancel: cancel_requests(tx.connection, request.incarnation)?,
        at,
    })
}

fn note_progress(
    tx: &mut Transaction<'_, '_>,
    attempt: AttemptRef,
    worker: &Worker,
    progress: &Progress,
) -> Result<()> {
    let Ok((live, _)) = fence(tx, attempt, Some(worker))? else {
        return Ok(());
    };
    if live.vitals.state == State::Running {
        let Progress { fraction, text } = validate::progress(progress.clone());
        let values = params![live.sequence, f64::from(fraction), text];
        tx.connection.prepare_cached(PROGRESS)?.execute(values)?;
        tx.size += 1;
    }
    Ok(())
}

/// Running attempts of a worker that somebody asked to cancel.
pub(crate) fn cancel_requests(
    connection: &Connection,
    incarnation: Incarnation,
) -> Result<Vec<AttemptRef>> {
    let mut statement = connection.prepare_cached(CANCEL_REQUESTS)?;
    let rows = statement.query_map([incarnation.as_bytes()], |row| {
        Ok(AttemptRef {
            task: row::task_id(row, 0)?,
            attempt: row::number(row, 1)?,
        })
    })?;
    rows.collect()
}

pub(crate) fn take_back(
    tx: &mut Transaction<'_, '_>,
    request: &TakeBack,
) -> std::result::Result<TakenBack, Fault<StoreError>> {
    let Some(worker) = tx.book.worker(tx.connection, request.incarnation)? else {
        return Ok(TakenBack {
            leases: 0,
            gone: true,
        });
    };
    let renewed = request.beats.is_some_and(|beats| beats != worker.beats);
    if renewed && !worker.lapsed {
        return Ok(TakenBack::default());
    }
    if !worker.lapsed {
        tx.connection.prepare_cached(LAPSE)?.execute([worker.id])?;
        tx.book.drop_worker(request.incarnation);
    }
    // One step is one transaction: what is left is for the next.
    let limit = (request.limit as usize).min(CLAIM_MAX);
    let held = held(tx, worker.id, limit + 1)?;
    for sequence in held.iter().take(limit) {
        lose(tx, *sequence, &worker)?;
    }
    let gone = held.len() <= limit;
    if gone {
        tx.connection.prepare_cached(FORGET)?.execute([worker.id])?;
        tx.book.drop_worker(request.incarnation);
    }
    Ok(TakenBack {
        leases: u32::try_from(held.len().min(limit)).unwrap_or(request.limit),
        gone,
    })
}

fn held(tx: &Transaction<'_, '_>, worker: i64, limit: usize) -> Result<Vec<i64>> {
    let mut statement = tx.connection.prepare_cached(HELD)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![worker, limit], |row| row.get(0))?;
    rows.collect()
}

fn lose(tx: &mut Transaction<'_, '_>, sequence: i64, worker: &Worker) -> Result<()> {
    let Some(live) = tx.live(sequence)? else {
        return Ok(());
    };
    let mut vitals = live.vitals;
    let loss = vitals.lose().map_err(row::impossible)?;
    let error = loss
        .counted
        .then(|| lost_error(&worker.name, vitals.lost, vitals.lost_max));
    let trace = Trace {
        error: error.as_deref(),
        holder: Some(worker.name_id),
        result: None,
    };
    tx.change(&live, &vitals, &trace)?;
    let queue = tx.book.lane(live.lane).queue;
    tx.hint(queue);
    let event = NewEvent {
        worker: Some(worker.name_id),
        error,
        ..NewEvent::new(sequence, loss.event, vitals.attempt)
    };
    tx.event(queue, event)
}

/// All registered workers.
pub(crate) fn workers(connection: &Connection) -> Result<Vec<WorkerRecord>> {
    let mut statement = connection.prepare_cached(WORKERS)?;
    let rows = statement.query_map([], |row| record(connection, row))?;
    rows.collect()
}

fn record(connection: &Connection, row: &Row<'_>) -> Result<WorkerRecord> {
    let id: i64 = row.get(9)?;
    let values = params![id, State::Running.code(), State::Assigned.code()];
    let (running, assigned) = connection
        .prepare_cached(COUNT_HELD)?
        .query_row(values, |row| {
            Ok((row::number(row, 0)?, row::number(row, 1)?))
        })?;
    Ok(WorkerRecord {
        registration: Registration {
            incarnation: Incarnation::from_bytes(row::id_bytes(row, 0)?),
            name: row::name(row, 1)?,
            queues: row::names(row, 2)?,
            kinds: row::names(row, 3)?,
            labels: row::labels(row, 4)?,
            capacity: row::number(row, 5)?,
        },
        registered_at: row::instant(row, 6)?,
        renewed_at: row::instant(row, 7)?,
        beats: row.get(8)?,
        running,
        assigned,
    })
}
