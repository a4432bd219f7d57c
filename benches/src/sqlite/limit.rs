//! The limit: the rows, indexes and events of the same work, written by hand in batches of 500, one
//! transaction a batch and step, with nothing around them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::spread::{self, Spread, Won};

/// Tasks of one transaction.
pub(crate) const BATCH: u32 = 500;

const ADD_TASK: &str = "INSERT INTO duly_task
    (sequence, id, queue, kind, submitted_at, encoding, version, payload, tenant)
    VALUES (?1, ?2, 1, 1, ?3, 0, 0, ?4, ?5)";
const ADD_LIVE: &str = "INSERT INTO duly_live
    (sequence, lane, class, rank, state, priority, due_at, attempt, spent, lost, lost_max,
     cancel_requested, keyed)
    VALUES (?1, ?3, 2, ?2, 2, 2, ?2, 0, 0, 0, 3, 0, 0)";
const ADD_EVENT: &str = "INSERT INTO duly_event (sequence, task, kind, at, attempt, worker)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const HEADS: &str = "SELECT l.sequence, l.due_at, t.id, t.payload FROM duly_live AS l
    JOIN duly_task AS t ON t.sequence = l.sequence
    WHERE l.lane = ?2 AND l.state = 2 ORDER BY l.class, l.rank, l.sequence LIMIT ?1";
const LEASE: &str =
    "UPDATE duly_live SET state = 4, attempt = 1, spent = 1, worker = 1, started_at = ?2
    WHERE sequence = ?1";
const END: &str = "DELETE FROM duly_live WHERE sequence = ?1";
const ADD_DONE: &str = "INSERT INTO duly_done
    (sequence, queue, kept, finished_at, state, priority, due_at, attempt, spent, lost, lost_max,
     cancel_requested, holder, started_at)
    VALUES (?1, 1, 0, ?2, 6, 2, ?3, 1, 1, 0, 3, 0, 1, ?2)";
const COUNTERS: &str = "UPDATE duly_counter SET value = ?2 WHERE name = ?1";

const SUBMITTED: u8 = 0;
const STARTED: u8 = 1;
const COMPLETED: u8 = 7;

/// Hands at work on a file that has Duly's schema.
pub(crate) struct Limit {
    connection: Connection,
    task: i64,
    event: i64,
    now: i64,
    /// How tasks are spread over lanes, if there is more to write than that of one without conditions.
    spread: Option<Spread>,
}

/// A task that was taken by hand.
pub(crate) struct Taken {
    sequence: i64,
    due_at: i64,
    lane: u32,
}

