//! Housekeeping, in bounded steps; and who leads.

use std::time::Duration;

use duly_core::{Incarnation, State, Timestamp};
use duly_store::bounds::{EVENT_RETENTION, HOUSEKEEPING_MAX, LEAD_MAX};
use duly_store::{Duty, KeepHouse, Kept, Lead, Leadership, Name, StoreError, is_held};
use rusqlite::{OptionalExtension, Result, params};

use crate::book::{self, settings_columns};
use crate::error::Fault;
use crate::live::Trace;
use crate::row;
use crate::term;
use crate::transaction::{NewEvent, Transaction};
use crate::unique::Gone;

/// How long a lane is kept in which nobody is any more.
const LANES_KEPT: Duration = Duration::from_secs(3_600);

pub(crate) const DUE: &str = "SELECT sequence FROM duly_live INDEXED BY duly_live_due
    WHERE state IN (0, 5) AND due_at <= ?1 ORDER BY due_at, sequence LIMIT ?2";
pub(crate) const OVERDUE: &str = "SELECT sequence FROM duly_live INDEXED BY duly_live_expires
    WHERE expires_at <= ?1 AND worker IS NULL ORDER BY expires_at, sequence LIMIT ?2";
const QUEUES: &str = concat!(
    "SELECT name, ",
    settings_columns!(),
    ", id FROM duly_queue ORDER BY name"
);
const MIXED: &str =
    "SELECT name, rekeyed FROM duly_queue WHERE rekeyed IS NOT NULL ORDER BY name LIMIT 1";
const REKEYED: &str = "UPDATE duly_queue SET rekeyed = ?2 WHERE id = ?1";
pub(crate) const UNFINISHED: &str =
    "SELECT sequence FROM duly_live WHERE sequence > ?1 ORDER BY sequence LIMIT ?2";
pub(crate) const STALE: &str = "SELECT sequence, state FROM duly_done INDEXED BY duly_done_kept
    WHERE queue = ?1 AND kept = ?2 AND finished_at <= ?3 ORDER BY finished_at, sequence LIMIT ?4";
pub(crate) const FORGET_TASK: &str =
    "DELETE FROM duly_task WHERE sequence = ?1 RETURNING kind, unique_key, id";
pub(crate) const FORGET_EVENTS: &str = "DELETE FROM duly_event WHERE task = ?1";
pub(crate) const OLD_EVENTS: &str =
    "SELECT sequence, at FROM duly_event ORDER BY sequence LIMIT ?1";
pub(crate) const FORGET_UNTIL: &str = "DELETE FROM duly_event WHERE sequence <= ?1";
const LEADER: &str = "SELECT holder, until FROM duly_leader WHERE name = ?1";
const LEAD: &str = "INSERT INTO duly_leader (name, holder, until) VALUES (?1, ?2, ?3)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until";
const RESIGN: &str = "DELETE FROM duly_leader WHERE name = ?1";

pub(crate) fn keep_house(
    tx: &mut Transaction<'_, '_>,
    request: &KeepHouse,
) -> std::result::Result<Kept, Fault<StoreError>> {
    let limit = request.limit.min(HOUSEKEEPING_MAX) as usize;
    Ok(match request.duty {
        Duty::Promote => promote_due(tx, limit)?,
        Duty::Expire => expire(tx, limit)?,
        Duty::Alert => term::alert(tx, limit)?,
        Duty::Prune => {
            tx.book
                .remove_empty_lanes(tx.connection, (tx.now - LANES_KEPT, tx.now), limit)?;
            prune(tx, limit)?
        }
        Duty::Forget => forget(tx, limit)?,
        Duty::Rekey => rekey(tx, limit)?,
    })
}

/// What a step did that found `found` things to do, one more than it may do at most.
pub(crate) fn step(found: usize, limit: usize) -> Kept {
    Kept {
        count: u32::try_from(found.min(limit)).unwrap_or(u32::MAX),
        more: found > limit,
    }
}

/// One more than `limit` tasks of which a statement tells that their time has come.
pub(crate) fn sequences(tx: &Transaction<'_, '_>, sql: &str, limit: usize) -> Result<Vec<i64>> {
    let mut statement = tx.connection.prepare_cached(sql)?;
    let values = params![tx.now.as_micros(), row_limit(limit)];
    statement.query_map(values, |row| row.get(0))?.collect()
}

