//! Queues: their settings and their counts.

use duly_core::{State, Timestamp};
use duly_store::{Counts, Name, QueueChange, QueueRecord, QueueSettings, RequestError, validate};
use rusqlite::{Connection, Result, params};

use crate::book;
use crate::error::Fault;
use crate::row;
use crate::transaction::Transaction;

const CONFIGURE: &str = "UPDATE duly_queue
    SET paused = ?2, bound = ?3, retention_completed = ?4, retention_failed = ?5 WHERE id = ?1";
const QUEUES: &str = "SELECT name, paused, bound, retention_completed, retention_failed, id
    FROM duly_queue ORDER BY name";
const COUNTS: &str = "SELECT state, n FROM duly_count WHERE queue = ?1";
pub(crate) const DUE: &str = "SELECT li.queue, s.state, count(*)
    FROM duly_live AS s INDEXED BY duly_live_due
    CROSS JOIN duly_lane AS la ON la.id = s.lane CROSS JOIN duly_line AS li ON li.id = la.line
    WHERE s.state IN (0, 5) AND s.due_at <= ?1 GROUP BY li.queue, s.state";

pub(crate) fn configure(
    tx: &mut Transaction<'_, '_>,
    (name, change): &(Name, QueueChange),
) -> std::result::Result<QueueSettings, Fault<RequestError>> {
    validate::name("queue", name).map_err(|refused| Fault::Refused(refused.into()))?;
    let slot = tx.book.make_queue(tx.connection, name)?;
    let queue = tx.book.queue_mut(slot);
    queue.settings = change.apply(&queue.settings);
    let settings = queue.settings.clone();
    tx.connection.prepare_cached(CONFIGURE)?.execute(params![
        queue.id,
        settings.paused,
        settings.bound.cast_signed(),
        row::micros(settings.retention_completed),
        row::micros(settings.retention_failed),
    ])?;
    tx.hint(slot);
    Ok(settings)
}

/// All queues with their counts; what has become due counts as pending.
pub(crate) fn queues(connection: &Connection, now: Timestamp) -> Result<Vec<QueueRecord>> {
    let mut statement = connection.prepare_cached(QUEUES)?;
    let rows = statement.query_map([], |row| {
        let id: i64 = row.get(5)?;
        let record = QueueRecord {
            name: row::name(row, 0)?,
            settings: book::settings(row, 1)?,
            counts: Counts::default(),
            totals: duly_store::Totals::default(),
            oldest_due_at: None,
        };
        Ok((id, record))
    })?;
    let mut queues: Vec<(i64, QueueRecord)> = rows.collect::<Result<_>>()?;
    let due = due(connection, now)?;
    for (id, record) in &mut queues {
        let mut counts = stored_counts(connection, *id)?;
        for (_, state, n) in due.iter().filter(|(queue, _, _)| queue == id) {
            counts[usize::from(state.code())] -= n;
            counts[usize::from(State::Pending.code())] += n;
        }
        record.counts = Counts::new(counts.map(|n| u64::try_from(n).unwrap_or(0)));
    }
    Ok(queues.into_iter().map(|(_, record)| record).collect())
}

fn stored_counts(connection: &Connection, queue: i64) -> Result<[i64; State::COUNT]> {
    let mut counts = [0; State::COUNT];
    let mut statement = connection.prepare_cached(COUNTS)?;
    let mut rows = statement.query([queue])?;
    while let Some(row) = rows.next()? {
        counts[usize::from(row::state(row, 0)?.code())] = row.get(1)?;
    }
    Ok(counts)
}

/// How many tasks wait for an instant that has come: queue, state as stored, number.
fn due(connection: &Connection, now: Timestamp) -> Result<Vec<(i64, State, i64)>> {
    let mut statement = connection.prepare_cached(DUE)?;
    let rows = statement.query_map([now.as_micros()], |row| {
        Ok((row.get(0)?, row::state(row, 1)?, row.get(2)?))
    })?;
    rows.collect()
}
