//! What explanations see of the file. The writer answers them: only it knows what claims go by.

use std::ops::Range;

use duly_core::bounds::{EXPIRE_MAX, PROMOTE_MAX};
use duly_core::dispatch::{Dispatch, GateId, KindId, LaneId};
use duly_core::{EventKind, OrderKey, State, TaskId, Timestamp};
use duly_store::explain::{self, End, Pace, QueueView, Reach, View};
use duly_store::{
    Counts, Explanation, Name, QueueExplanation, StoreError, TaskRecord, WorkerExplanation,
    WorkerRecord,
};
use rusqlite::{Result, Row, params};

use crate::error::Fault;
use crate::transaction::Transaction;
use crate::{house, record, row, worker as workers};

type Asked<T> = std::result::Result<T, Fault<StoreError>>;

pub(crate) const COUNT: &str = "SELECT count(*) FROM (
    SELECT 1 FROM duly_live INDEXED BY duly_live_ready
    WHERE lane = ?1 AND state = 2 AND (class, rank) >= (?2, ?3) AND (class, rank) <= (?5, ?6)
        AND (class, rank, sequence) >= (?2, ?3, ?4) AND (class, rank, sequence) < (?5, ?6, ?7)
    LIMIT ?8)";
pub(crate) const COUNT_ALL: &str = "SELECT count(*) FROM (
    SELECT 1 FROM duly_live INDEXED BY duly_live_ready WHERE lane = ?1 AND state = 2 LIMIT ?2)";
macro_rules! reach {
    ($order:literal) => {
        concat!(
            "SELECT count(*), max(rank), max(sequence) FROM (
    SELECT rank, sequence FROM duly_live INDEXED BY duly_live_ready
    WHERE lane = ?1 AND state = 2 AND (class, rank) >= (?2, ?3) AND (class, rank) <= (?5, ?6)
        AND (class, rank, sequence) >= (?2, ?3, ?4) AND (class, rank, sequence) < (?5, ?6, ?7)
    ORDER BY ",
            $order,
            " LIMIT ?8)"
        )
    };
}
pub(crate) const FRONT: &str = reach!("class, rank, sequence");
pub(crate) const BACK: &str = reach!("class DESC, rank DESC, sequence DESC");
pub(crate) const PACE: &str =
    "SELECT count(*) FILTER (WHERE e.kind = ?2 AND t.queue = ?3), min(e.at)
    FROM duly_event AS e CROSS JOIN duly_task AS t ON t.sequence = e.task WHERE e.sequence > ?1";
const REKEYED: &str = "SELECT rekeyed IS NOT NULL FROM duly_queue WHERE id = ?1";

pub(crate) fn task(tx: &mut Transaction<'_, '_>, id: &TaskId) -> Asked<Option<Explanation>> {
    Ok(explain::task(&mut Scene { tx }, *id)?)
}

pub(crate) fn queue(tx: &mut Transaction<'_, '_>, name: &Name) -> Asked<Option<QueueExplanation>> {
    Ok(explain::queue(&mut Scene { tx }, name)?)
}

pub(crate) fn worker(tx: &mut Transaction<'_, '_>, name: &Name) -> Asked<Vec<WorkerExplanation>> {
    Ok(explain::worker(&mut Scene { tx }, name)?)
}

/// A transaction, to be looked at.
struct Scene<'s, 't, 'c> {
    tx: &'s mut Transaction<'t, 'c>,
}

impl Scene<'_, '_, '_> {
    /// Asks for what stands in a lane with keys in a range.
    fn within<T>(
        &self,
        statement: &str,
        lane: LaneId,
        keys: &Range<OrderKey>,
        most: u64,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        let Range { start, end } = keys;
        let mut statement = self.tx.connection.prepare_cached(statement)?;
        let values = params![
            self.tx.book.lane_id(lane)?,
            start.class,
            start.rank,
            start.sequence,
            end.class,
            end.rank,
            end.sequence,
            to_i64(most),
        ];
        statement.query_row(values, read)
    }
}

fn to_i64(most: u64) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

