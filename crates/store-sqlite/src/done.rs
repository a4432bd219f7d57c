//! Tasks that have ended.

use duly_core::{Hold, State, TaskId, Timestamp, Vitals};
use duly_store::{LimitUse, UniqueScope};
use rusqlite::{OptionalExtension, Result, params};

use crate::book::{self, QueueSlot};
use crate::row::{self, vitals_columns};
use crate::transaction::Transaction;
use crate::unique::{self, Key, Keyed};

pub(crate) const DONE: &str = concat!(
    "SELECT ",
    vitals_columns!("(SELECT finish_by FROM duly_term WHERE task = s.sequence)"),
    " FROM duly_done AS s WHERE s.sequence = ?1"
);
pub(crate) const FORGET: &str = "DELETE FROM duly_done WHERE sequence = ?1";
const REVIVE: &str = "INSERT INTO duly_live
    (sequence, lane, class, rank, state, priority, due_at, deadline, attempt, spent, lost, lost_max,
     cancel_requested, keyed, finish_by, expires_at, started_at, progress_fraction, progress_text,
     error)
    SELECT sequence, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, started_at,
           progress_fraction, progress_text, error
    FROM duly_done WHERE sequence = ?1";
pub(crate) const LINE: &str =
    "SELECT q.name, t.kind, t.unique_key, t.submitted_at, h.task, h.period, t.tenant, t.limits
    FROM duly_task AS t CROSS JOIN duly_queue AS q ON q.id = t.queue
    LEFT JOIN duly_hold AS h ON h.task = t.sequence WHERE t.sequence = ?1";

/// Where a task stands, unfinished or ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// As seen now.
    pub(crate) state: State,
    /// As core knows it.
    pub(crate) vitals: Vitals,
}

/// What of a task decides where it belongs, and its unique key.
pub(crate) struct Line {
    pub(crate) queue: duly_store::Name,
    pub(crate) kind: i64,
    pub(crate) unique_key: Option<duly_store::Name>,
    scope: UniqueScope,
    submitted_at: Timestamp,
    tenant: Option<duly_store::Name>,
    limits: Vec<LimitUse>,
}

impl Line {
    /// The unique key of the task, and how long it holds it.
    pub(crate) fn key(&self) -> Option<(Key<'_>, Hold)> {
        let key = Key {
            kind: self.kind,
            key: self.unique_key.as_ref()?,
        };
        Some((key, self.scope.hold(self.submitted_at)))
    }
}

impl Transaction<'_, '_> {
    /// A task that has ended, if it has.
    pub(crate) fn done(&self, sequence: i64) -> Result<Option<Vitals>> {
        self.connection
            .prepare_cached(DONE)?
            .query_row([sequence], |row| row::vitals(row, 0))
            .optional()
    }

    /// Where a task stands.
    pub(crate) fn standing(&mut self, id: TaskId) -> Result<Option<Standing>> {
        let Some(sequence) = self.sequence(id)? else {
            return Ok(None);
        };
        let vitals = self.vitals(sequence)?;
        Ok(vitals.map(|vitals| Standing {
            state: vitals.state_at(self.now),
            vitals,
        }))
    }

    /// What core knows of a task, unfinished or ended.
    pub(crate) fn vitals(&mut self, sequence: i64) -> Result<Option<Vitals>> {
        match self.live(sequence)? {
            Some(live) => Ok(Some(live.vitals)),
            None => self.done(sequence),
        }
    }

    /// What of a task decides where it belongs, and its unique key.
    pub(crate) fn line(&self, sequence: i64) -> Result<Line> {
        self.connection
            .prepare_cached(LINE)?
            .query_row([sequence], |row| {
                Ok(Line {
                    queue: row::name(row, 0)?,
                    kind: row.get(1)?,
                    unique_key: row::optional_name(row, 2)?,
                    submitted_at: row::instant(row, 3)?,
                    scope: unique::scope(row, 4)?,
                    tenant: row::optional_name(row, 6)?,
                    limits: row::limit_uses(row, 7)?,
                })
            })
    }

    /// Puts a task that had ended back among the unfinished of its queue.
    pub(crate) fn revive(
        &mut self,
        sequence: i64,
        (old, new): (&Vitals, &Vitals),
        line: &Line,
    ) -> Result<QueueSlot> {
        let queue = self.book.make_queue(self.connection, &line.queue)?;
        let tenant = line.tenant.as_ref();
        let terms = self.book.terms(self.connection, tenant, &line.limits)?;
        let kind = line.kind;
        let place = self.place(book::Line { queue, kind, terms }, sequence, new)?;
        self.connection.prepare_cached(REVIVE)?.execute(params![
            sequence,
            place.lane_id,
            place.class,
            place.rank,
            new.state.code(),
            new.priority.code(),
            new.due_at.as_micros(),
            new.deadlines.start().map(duly_core::Timestamp::as_micros),
            new.attempt,
            new.spent,
            new.lost,
            new.lost_max,
            new.cancel_requested,
            Keyed::of(line.unique_key.as_ref().map(|_| line.scope)).code(),
            new.deadlines.finish().map(Timestamp::as_micros),
            new.deadlines.earliest().map(Timestamp::as_micros),
        ])?;
        self.renew_term(sequence, new)?;
        self.connection
            .prepare_cached(FORGET)?
            .execute([sequence])?;
        if let Some((key, hold)) = line.key()
            && hold.holds(new, self.now)
        {
            self.take_key(key, hold, sequence)?;
        }
        self.count_move(queue, old.state, new.state);
        self.count_unfinished(place.lane, 1);
        self.hint(queue);
        Ok(queue)
    }
}
