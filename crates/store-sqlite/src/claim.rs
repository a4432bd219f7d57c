//! Claiming work: what a worker asks for is chosen, and leased to it.

use std::collections::HashSet;

use duly_core::bounds::{CLAIM_MAX, EXPIRE_MAX, PROMOTE_MAX};
use duly_core::dispatch::{ClaimSpec, KindId};
use duly_core::{AttemptRef, EventKind, Timestamp};
use duly_store::{Claim, ClaimError, Claimed, Lease, validate};
use rusqlite::{OptionalExtension, Result, params};

use crate::book::{QueueSlot, Worker, kind_id};
use crate::error::Fault;
use crate::house;
use crate::pens::{LANE_STEPS_MAX, Pen};
use crate::pick::{self, Chosen, pick};
use crate::row;
use crate::transaction::{NewEvent, Transaction};
use crate::unique::Keyed;

pub(crate) const HEAD: &str =
    "SELECT class, rank, sequence FROM duly_live INDEXED BY duly_live_ready
    WHERE lane = ?1 AND state = 2 ORDER BY class, rank, sequence LIMIT 1";
pub(crate) const TAKE: &str = "UPDATE duly_live
    SET state = ?2, attempt = ?3, spent = ?4, worker = ?5, started_at = coalesce(?6, started_at),
        progress_fraction = NULL, progress_text = NULL
    WHERE sequence = ?1";
pub(crate) const NEXT_DUE: &str = "SELECT due_at FROM duly_live INDEXED BY duly_live_due
    WHERE state IN (0, 5) ORDER BY due_at LIMIT 1";

pub(crate) fn claim(
    tx: &mut Transaction<'_, '_>,
    request: &Claim,
) -> std::result::Result<Claimed, Fault<ClaimError>> {
    validate::claim(request).map_err(|refused| Fault::Refused(refused.into()))?;
    let worker = tx.book.worker(tx.connection, request.incarnation)?;
    let worker = worker
        .filter(|worker| !worker.lapsed)
        .ok_or(Fault::Refused(ClaimError::WorkerNotFound))?;
    let now = tx.now;
    let promoted = house::promote_due(tx, PROMOTE_MAX)?;
    if house::expire(tx, EXPIRE_MAX)?.more {
        return Ok(Claimed {
            leases: Vec::new(),
            next_at: Some(now),
            at: now,
        });
    }
    let (chosen, gave_up) = choose(tx, request, &worker)?;
    let leases = take(tx, chosen, request.run, &worker)?;
    let next_at = if promoted.more || gave_up {
        Some(now)
    } else {
        let opens = tx.book.dispatch.next_open();
        next_due(tx)?.into_iter().chain(opens).min()
    };
    Ok(Claimed {
        leases,
        next_at,
        at: now,
    })
}

fn next_due(tx: &Transaction<'_, '_>) -> Result<Option<Timestamp>> {
    tx.connection
        .prepare_cached(NEXT_DUE)?
        .query_row([], |row| row::instant(row, 0))
        .optional()
}

/// What a claim asks for, by the numbers that dispatch knows.
#[derive(Default)]
struct Asked {
    queues: Vec<QueueSlot>,
    weights: Vec<u32>,
    kinds: Vec<KindId>,
}

/// Chooses the most urgent pending tasks that the worker may take; and whether it stopped looking early.
fn choose(
    tx: &mut Transaction<'_, '_>,
    request: &Claim,
    worker: &Worker,
) -> Result<(Vec<Chosen>, bool)> {
    tx.book.know_limits(tx.connection, tx.now)?;
    tx.book.know_leases(tx.connection)?;
    let asked = asked(tx, request)?;
    let turns = match asked.weights.is_empty() {
        true => asked.queues.len().max(1),
        false => usize::MAX,
    };
    let spec = ClaimSpec {
        queues: &asked.queues,
        weights: &asked.weights,
        kinds: &asked.kinds,
        run: request.run as usize,
        prefetch: request.prefetch as usize,
        suspect: request.suspect,
        turn: request.turn as usize % turns,
    };
    tx.book.cut_rates(tx.now);
    tx.book.dispatch.begin(&spec, tx.now, &mut tx.book.round);
    look(tx)?;
    let total = spec.run.saturating_add(spec.prefetch).min(CLAIM_MAX);
    let standing: usize = (asked.queues.iter())
        .map(|queue| tx.book.dispatch.standing(*queue))
        .sum();
    let mut steps = tx
        .pens
        .lane_steps(total.min(standing).min(LANE_STEPS_MAX))?;
    let many = standing > LANE_STEPS_MAX;
    let chosen = pick(tx, &mut steps, many, worker);
    tx.pens.keep_lane_steps(steps);
    Ok((chosen?, tx.book.round.gave_up()))
}

