//! Unfinished tasks, and how they end: every change of a task is read, decided by core, and written
//! back here.

use duly_core::{State, TaskId, Timestamp, Vitals};
use duly_store::Payload;
use rusqlite::{Result, Row, params};

use crate::book::{LaneSlot, QueueSlot};
use crate::pens::Pen;
use crate::row::{self, VITALS_WIDTH, vitals_columns};
use crate::transaction::Transaction;
use crate::unique::Keyed;

pub(crate) const LIVE: &str = concat!(
    "SELECT ",
    vitals_columns!("s.finish_by"),
    ", s.lane, s.worker, s.keyed, s.started_at, s.progress_fraction, s.progress_text, s.error
    FROM duly_live AS s WHERE s.sequence = ?1"
);
// Deadlines never change while a task is unfinished.
pub(crate) const UPDATE: &str = "UPDATE duly_live
    SET lane = ?2, class = ?3, rank = ?4, state = ?5, priority = ?6, due_at = ?7, attempt = ?8,
        spent = ?9, lost = ?10, cancel_requested = ?11, worker = ?12, error = coalesce(?13, error)
    WHERE sequence = ?1";
pub(crate) const REMOVE: &str = "DELETE FROM duly_live WHERE sequence = ?1";
pub(crate) const KEEP: &str = "INSERT INTO duly_done
    (sequence, queue, kept, finished_at, state, priority, due_at, deadline, attempt, spent, lost,
     lost_max, cancel_requested, holder, started_at, progress_fraction, progress_text, error,
     encoding, version, key_id, result)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
            ?21, ?22)";

/// An unfinished task, as read in this transaction.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) sequence: i64,
    pub(crate) vitals: Vitals,
    pub(crate) lane: LaneSlot,
    /// The worker that holds it.
    pub(crate) worker: Option<i64>,
    keyed: Keyed,
    started_at: Option<i64>,
    progress_fraction: Option<f64>,
    progress_text: Option<String>,
    error: Option<String>,
}

impl Live {
    /// An attempt has begun at some time.
    pub(crate) const fn has_begun(&self) -> bool {
        self.started_at.is_some()
    }
}

/// What a change leaves on a task beside its vitals.
#[derive(Debug, Default)]
pub(crate) struct Trace<'a> {
    /// Replaces the error before it.
    pub(crate) error: Option<&'a str>,
    /// Who held it when it ended: the number of a worker's name.
    pub(crate) holder: Option<i64>,
    /// What its handler returned.
    pub(crate) result: Option<&'a Payload>,
}

/// A task that has ended, as it is kept.
pub(crate) struct Ended<'a> {
    pub(crate) sequence: i64,
    pub(crate) queue: QueueSlot,
    pub(crate) at: Timestamp,
    pub(crate) vitals: &'a Vitals,
    /// Who held it when it ended: the number of a worker's name.
    pub(crate) holder: Option<i64>,
    pub(crate) started_at: Option<i64>,
    pub(crate) progress_fraction: Option<f64>,
    pub(crate) progress_text: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
    pub(crate) result: Option<&'a Payload>,
}

/// Whether a final state counts among the dead letters, which are kept longer.
pub(crate) const fn kept(state: State) -> bool {
    matches!(state, State::Failed | State::TimedOut)
}

impl Transaction<'_, '_> {
    /// An unfinished task, if it is one.
    pub(crate) fn live(&mut self, sequence: i64) -> Result<Option<Live>> {
        let mut rows = self.pens.take_up(Pen::Live)?.query([sequence])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let lane = row.get(VITALS_WIDTH)?;
        let lane = self.book.lane_by_id(self.connection, lane)?;
        read(row, sequence, lane).map(Some)
    }

    /// An unfinished task by its id: the sequence of a task that was claimed here is known by heart.
    pub(crate) fn live_by_id(&mut self, id: TaskId) -> Result<Option<Live>> {
        if let Some(sequence) = self.book.lease(id)
            && let Some(live) = self.live(sequence)?
        {
            return Ok(Some(live));
        }
        match self.sequence(id)? {
            Some(sequence) => self.live(sequence),
            None => Ok(None),
        }
    }

