//! Unique keys: who holds them, and submissions that meet the holder.

use duly_core::{EventKind, Hold, Replacement, State, TaskId, Timestamp, Vitals};
use duly_store::bounds::REPLACED_MAX;
use duly_store::{Admission, NewTask, OnConflict, Replace, Submitted, Unique, UniqueScope};
use rusqlite::{OptionalExtension, Result, Row, params};

use crate::change;
use crate::live::Trace;
use crate::row;
use crate::transaction::{NewEvent, Transaction};

const TAKE_KEY: &str = "INSERT INTO duly_unique (kind, key, task, until) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (kind, key) DO UPDATE SET task = ?3, until = ?4, id = NULL, state = NULL";
pub(crate) const HOLDER: &str = "SELECT u.task, coalesce(u.id, t.id), u.until, u.state
    FROM duly_unique AS u LEFT JOIN duly_task AS t ON t.sequence = u.task
    WHERE u.kind = ?1 AND u.key = ?2";
pub(crate) const FREE_KEY: &str = "DELETE FROM duly_unique
    WHERE kind = ?1 AND key = ?2 AND task = ?3";
pub(crate) const OUTLIVE: &str = "UPDATE duly_unique SET id = ?4, state = ?5
    WHERE kind = ?1 AND key = ?2 AND task = ?3";
pub(crate) const KEY_OF: &str = "SELECT kind, unique_key FROM duly_task WHERE sequence = ?1";
const ADD_HOLD: &str = "INSERT INTO duly_hold (task, period) VALUES (?1, ?2)";
pub(crate) const FORGET_HOLD: &str = "DELETE FROM duly_hold WHERE task = ?1";
const ADD_REPLACED: &str = "INSERT OR REPLACE INTO duly_replaced (id, task, n) VALUES (?1, ?2, ?3)";
pub(crate) const REPLACED: &str = "SELECT t.id FROM duly_replaced AS r
    CROSS JOIN duly_task AS t ON t.sequence = r.task WHERE r.id = ?1";
pub(crate) const NEWEST_REPLACED: &str = "SELECT max(n) FROM duly_replaced WHERE task = ?1";
pub(crate) const FORGET_REPLACED: &str = "DELETE FROM duly_replaced WHERE task = ?1 AND n <= ?2";
pub(crate) const LAPSED: &str = "SELECT kind, key, task
    FROM duly_unique INDEXED BY duly_unique_until
    WHERE until <= ?1 ORDER BY until LIMIT ?2";

/// The task that holds a unique key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    pub(crate) sequence: i64,
    pub(crate) id: TaskId,
    /// Its period, if it holds the key for one.
    until: Option<Timestamp>,
    /// How it ended, if it is kept no more.
    state: Option<State>,
}

/// What a hot row says of the unique key of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyed {
    /// It has none.
    Not,
    /// It holds one until it ends.
    Unfinished,
    /// It may hold one until its first attempt is claimed.
    Waiting,
    /// It may hold one until an instant.
    Until,
}

impl Keyed {
    pub(crate) const fn of(scope: Option<UniqueScope>) -> Self {
        match scope {
            None => Self::Not,
            Some(UniqueScope::Unfinished) => Self::Unfinished,
            Some(UniqueScope::Waiting) => Self::Waiting,
            Some(UniqueScope::Period(_)) => Self::Until,
        }
    }

    pub(crate) const fn code(self) -> i64 {
        self as i64
    }

    pub(crate) fn read(row: &Row<'_>, at: usize) -> Result<Self> {
        let code = row.get(at)?;
        [Self::Not, Self::Unfinished, Self::Waiting, Self::Until]
            .into_iter()
            .find(|keyed| keyed.code() == code)
            .ok_or(rusqlite::Error::IntegralValueOutOfRange(at, code))
    }

    /// It is given up when the task ends.
    pub(crate) const fn ends_with_its_task(self) -> bool {
        matches!(self, Self::Unfinished | Self::Waiting)
    }
}

