//! Queues: their settings and their counts.

use std::collections::HashMap;

use duly_core::{State, Timestamp};
use duly_store::{
    Counts, Name, QueueChange, QueueRecord, QueueSettings, RequestError, Totals, validate,
};
use rusqlite::{Connection, Result, params};

use crate::book::{self, SETTINGS_WIDTH, order_columns, settings_columns};
use crate::error::Fault;
use crate::row;
use crate::transaction::Transaction;

const CONFIGURE: &str = "UPDATE duly_queue
    SET paused = ?2, draining = ?3, bound = ?4, retention_completed = ?5, retention_failed = ?6,
        ordering = ?7, span = ?8, fair = ?9
    WHERE id = ?1";
const REKEY: &str = "UPDATE duly_queue SET rekeyed = 0 WHERE id = ?1";
const QUEUES: &str = concat!(
    "SELECT name, ",
    settings_columns!(),
    ", id FROM duly_queue ORDER BY name"
);
const COUNTS: &str = "SELECT state, n FROM duly_count WHERE queue = ?1";
const TOTALS: &str = "SELECT kind, n FROM duly_total WHERE queue = ?1";
/// In each lane and class of a queue, whoever stands first has been due for longest, as long as order
/// within a class is by the instant that a task was due.
pub(crate) const OLDEST: &str = "WITH class (code) AS (VALUES (0), (1), (2), (3))
    SELECT min((SELECT s.due_at FROM duly_live AS s INDEXED BY duly_live_ready
        WHERE s.lane = la.id AND s.class = class.code AND s.state = 2 ORDER BY s.rank LIMIT 1))
    FROM duly_line AS li INDEXED BY sqlite_autoindex_duly_line_1
    CROSS JOIN duly_lane AS la INDEXED BY sqlite_autoindex_duly_lane_1 ON la.line = li.id
    CROSS JOIN class
    WHERE li.queue = ?1";
pub(crate) const DUE: &str = "SELECT li.queue, s.state, count(*), min(s.due_at)
    FROM duly_live AS s INDEXED BY duly_live_due
    CROSS JOIN duly_lane AS la ON la.id = s.lane CROSS JOIN duly_line AS li ON li.id = la.line
    WHERE s.state IN (0, 5) AND s.due_at <= ?1 GROUP BY li.queue, s.state";

pub(crate) fn configure(
    tx: &mut Transaction<'_, '_>,
    (name, change): &(Name, QueueChange),
) -> std::result::Result<QueueSettings, Fault<RequestError>> {
    validate::name("queue", name)
        .and_then(|()| validate::queue_change(change))
        .map_err(|refused| Fault::Refused(refused.into()))?;
    let slot = tx.book.make_queue(tx.connection, name)?;
    let queue = tx.book.queue_mut(slot);
    let before = queue.settings.clone();
    let settings = change.apply(&before);
    queue.settings = settings.clone();
    let id = queue.id;
    let (ordering, span) = order_columns(settings.order);
    tx.connection.prepare_cached(CONFIGURE)?.execute(params![
        id,
        settings.paused,
        settings.draining,
        settings.bound.cast_signed(),
        row::micros(settings.retention_completed),
        row::micros(settings.retention_failed),
        ordering,
        span,
        settings.fair,
    ])?;
    tx.book.tell_dispatch(slot, &settings);
    if settings.order != before.order {
        tx.connection.prepare_cached(REKEY)?.execute([id])?;
    }
    if settings.fair && !before.fair {
        tx.book.forget_turns(tx.connection, slot)?;
    }
    tx.hint(slot);
    Ok(settings)
}

/// All queues with their counts; what has become due counts as pending.
pub(crate) fn queues(connection: &Connection, now: Timestamp) -> Result<Vec<QueueRecord>> {
    let mut statement = connection.prepare_cached(QUEUES)?;
    let rows = statement.query_map([], |row| {
        let id: i64 = row.get(SETTINGS_WIDTH + 1)?;
        let record = QueueRecord {
            name: row::name(row, 0)?,
            settings: book::settings(row, 1)?,
            counts: Counts::default(),
            totals: Totals::default(),
            oldest_due_at: None,
        };
        Ok((id, record))
    })?;
    let mut queues: Vec<(i64, QueueRecord)> = rows.collect::<Result<_>>()?;
    let mut due = due(connection, now)?;
    for (id, record) in &mut queues {
        let mut counts = stored_counts(connection, *id)?;
        let mut oldest = vec![oldest(connection, *id)?];
        for due in due.remove(id).into_iter().flatten() {
            counts[usize::from(due.state.code())] -= due.n;
            counts[usize::from(State::Pending.code())] += due.n;
            oldest.push(Some(due.oldest));
        }
        record.counts = Counts::new(counts.map(|n| u64::try_from(n).unwrap_or(0)));
        record.totals = totals(connection, *id)?;
        record.oldest_due_at = oldest.into_iter().flatten().min();
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

fn totals(connection: &Connection, queue: i64) -> Result<Totals> {
    let mut totals = Totals::default();
    let mut statement = connection.prepare_cached(TOTALS)?;
    let mut rows = statement.query([queue])?;
    while let Some(row) = rows.next()? {
        totals.add(row::event_kind(row, 0)?, row::number(row, 1)?);
    }
    Ok(totals)
}

/// When the task was due that has stood in line for longest.
fn oldest(connection: &Connection, queue: i64) -> Result<Option<Timestamp>> {
    connection
        .prepare_cached(OLDEST)?
        .query_row([queue], |row| row::optional_instant(row, 0))
}

/// The tasks of a queue in one state that wait for an instant that has come.
struct Due {
    /// As stored.
    state: State,
    n: i64,
    oldest: Timestamp,
}

/// The same of all queues, by queue.
fn due(connection: &Connection, now: Timestamp) -> Result<HashMap<i64, Vec<Due>>> {
    let mut statement = connection.prepare_cached(DUE)?;
    let mut rows = statement.query([now.as_micros()])?;
    let mut all: HashMap<i64, Vec<Due>> = HashMap::new();
    while let Some(row) = rows.next()? {
        all.entry(row.get(0)?).or_default().push(Due {
            state: row::state(row, 1)?,
            n: row.get(2)?,
            oldest: row::instant(row, 3)?,
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use duly_core::{OrderPolicy, Priority};

    use super::*;

    #[test]
    fn the_first_of_a_class_has_been_due_for_longest() {
        let (early, late) = (Timestamp::from_micros(1), Timestamp::from_micros(2));
        let classes = Priority::ALL.map(|priority| {
            let key =
                |due_at, sequence| OrderPolicy::default().key(priority, due_at, None, sequence);
            assert!(key(early, 2) < key(late, 1));
            key(early, 1).class
        });
        assert_eq!(
            classes,
            [0, 1, 2, 3],
            "the classes that the statement names"
        );
    }
}