    /// Writes what core made of a task: it goes on, or ends.
    pub(crate) fn change(&mut self, live: &Live, vitals: &Vitals, trace: &Trace<'_>) -> Result<()> {
        let queue = self.book.lane(live.lane).queue;
        self.count_move(queue, live.vitals.state, vitals.state);
        if live.vitals.state == State::Pending {
            self.book.leaves(live.lane, live.sequence);
        }
        if vitals.state.is_final() {
            self.finish(live, vitals, trace)?;
        } else {
            self.update(live, vitals, trace)?;
        }
        // Only now, as in memory: who stands in line again finds its own permits still in use.
        if let Some(worker) = live.worker.filter(|_| !vitals.state.is_leased()) {
            self.book.release_lane(live.lane, worker);
        }
        Ok(())
    }

    fn update(&mut self, live: &Live, vitals: &Vitals, trace: &Trace<'_>) -> Result<()> {
        let line = self.book.lane(live.lane).line();
        let place = self.place(line, live.sequence, vitals)?;
        self.move_unfinished(live.lane, place.lane);
        let worker = live.worker.filter(|_| vitals.state.is_leased());
        self.pens.take_up(Pen::Update)?.execute(params![
            live.sequence,
            place.lane_id,
            place.class,
            place.rank,
            vitals.state.code(),
            vitals.priority.code(),
            vitals.due_at.as_micros(),
            vitals.attempt,
            vitals.spent,
            vitals.lost,
            vitals.cancel_requested,
            worker,
            trace.error,
        ])?;
        Ok(())
    }

    fn finish(&mut self, live: &Live, vitals: &Vitals, trace: &Trace<'_>) -> Result<()> {
        let error = match vitals.state {
            State::Completed => None,
            _ => trace.error.or(live.error.as_deref()),
        };
        self.keep(&Ended {
            sequence: live.sequence,
            queue: self.book.lane(live.lane).queue,
            at: self.now,
            vitals,
            holder: trace.holder,
            started_at: live.started_at,
            progress_fraction: live.progress_fraction,
            progress_text: live.progress_text.as_deref(),
            error,
            result: trace.result,
        })?;
        self.pens.take_up(Pen::Remove)?.execute([live.sequence])?;
        self.count_unfinished(live.lane, -1);
        if live.keyed.ends_with_its_task() {
            self.free_key(live.sequence)?;
        }
        Ok(())
    }

    /// Adds a task to those that have ended.
    pub(crate) fn keep(&mut self, ended: &Ended<'_>) -> Result<()> {
        let (vitals, result) = (ended.vitals, ended.result);
        self.pens.take_up(Pen::Keep)?.execute(params![
            ended.sequence,
            self.book.queue(ended.queue).id,
            kept(vitals.state),
            ended.at.as_micros(),
            vitals.state.code(),
            vitals.priority.code(),
            vitals.due_at.as_micros(),
            vitals.deadlines.start().map(Timestamp::as_micros),
            vitals.attempt,
            vitals.spent,
            vitals.lost,
            vitals.lost_max,
            vitals.cancel_requested,
            ended.holder,
            ended.started_at,
            ended.progress_fraction,
            ended.progress_text,
            ended.error,
            result.map(|payload| payload.encoding.code()),
            result.map(|payload| payload.version),
            result.and_then(|payload| payload.key_id.as_deref()),
            result.map(|payload| &*payload.bytes),
        ])?;
        Ok(())
    }
}

fn read(row: &Row<'_>, sequence: i64, lane: LaneSlot) -> Result<Live> {
    Ok(Live {
        sequence,
        vitals: row::vitals(row, 0)?,
        lane,
        worker: row.get(VITALS_WIDTH + 1)?,
        keyed: Keyed::read(row, VITALS_WIDTH + 2)?,
        started_at: row.get(VITALS_WIDTH + 3)?,
        progress_fraction: row.get(VITALS_WIDTH + 4)?,
        progress_text: row.get(VITALS_WIDTH + 5)?,
        error: row.get(VITALS_WIDTH + 6)?,
    })
}