/// One more than `limit`, to see whether there is more.
fn row_limit(limit: usize) -> i64 {
    i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
}

/// Moves into line what has become due.
pub(crate) fn promote_due(tx: &mut Transaction<'_, '_>, limit: usize) -> Result<Kept> {
    let due = sequences(tx, DUE, limit)?;
    for sequence in due.iter().take(limit) {
        let Some(live) = tx.live(*sequence)? else {
            continue;
        };
        let mut vitals = live.vitals;
        vitals.promote_due().map_err(row::impossible)?;
        tx.change(&live, &vitals, &Trace::default())?;
        let queue = tx.book.lane(live.lane).queue;
        tx.hint(queue);
        tx.size += 1;
    }
    Ok(step(due.len(), limit))
}

/// Looks at some tasks of a queue whose order was changed, by sequence, and moves those that stand in line to
/// where it has them.
fn rekey(tx: &mut Transaction<'_, '_>, limit: usize) -> Result<Kept> {
    let Some((name, after)) = mixed(tx)? else {
        return Ok(Kept::default());
    };
    if limit == 0 {
        return Ok(step(1, 0));
    }
    let queue = tx.book.make_queue(tx.connection, &name)?;
    let values = params![after, i64::try_from(limit).unwrap_or(i64::MAX)];
    let mut statement = tx.connection.prepare_cached(UNFINISHED)?;
    let step = statement.query_map(values, |row| row.get(0))?;
    let step: Vec<i64> = step.collect::<Result<_>>()?;
    let mut count = 0;
    for sequence in &step {
        let Some(live) = tx.live(*sequence)? else {
            continue;
        };
        if live.vitals.state == State::Pending && tx.book.lane(live.lane).queue == queue {
            tx.change(&live, &live.vitals, &Trace::default())?;
            tx.size += 1;
            count += 1;
        }
    }
    let until = step.last().filter(|_| step.len() == limit);
    let id = tx.book.queue(queue).id;
    tx.connection
        .prepare_cached(REKEYED)?
        .execute(params![id, until])?;
    Ok(Kept {
        count,
        more: mixed(tx)?.is_some(),
    })
}

/// The first queue whose order was changed while tasks stood in line, and how far they have been moved.
fn mixed(tx: &Transaction<'_, '_>) -> Result<Option<(Name, i64)>> {
    tx.connection
        .prepare_cached(MIXED)?
        .query_row([], |row| Ok((row::name(row, 0)?, row.get(1)?)))
        .optional()
}

/// Ends what waits beyond a deadline.
pub(crate) fn expire(tx: &mut Transaction<'_, '_>, limit: usize) -> Result<Kept> {
    let overdue = sequences(tx, OVERDUE, limit)?;
    for sequence in overdue.iter().take(limit) {
        let Some(live) = tx.live(*sequence)? else {
            continue;
        };
        let mut vitals = live.vitals;
        let event = vitals.expire().map_err(row::impossible)?;
        tx.change(&live, &vitals, &Trace::default())?;
        let queue = tx.book.lane(live.lane).queue;
        tx.event(queue, NewEvent::new(*sequence, event, vitals.attempt))?;
    }
    Ok(step(overdue.len(), limit))
}

/// Removes finished tasks that were kept long enough, with their events; then forgets unique keys whose
/// period is over.
fn prune(tx: &mut Transaction<'_, '_>, limit: usize) -> Result<Kept> {
    tx.flush_events()?;
    let mut left = row_limit(limit);
    let mut found = 0;
    for (name, retentions) in retentions(tx)? {
        for (dead, retention) in [false, true].into_iter().zip(retentions) {
            let stale = stale(tx, &name, dead, retention, left)?;
            for (sequence, state) in &stale {
                if found < limit {
                    remove(tx, &name, *sequence, *state)?;
                }
                found += 1;
            }
            left -= i64::try_from(stale.len()).unwrap_or(left);
            if left == 0 {
                return Ok(step(found, limit));
            }
        }
    }
    found += tx.forget_lapsed(limit.saturating_sub(found), left)?;
    Ok(step(found, limit))
}

fn retentions(tx: &Transaction<'_, '_>) -> Result<Vec<(Name, [Duration; 2])>> {
    let mut statement = tx.connection.prepare_cached(QUEUES)?;
    let rows = statement.query_map([], |row| {
        let settings = book::settings(row, 1)?;
        let retentions = [settings.retention_completed, settings.retention_failed];
        Ok((row::name(row, 0)?, retentions))
    })?;
    rows.collect()
}