/// How long a task holds its key, from the columns `duly_hold.task` and `duly_hold.period`.
pub(crate) fn scope(row: &Row<'_>, at: usize) -> Result<UniqueScope> {
    if row.get::<_, Option<i64>>(at)?.is_none() {
        return Ok(UniqueScope::Unfinished);
    }
    let period = row::optional_duration(row, at + 1)?;
    Ok(period.map_or(UniqueScope::Waiting, UniqueScope::Period))
}

/// A key, within its kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a> {
    pub(crate) kind: i64,
    pub(crate) key: &'a str,
}

impl Transaction<'_, '_> {
    /// The task that holds a key now.
    pub(crate) fn holder(&self, key: Key<'_>) -> Result<Option<Holder>> {
        let holder = self
            .connection
            .prepare_cached(HOLDER)?
            .query_row(params![key.kind, key.key], |row| {
                Ok(Holder {
                    sequence: row.get(0)?,
                    id: row::task_id(row, 1)?,
                    until: row::optional_instant(row, 2)?,
                    state: match row.get_ref(3)? {
                        rusqlite::types::ValueRef::Null => None,
                        _ => Some(row::state(row, 3)?),
                    },
                })
            })
            .optional()?;
        Ok(holder.filter(|holder| holder.until.is_none_or(|until| self.now < until)))
    }

    /// Gives a key to a task.
    pub(crate) fn take_key(&self, key: Key<'_>, hold: Hold, sequence: i64) -> Result<()> {
        let until = match hold {
            Hold::Until(until) => Some(until.as_micros()),
            Hold::Unfinished | Hold::Waiting => None,
        };
        let values = params![key.kind, key.key, sequence, until];
        let mut statement = self.connection.prepare_cached(TAKE_KEY)?;
        statement.execute(values).map(drop)
    }