impl Limit {
    /// Opens a file whose schema a store has made, with the store's own settings.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
        connection.pragma_update(None, "cache_size", -(16 << 10))?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Self {
            connection,
            task: 0,
            event: 0,
            now: 1_767_225_600_000_000,
            spread: None,
        })
    }

    /// Spreads tasks over so many lanes from now on, one after the other, each with a tenant of its own; and
    /// takes them in turns.
    pub(crate) fn spread(mut self, lanes: u32, fair: bool) -> anyhow::Result<Self> {
        self.spread = Some(Spread::new(&mut self.connection, lanes, fair)?);
        Ok(self)
    }

    pub(crate) fn submit(&mut self, ids: &[[u8; 16]], payload: &[u8]) -> anyhow::Result<()> {
        let (mut task, mut event, now) = (self.task, self.event, self.now);
        let lanes = self.spread.as_ref().map(|spread| i64::from(spread.lanes));
        let mut won = Won::new();
        let tx = self.begin()?;
        {
            let mut add_task = tx.prepare_cached(ADD_TASK)?;
            let mut add_live = tx.prepare_cached(ADD_LIVE)?;
            let mut add_event = tx.prepare_cached(ADD_EVENT)?;
            for id in ids {
                let lane = u32::try_from(task % lanes.unwrap_or(1))?;
                let tenant = lanes.map(|_| spread::tenant_name(lane));
                task += 1;
                event += 1;
                add_task.execute(params![task, id, now, payload, tenant])?;
                add_live.execute(params![task, now, lane])?;
                add_event.execute(params![event, task, SUBMITTED, now, 0, None::<i64>])?;
                *won.entry(lane).or_default() += 1;
            }
        }
        if lanes.is_some() {
            spread::count(&tx, &won, now)?;
            spread::tell(&tx, won.into_keys())?;
        }
        commit(tx, task, event)?;
        (self.task, self.event, self.now) = (task, event, now + 1);
        Ok(())
    }

    pub(crate) fn claim(&mut self, count: u32) -> anyhow::Result<Vec<Taken>> {
        let (task, mut event, now) = (self.task, self.event, self.now);
        let mut spread = self.spread.take();
        let tx = self.begin()?;
        let mut taken = Vec::with_capacity(count as usize);
        let mut turns = BTreeMap::new();
        // Of one lane all at once, of many one of each.
        let many = spread.as_ref().is_some_and(|spread| spread.lanes > 1);
        {
            let mut heads = tx.prepare_cached(HEADS)?;
            for _ in 0..if many { count } else { 1 } {
                let (lane, turn) = spread.as_mut().map_or((0, 0), Spread::next);
                let mut rows = heads.query([if many { 1 } else { count }, lane])?;
                while let Some(row) = rows.next()? {
                    taken.push(read(row, lane)?);
                }
                turns.insert(lane, turn);
            }
        }
        {
            let mut lease = tx.prepare_cached(LEASE)?;
            let mut add_event = tx.prepare_cached(ADD_EVENT)?;
            for one in &taken {
                event += 1;
                lease.execute(params![one.sequence, now])?;
                add_event.execute(params![event, one.sequence, STARTED, now, 1, 1])?;
            }
        }
        if let Some(spread) = &spread {
            if spread.fair {
                spread::have_turns(&tx, &turns)?;
            }
            spread::tell(&tx, turns.into_keys())?;
        }
        commit(tx, task, event)?;
        (self.event, self.now, self.spread) = (event, now + 1, spread);
        Ok(taken)
    }

    pub(crate) fn complete(&mut self, taken: &[Taken]) -> anyhow::Result<()> {
        let (task, mut event, now) = (self.task, self.event, self.now);
        let counted = self.spread.is_some();
        let mut won = Won::new();
        let tx = self.begin()?;
        {
            let mut end = tx.prepare_cached(END)?;
            let mut add_done = tx.prepare_cached(ADD_DONE)?;
            let mut add_event = tx.prepare_cached(ADD_EVENT)?;
            for one in taken {
                event += 1;
                end.execute([one.sequence])?;
                add_done.execute(params![one.sequence, now, one.due_at])?;
                add_event.execute(params![event, one.sequence, COMPLETED, now, 1, 1])?;
                *won.entry(one.lane).or_default() -= 1;
            }
        }
        if counted {
            spread::count(&tx, &won, now)?;
        }
        commit(tx, task, event)?;
        (self.event, self.now) = (event, now + 1);
        Ok(())
    }

    fn begin(&mut self) -> anyhow::Result<Transaction<'_>> {
        self.connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .context("the file is nobody else's")
    }
}

fn read(row: &Row<'_>, lane: u32) -> rusqlite::Result<Taken> {
    let (_id, _payload): ([u8; 16], Vec<u8>) = (row.get(2)?, row.get(3)?);
    Ok(Taken {
        sequence: row.get(0)?,
        due_at: row.get(1)?,
        lane,
    })
}

fn commit(tx: Transaction<'_>, task: i64, event: i64) -> anyhow::Result<()> {
    {
        let mut counters = tx.prepare_cached(COUNTERS)?;
        counters.execute(params!["task", task])?;
        counters.execute(params!["event", event])?;
    }
    Ok(tx.commit()?)
}
