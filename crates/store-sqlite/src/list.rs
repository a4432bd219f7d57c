//! Looking at tasks: the unfinished and the ended are stepped through in step, the newest first. Where
//! the filter allows it, only a small index is: what is of a tenant, what is held by workers, and the dead
//! letters.

use duly_core::{State, Timestamp};
use duly_store::bounds::SCAN_MAX;
use duly_store::{Filter, List, ListCursor, Name, RequestError, TaskPage, TaskRecord, validate};
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{Connection, OptionalExtension, Result, Row, Rows, params};

use crate::error::Fault;
use crate::live::kept;
use crate::record;
use crate::row;

macro_rules! live_columns {
    () => {
        "SELECT s.sequence, s.state, s.due_at, s.expires_at, w.name, t.queue, t.kind, t.submitted_at, \
         t.labels, t.tenant "
    };
}
macro_rules! live_joins {
    () => {
        "CROSS JOIN duly_task AS t ON t.sequence = s.sequence \
         LEFT JOIN duly_worker AS w ON w.id = s.worker "
    };
}
macro_rules! done_columns {
    () => {
        "SELECT s.sequence, s.state, s.due_at, s.deadline, s.holder, t.queue, t.kind, t.submitted_at, \
         t.labels, t.tenant "
    };
}

pub(crate) const LIVE: &str = concat!(
    live_columns!(),
    "FROM duly_live AS s ",
    live_joins!(),
    "WHERE s.sequence < ?1 ORDER BY s.sequence DESC"
);
pub(crate) const LEASED: &str = concat!(
    live_columns!(),
    "FROM duly_live AS s INDEXED BY duly_live_leased ",
    live_joins!(),
    "WHERE s.worker IS NOT NULL AND s.sequence < ?1 ORDER BY s.sequence DESC"
);
pub(crate) const DONE: &str = concat!(
    done_columns!(),
    "FROM duly_done AS s CROSS JOIN duly_task AS t ON t.sequence = s.sequence
     WHERE s.sequence < ?1 ORDER BY s.sequence DESC"
);
pub(crate) const FAILED: &str = concat!(
    done_columns!(),
    "FROM duly_done AS s INDEXED BY duly_done_failed
     CROSS JOIN duly_task AS t ON t.sequence = s.sequence
     WHERE s.kept = 1 AND s.sequence < ?1 ORDER BY s.sequence DESC"
);

/// The tasks of one tenant, unfinished or ended.
pub(crate) const TENANT: &str =
    "SELECT t.sequence, coalesce(l.state, d.state), coalesce(l.due_at, d.due_at),
    l.expires_at, coalesce(w.name, d.holder), t.queue, t.kind, t.submitted_at,
    t.labels, t.tenant
    FROM duly_task AS t INDEXED BY duly_task_tenant
    LEFT JOIN duly_live AS l ON l.sequence = t.sequence
    LEFT JOIN duly_worker AS w ON w.id = l.worker
    LEFT JOIN duly_done AS d ON d.sequence = t.sequence
    WHERE t.sequence < ?1 AND t.tenant = ?2 ORDER BY t.sequence DESC";

/// What of a filter can be told from a glimpse at a task; names as the numbers they have here.
struct Sieve<'f> {
    filter: &'f Filter,
    queue: Option<i64>,
    kind: Option<i64>,
    worker: Option<i64>,
}

pub(crate) fn list(
    connection: &Connection,
    request: &List,
    now: Timestamp,
) -> std::result::Result<TaskPage, Fault<RequestError>> {
    validate::page(request.limit).map_err(|refused| Fault::Refused(refused.into()))?;
    let List {
        filter,
        after,
        limit,
        brief,
    } = request;
    let (tasks, next) = find(connection, filter, *after, *limit, (now, *brief))?;
    Ok(TaskPage {
        tasks,
        next,
        at: now,
    })
}

/// A page of what a filter means, and where the next one begins.
pub(crate) fn find(
    connection: &Connection,
    filter: &Filter,
    after: Option<ListCursor>,
    limit: u32,
    (now, brief): (Timestamp, bool),
) -> Result<(Vec<TaskRecord>, Option<ListCursor>)> {
    let mut tasks = Vec::new();
    let Some(sieve) = sieve(connection, filter)? else {
        return Ok((tasks, None));
    };
    let before = after.map_or(i64::MAX, ListCursor::sequence);
    let mut statements = Vec::new();
    for sql in sources(filter) {
        statements.push(connection.prepare_cached(sql)?);
    }
    let mut streams = Vec::new();
    for statement in &mut statements {
        let mut rows = match &filter.tenant {
            Some(tenant) => statement.query(params![before, tenant.as_str()])?,
            None => statement.query([before])?,
        };
        rows.advance()?;
        streams.push(rows);
    }
    let mut looked = 0;
    while let Some((at, sequence)) = newest(&streams)? {
        looked += 1;
        let row = streams[at]
            .get()
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        if sieve.lets_through(row, now)?
            && let Some(task) = record::by_sequence(connection, sequence, now, brief)?
            && filter.matches(&task, now)
        {
            tasks.push(task);
        }
        if tasks.len() == limit as usize || looked == SCAN_MAX {
            return Ok((tasks, Some(ListCursor::after(sequence))));
        }
        streams[at].advance()?;
    }
    Ok((tasks, None))
}