fn stale(
    tx: &mut Transaction<'_, '_>,
    queue: &Name,
    dead: bool,
    retention: Duration,
    limit: i64,
) -> Result<Vec<(i64, State)>> {
    let slot = tx.book.make_queue(tx.connection, queue)?;
    // What would be kept beyond the end of time is never stale.
    if Timestamp::MIN + retention > tx.now {
        return Ok(Vec::new());
    }
    let until = (tx.now - retention).as_micros();
    let mut statement = tx.connection.prepare_cached(STALE)?;
    let values = params![tx.book.queue(slot).id, dead, until, limit];
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, row::state(row, 1)?)))?;
    rows.collect()
}

/// Removes a finished task with its events, all of which must have reached their table.
pub(crate) fn remove(
    tx: &mut Transaction<'_, '_>,
    queue: &Name,
    sequence: i64,
    state: State,
) -> Result<()> {
    for sql in [crate::done::FORGET, term::FORGET, FORGET_EVENTS] {
        tx.connection.prepare_cached(sql)?.execute([sequence])?;
    }
    let mut forget = tx.connection.prepare_cached(FORGET_TASK)?;
    let gone = forget.query_row([sequence], |row| {
        Ok(Gone {
            kind: row.get(0)?,
            key: row.get(1)?,
            id: row::task_id(row, 2)?,
        })
    })?;
    tx.outlive(&gone, sequence, state)?;
    let slot = tx.book.make_queue(tx.connection, queue)?;
    tx.count(slot, state, -1);
    tx.size += 1;
    Ok(())
}

/// Removes events that are older than events are kept, as far as they lead the feed.
fn forget(tx: &mut Transaction<'_, '_>, limit: usize) -> Result<Kept> {
    tx.flush_events()?;
    let until = tx.now - EVENT_RETENTION;
    let mut statement = tx.connection.prepare_cached(OLD_EVENTS)?;
    let rows = statement.query_map([row_limit(limit)], |row| {
        Ok((row.get::<_, i64>(0)?, row::instant(row, 1)?))
    })?;
    let oldest: Vec<(i64, Timestamp)> = rows.collect::<Result<_>>()?;
    let old: Vec<i64> = oldest
        .into_iter()
        .take_while(|(_, at)| *at <= until)
        .map(|(sequence, _)| sequence)
        .collect();
    if let Some(last) = old.iter().take(limit).next_back() {
        tx.connection
            .prepare_cached(FORGET_UNTIL)?
            .execute([last])?;
    }
    tx.size += old.len();
    Ok(step(old.len(), limit))
}

pub(crate) fn lead(
    tx: &mut Transaction<'_, '_>,
    request: &Lead,
) -> std::result::Result<Leadership, Fault<StoreError>> {
    let name = request.name.as_str();
    let leader = tx
        .connection
        .prepare_cached(LEADER)?
        .query_row([name], |row| {
            let holder = Incarnation::from_bytes(row::id_bytes(row, 0)?);
            Ok((holder, row::instant(row, 1)?))
        })
        .optional()?;
    if let Some((holder, until)) = leader
        && holder != request.holder
        && is_held(until, tx.now)
    {
        return Ok(Leadership {
            leads: false,
            until,
        });
    }
    if request.ttl.is_zero() {
        if leader.is_some() {
            tx.connection.prepare_cached(RESIGN)?.execute([name])?;
        }
        return Ok(Leadership {
            leads: false,
            until: tx.now,
        });
    }
    let until = tx.now + request.ttl.min(LEAD_MAX);
    let values = params![name, request.holder.as_bytes(), until.as_micros()];
    tx.connection.prepare_cached(LEAD)?.execute(values)?;
    Ok(Leadership { leads: true, until })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::kept;

    #[test]
    fn the_dead_letters_are_those_of_the_retention() {
        let settings = duly_store::QueueSettings {
            retention_completed: std::time::Duration::from_secs(1),
            retention_failed: std::time::Duration::from_secs(2),
            ..duly_store::QueueSettings::default()
        };
        for state in State::ALL.into_iter().filter(|state| state.is_final()) {
            let failed = settings.retention(state) == settings.retention_failed;
            assert_eq!(kept(state), failed, "{state}");
        }
    }
}