/// The queues and kinds that a claim names, each once; without kinds that are paused. A queue that nobody
/// has made has no tasks, but its place in the turns.
fn asked(tx: &mut Transaction<'_, '_>, request: &Claim) -> Result<Asked> {
    let mut asked = Asked::default();
    let mut seen = HashSet::new();
    for (at, name) in request.queues.iter().enumerate() {
        if !seen.insert(name) {
            continue;
        }
        let queue = tx.book.queue_slot(tx.connection, name)?;
        if let Some(queue) = queue {
            tx.book.know_standing(tx.connection, queue)?;
        }
        let queue = queue.unwrap_or_else(|| tx.book.no_queue());
        asked.queues.push(queue);
        asked.weights.extend(request.weights.get(at));
    }
    let mut seen = HashSet::new();
    for name in request.kinds.iter().filter(|name| seen.insert(*name)) {
        let Some(kind) = tx.book.known_kind(name) else {
            continue;
        };
        if !tx.book.kind_settings(tx.connection, kind)?.paused {
            asked.kinds.push(kind_id(kind));
        }
    }
    Ok(asked)
}

/// Looks at the heads that matter and are not known.
fn look(tx: &mut Transaction<'_, '_>) -> Result<()> {
    let unknown = tx.book.round.take_unknown();
    let mut statement = tx.connection.prepare_cached(HEAD)?;
    for lane in unknown {
        let id = tx.book.lane_id(lane)?;
        let head = statement.query_row([id], |row| pick::key(row, 0));
        tx.book.dispatch.set_head(lane, head.optional()?);
    }
    Ok(())
}

/// Leases what was chosen; the first `run` begin at once.
fn take(
    tx: &mut Transaction<'_, '_>,
    chosen: Vec<Chosen>,
    run: u32,
    worker: &Worker,
) -> Result<Vec<Lease>> {
    let mut leases = Vec::with_capacity(chosen.len());
    for (place, task) in chosen.into_iter().enumerate() {
        let start = place < run as usize;
        let mut vitals = task.vitals;
        vitals.lease(start).map_err(row::impossible)?;
        tx.pens.take_up(Pen::Take)?.execute(params![
            task.sequence,
            vitals.state.code(),
            vitals.attempt,
            vitals.spent,
            worker.id,
            start.then_some(tx.now.as_micros()),
        ])?;
        if task.keyed == Keyed::Waiting {
            tx.free_key(task.sequence)?;
        }
        tx.count_move(task.queue, task.vitals.state, vitals.state);
        tx.book.keep_lease(task.lease.attempt.task, task.sequence);
        if start {
            let event = NewEvent {
                worker: Some(worker.name_id),
                ..NewEvent::new(task.sequence, EventKind::Started, vitals.attempt)
            };
            tx.event(task.queue, event)?;
        }
        leases.push(Lease {
            attempt: AttemptRef {
                attempt: vitals.attempt,
                ..task.lease.attempt
            },
            started: start,
            spent: vitals.spent,
            ..task.lease
        });
    }
    Ok(leases)
}

#[cfg(test)]
mod tests {
    use duly_core::State;

    #[test]
    fn the_statements_name_the_states_that_core_means() {
        assert_eq!(State::Pending.code(), 2);
        let waiting: Vec<u8> = State::ALL
            .into_iter()
            .filter(|state| state.is_waiting())
            .map(State::code)
            .collect();
        assert_eq!(waiting, [0, 5]);
    }
}