    /// Gives up the key of a task, if it has it.
    pub(crate) fn free_key(&self, sequence: i64) -> Result<()> {
        let (kind, key): (i64, String) = self
            .connection
            .prepare_cached(KEY_OF)?
            .query_row([sequence], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let values = params![kind, key, sequence];
        self.connection.prepare_cached(FREE_KEY)?.execute(values)?;
        Ok(())
    }

    /// Writes how long a task holds its key, if not until it ends.
    pub(crate) fn write_scope(&self, scope: UniqueScope, sequence: i64) -> Result<()> {
        let period = match scope {
            UniqueScope::Unfinished => return Ok(()),
            UniqueScope::Waiting => None,
            UniqueScope::Period(period) => Some(row::micros(period)),
        };
        let mut statement = self.connection.prepare_cached(ADD_HOLD)?;
        statement.execute(params![sequence, period]).map(drop)
    }

    /// The answer for a submission that has replaced what a task was to do, if it is one.
    pub(crate) fn replaced(&mut self, id: TaskId) -> Result<Option<Submitted>> {
        let task = self
            .connection
            .prepare_cached(REPLACED)?
            .query_row([id.as_bytes()], |row| row::task_id(row, 0))
            .optional()?;
        let Some(id) = task else { return Ok(None) };
        let standing = self.standing(id)?;
        Ok(standing.map(|standing| Submitted {
            id,
            state: standing.state,
            admission: Admission::Existed,
        }))
    }

    /// Notes that a submission has replaced what a task was to do; forgets the oldest beyond the bound.
    fn note_replaced(&self, id: TaskId, task: i64) -> Result<()> {
        let newest: Option<i64> = self
            .connection
            .prepare_cached(NEWEST_REPLACED)?
            .query_row([task], |row| row.get(0))?;
        let n = newest.unwrap_or(0) + 1;
        let mut add = self.connection.prepare_cached(ADD_REPLACED)?;
        add.execute(params![id.as_bytes(), task, n])?;
        let most = i64::try_from(REPLACED_MAX).unwrap_or(i64::MAX);
        if n > most {
            self.forget_replaced(task, n - most)?;
        }
        Ok(())
    }

    /// Forgets the submissions up to a number that have replaced what a task was to do.
    fn forget_replaced(&self, task: i64, until: i64) -> Result<()> {
        let mut forget = self.connection.prepare_cached(FORGET_REPLACED)?;
        forget.execute([task, until]).map(drop)
    }

    /// What becomes of a submission whose key another task holds; `None`: it is refused.
    pub(crate) fn meet(
        &mut self,
        new: &NewTask,
        unique: &Unique,
        holder: Holder,
    ) -> Result<Option<Submitted>> {
        let admission = match unique.on_conflict {
            OnConflict::Reject => return Ok(None),
            OnConflict::Keep => Admission::Kept,
            OnConflict::Replace(what) => {
                if !self.replace(new, what, holder)? {
                    return Ok(None);
                }
                Admission::Replaced
            }
        };
        let standing = self.vitals(holder.sequence)?;
        let standing = standing.map(|vitals| vitals.state_at(self.now));
        Ok(standing.or(holder.state).map(|state| Submitted {
            id: holder.id,
            state,
            admission,
        }))
    }

    /// Lets a task go on with what a submission brings, if it has not begun; otherwise writes nothing.
    fn replace(&mut self, new: &NewTask, what: Replace, holder: Holder) -> Result<bool> {
        let Some(live) = self.live(holder.sequence)? else {
            return Ok(false);
        };
        let by = Replacement {
            priority: what.priority.then_some(new.priority),
            due_at: what.due.then(|| new.due.resolve(self.now)),
        };
        let mut vitals = live.vitals;
        if vitals.replace(by, self.now).is_err() {
            return Ok(false);
        }
        self.change(&live, &vitals, &Trace::default())?;
        if what.payload {
            change::rewrite(self, live.sequence, &new.payload)?;
        }
        self.note_replaced(new.id, live.sequence)?;
        let queue = self.book.lane(live.lane).queue;
        self.hint(queue);
        let event = NewEvent {
            due_at: by.due_at,
            priority: by.priority,
            ..NewEvent::new(live.sequence, EventKind::Replaced, vitals.attempt)
        };
        self.event(queue, event)?;
        Ok(true)
    }

    /// Another task that holds the key which a task would hold, were it as `vitals` says.
    pub(crate) fn rival(
        &self,
        key: Key<'_>,
        hold: Hold,
        (sequence, vitals): (i64, &Vitals),
    ) -> Result<Option<Holder>> {
        if !hold.holds(vitals, self.now) {
            return Ok(None);
        }
        let holder = self.holder(key)?;
        Ok(holder.filter(|holder| holder.sequence != sequence))
    }

    /// What is known of the unique key of a task that is removed: a key that is held until an instant
    /// outlives it.
    pub(crate) fn outlive(&self, gone: &Gone, sequence: i64, state: State) -> Result<()> {
        let Some(key) = &gone.key else { return Ok(()) };
        let mut outlive = self.connection.prepare_cached(OUTLIVE)?;
        let id = gone.id.as_bytes();
        outlive.execute(params![gone.kind, key, sequence, id, state.code()])?;
        let mut hold = self.connection.prepare_cached(FORGET_HOLD)?;
        hold.execute([sequence])?;
        self.forget_replaced(sequence, i64::MAX)
    }

    /// Forgets keys whose period is over; answers how many it found of one more than `limit`.
    pub(crate) fn forget_lapsed(&mut self, limit: usize, most: i64) -> Result<usize> {
        let mut statement = self.connection.prepare_cached(LAPSED)?;
        let rows = statement.query_map(params![self.now.as_micros(), most], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        let lapsed: Vec<(i64, String, i64)> = rows.collect::<Result<_>>()?;
        let mut free = self.connection.prepare_cached(FREE_KEY)?;
        for (kind, key, task) in lapsed.iter().take(limit) {
            free.execute(params![kind, key, task])?;
            self.size += 1;
        }
        Ok(lapsed.len())
    }
}

/// A task that was removed from its table.
#[derive(Debug)]
pub(crate) struct Gone {
    pub(crate) kind: i64,
    pub(crate) key: Option<String>,
    pub(crate) id: TaskId,
}