impl View for Scene<'_, '_, '_> {
    type Error = rusqlite::Error;

    fn settle(&mut self) -> Result<bool> {
        let promoted = house::promote_due(self.tx, PROMOTE_MAX)?;
        let expired = house::expire(self.tx, EXPIRE_MAX)?;
        self.tx.flush_events()?;
        self.tx.book.know_limits(self.tx.connection, self.tx.now)?;
        self.tx.book.know_leases(self.tx.connection)?;
        Ok(!promoted.more && !expired.more)
    }

    fn now(&self) -> Timestamp {
        self.tx.now
    }

    fn dispatch(&self) -> &Dispatch {
        &self.tx.book.dispatch
    }

    fn task(&mut self, id: TaskId) -> Result<Option<(TaskRecord, Option<LaneId>)>> {
        let Some(record) = record::by_id(self.tx.connection, id, self.tx.now)? else {
            return Ok(None);
        };
        let live = self.tx.live_by_id(id)?;
        Ok(Some((record, live.map(|live| live.lane))))
    }

    fn queue(&mut self, name: &Name) -> Result<Option<QueueView>> {
        let connection = self.tx.connection;
        let book = &mut self.tx.book;
        let Some(slot) = book.queue_slot(connection, name)? else {
            return Ok(None);
        };
        book.know_standing(connection, slot)?;
        let queue = book.queue(slot);
        let mut rekeyed = connection.prepare_cached(REKEYED)?;
        Ok(Some(QueueView {
            id: slot,
            mixed: rekeyed.query_row([queue.id], |row| row.get(0))?,
            counts: Counts::new(State::ALL.map(|state| queue.count_of(state))),
        }))
    }

    fn kind(&mut self, kind: KindId) -> Result<(Name, bool)> {
        let id = i64::from(kind.0);
        let name = self.tx.book.name_of_kind(self.tx.connection, id)?;
        let settings = self.tx.book.kind_settings(self.tx.connection, id)?;
        Ok((name, settings.paused))
    }

    fn gate(&self, gate: GateId) -> Name {
        self.tx.book.gate_name(gate).clone()
    }

    fn workers(&mut self) -> Result<Vec<WorkerRecord>> {
        let mut found = Vec::new();
        for record in workers::workers(self.tx.connection)? {
            let incarnation = record.registration.incarnation;
            let known = self.tx.book.worker(self.tx.connection, incarnation)?;
            if known.is_some_and(|known| !known.lapsed) {
                found.push(record);
            }
        }
        Ok(found)
    }

    fn count(&mut self, lane: LaneId, keys: &Range<OrderKey>, most: u64) -> Result<u64> {
        if *keys == (OrderKey::FIRST..OrderKey::LAST) {
            let lane = self.tx.book.lane_id(lane)?;
            let mut statement = self.tx.connection.prepare_cached(COUNT_ALL)?;
            return statement.query_row([lane, to_i64(most)], |row| row::number(row, 0));
        }
        self.within(COUNT, lane, keys, most, |row| row::number(row, 0))
    }

    fn reach(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        end: End,
        most: u64,
    ) -> Result<Reach> {
        let statement = match end {
            End::Front => FRONT,
            End::Back => BACK,
        };
        self.within(statement, lane, keys, most, |row| {
            Ok(Reach {
                count: row::number(row, 0)?,
                rank: row.get::<_, Option<_>>(1)?.unwrap_or(i64::MIN),
                sequence: row.get::<_, Option<_>>(2)?.unwrap_or(i64::MIN),
            })
        })
    }

    fn pace(&mut self, queue: &Name, events: u32) -> Result<Option<Pace>> {
        let connection = self.tx.connection;
        let Some(slot) = self.tx.book.queue_slot(connection, queue)? else {
            return Ok(None);
        };
        let newest = self.tx.book.counters(connection)?.event;
        let values = params![
            newest - i64::from(events),
            EventKind::Started.code(),
            self.tx.book.queue(slot).id,
        ];
        let mut statement = connection.prepare_cached(PACE)?;
        let (started, oldest) = statement.query_row(values, |row| {
            Ok((row::number(row, 0)?, row.get::<_, Option<i64>>(1)?))
        })?;
        let oldest = oldest.map_or(self.tx.now, Timestamp::from_micros);
        let span = self.tx.now.since(oldest);
        Ok((started > 0).then_some(Pace { started, span }))
    }
}
