//! For reference: a bare job table (one table, one index, no events, no history), in batches of 500.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::limit::BATCH;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE job (id INTEGER PRIMARY KEY, state INTEGER NOT NULL, payload BLOB NOT NULL);
    CREATE INDEX job_pending ON job (id) WHERE state = 0;";

/// How long it takes to submit `tasks`, and then to take and end them all.
pub(crate) fn phased(
    path: &Path,
    tasks: u32,
    payload: &[u8],
) -> anyhow::Result<(Duration, Duration)> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(SCHEMA)?;
    let begin = Instant::now();
    for first in (0..tasks).step_by(BATCH as usize) {
        let tx = connection.transaction()?;
        {
            let mut add =
                tx.prepare_cached("INSERT INTO job (id, state, payload) VALUES (?1, 0, ?2)")?;
            for id in first..(first + BATCH).min(tasks) {
                add.execute(params![id, payload])?;
            }
        }
        tx.commit()?;
    }
    let submitted = begin.elapsed();
    let begin = Instant::now();
    loop {
        let taken = take(&mut connection)?;
        if taken.is_empty() {
            return Ok((submitted, begin.elapsed()));
        }
        let tx = connection.transaction()?;
        {
            let mut end = tx.prepare_cached("DELETE FROM job WHERE id = ?1")?;
            for id in &taken {
                end.execute([id])?;
            }
        }
        tx.commit()?;
    }
}

fn take(connection: &mut Connection) -> anyhow::Result<Vec<i64>> {
    let tx = connection.transaction()?;
    let taken = {
        let mut take = tx.prepare_cached(
            "UPDATE job SET state = 1 WHERE id IN
             (SELECT id FROM job WHERE state = 0 ORDER BY id LIMIT ?1) RETURNING id, payload",
        )?;
        let rows = take.query_map([BATCH], |row| row.get(0))?;
        rows.collect::<Result<Vec<i64>, _>>()?
    };
    tx.commit()?;
    Ok(taken)
}