/// Which tables hold what a filter may mean.
fn sources(filter: &Filter) -> Vec<&'static str> {
    if filter.tenant.is_some() {
        return vec![TENANT];
    }
    let wants = |meant: fn(State) -> bool| {
        filter.states.is_empty() || filter.states.iter().any(|state| meant(*state))
    };
    let only = |meant: fn(State) -> bool, among: fn(State) -> bool| {
        let mut named = filter.states.iter().filter(|state| among(**state));
        !filter.states.is_empty() && named.all(|state| meant(*state))
    };
    let mut sources = Vec::new();
    if wants(|state| !state.is_final()) {
        let held = only(State::is_leased, |state| !state.is_final()) || filter.worker.is_some();
        sources.push(if held { LEASED } else { LIVE });
    }
    if wants(State::is_final) && filter.due_before.is_none() && !filter.overdue {
        sources.push(if only(kept, State::is_final) {
            FAILED
        } else {
            DONE
        });
    }
    sources
}

/// The stream whose head is the newest task.
fn newest(streams: &[Rows<'_>]) -> Result<Option<(usize, i64)>> {
    let mut newest = None;
    for (at, rows) in streams.iter().enumerate() {
        if let Some(row) = rows.get() {
            let sequence: i64 = row.get(0)?;
            if newest.is_none_or(|(_, other)| sequence > other) {
                newest = Some((at, sequence));
            }
        }
    }
    Ok(newest)
}

/// Looks up the names of a filter; `None` if one is unknown, so that no task can match.
fn sieve<'f>(connection: &Connection, filter: &'f Filter) -> Result<Option<Sieve<'f>>> {
    let look_up = |name: &Option<Name>, sql: &str| match name {
        None => Ok(Some(None)),
        Some(name) => connection
            .prepare_cached(sql)?
            .query_row([name.as_str()], |row| row.get::<_, i64>(0))
            .optional()
            .map(|id| id.map(Some)),
    };
    let queue = look_up(&filter.queue, "SELECT id FROM duly_queue WHERE name = ?1")?;
    let kind = look_up(&filter.kind, "SELECT id FROM duly_kind WHERE name = ?1")?;
    let worker = look_up(&filter.worker, "SELECT id FROM duly_name WHERE name = ?1")?;
    let (Some(queue), Some(kind), Some(worker)) = (queue, kind, worker) else {
        return Ok(None);
    };
    Ok(Some(Sieve {
        filter,
        queue,
        kind,
        worker,
    }))
}

impl Sieve<'_> {
    /// Whether a task may match, as far as a row of a stream tells.
    fn lets_through(&self, row: &Row<'_>, now: Timestamp) -> Result<bool> {
        let filter = self.filter;
        let is = |wanted: Option<i64>, at: usize| match wanted {
            None => Ok(true),
            Some(wanted) => {
                Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)? == Some(wanted))
            }
        };
        Ok(is(self.worker, 4)?
            && is(self.queue, 5)?
            && is(self.kind, 6)?
            && self.tenant_may_match(row)?
            && self.state_may_match(row, now)?
            && (!filter.overdue || row::optional_instant(row, 3)?.is_some_and(|at| at <= now))
            && self.submission_may_match(row::instant(row, 7)?)
            && self.label_may_match(row)?)
    }

    /// A task that waits may be due, and count as pending: the record tells.
    fn state_may_match(&self, row: &Row<'_>, now: Timestamp) -> Result<bool> {
        let (state, due_at) = (row::state(row, 1)?, row::instant(row, 2)?);
        let waits = state.is_waiting() && due_at <= now;
        let states = &self.filter.states;
        Ok((states.is_empty() || waits || states.contains(&state))
            && self.filter.due_before.is_none_or(|before| due_at < before))
    }

    fn submission_may_match(&self, at: Timestamp) -> bool {
        let filter = self.filter;
        filter.submitted_from.is_none_or(|from| at >= from)
            && filter.submitted_before.is_none_or(|before| at < before)
    }

    fn tenant_may_match(&self, row: &Row<'_>) -> Result<bool> {
        match &self.filter.tenant {
            None => Ok(true),
            Some(tenant) => Ok(row.get_ref(9)?.as_str_or_null()? == Some(tenant.as_str())),
        }
    }

    fn label_may_match(&self, row: &Row<'_>) -> Result<bool> {
        match &self.filter.label {
            None => Ok(true),
            Some((name, value)) => Ok(row::labels(row, 8)?.get(name) == Some(value)),
        }
    }
}
