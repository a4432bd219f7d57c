//! Claiming work, and beginning what was prefetched. Of which lane the head is next, core's dispatch says; here
//! lanes are stepped through, so that a claim visits no more than it hands out, and one more a lane.

use std::collections::{HashMap, HashSet};

use duly_core::bounds::{CLAIM_MAX, EXPIRE_MAX, PROMOTE_MAX};
use duly_core::dispatch::{ClaimSpec, KindId};
use duly_core::{AttemptRef, EventKind, OrderKey, Timestamp, Vitals};
use duly_store::{Claim, ClaimError, Claimed, Lease, validate};
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{OptionalExtension, Result, Row, Rows, Statement, params};

use crate::book::{LaneSlot, QueueSlot, Worker, kind_id};
use crate::error::Fault;
use crate::house;
use crate::pens::Pen;
use crate::row::{self, VITALS_WIDTH, vitals_columns};
use crate::transaction::{NewEvent, Transaction};
use crate::unique::Keyed;

pub(crate) const LANE: &str = concat!(
    "SELECT ",
    vitals_columns!("s.finish_by"),
    ", s.sequence, s.class, s.rank, t.id, t.encoding, t.version, t.key_id, t.payload, t.submitted_at,
      t.timeout, t.retry, t.labels, s.keyed
    FROM duly_live AS s INDEXED BY duly_live_ready
    CROSS JOIN duly_task AS t ON t.sequence = s.sequence
    WHERE s.lane = ?1 AND s.state = 2
    ORDER BY s.class, s.rank, s.sequence"
);
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

/// A task that a claim is going to take.
struct Chosen {
    sequence: i64,
    queue: QueueSlot,
    vitals: Vitals,
    keyed: Keyed,
    lease: Lease,
}

/// A lane that is being stepped through.
struct Cursor<'s> {
    lane: LaneSlot,
    rows: Rows<'s>,
}

impl Cursor<'_> {
    /// The key of the task that it has come to.
    fn key(&self) -> Result<Option<OrderKey>> {
        let Some(row) = self.rows.get() else {
            return Ok(None);
        };
        Ok(Some(OrderKey {
            sequence: row.get(VITALS_WIDTH)?,
            class: row::number(row, VITALS_WIDTH + 1)?,
            rank: row.get(VITALS_WIDTH + 2)?,
        }))
    }
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
    tx.book.dispatch.begin(&spec, tx.now, &mut tx.book.round);
    look(tx)?;
    let total = spec.run.saturating_add(spec.prefetch).min(CLAIM_MAX);
    let standing: usize = (asked.queues.iter())
        .map(|queue| tx.book.dispatch.standing(*queue))
        .sum();
    let mut steps = tx.pens.lane_steps(total.min(standing))?;
    let chosen = pick(tx, &mut steps, worker);
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
        let head = statement.query_row([id], |row| {
            Ok(OrderKey {
                class: row::number(row, 0)?,
                rank: row.get(1)?,
                sequence: row.get(2)?,
            })
        });
        tx.book.dispatch.set_head(lane, head.optional()?);
    }
    Ok(())
}

/// Picks one head after the other.
fn pick(
    tx: &mut Transaction<'_, '_>,
    steps: &mut [Statement<'_>],
    worker: &Worker,
) -> Result<Vec<Chosen>> {
    let mut chosen = Vec::new();
    let mut cursors: Vec<Cursor<'_>> = Vec::new();
    let mut places: HashMap<LaneSlot, usize> = HashMap::new();
    let mut steps = steps.iter_mut();
    while let Some(pick) = tx.book.next() {
        let lane = pick.lane;
        let recent = cursors.last().filter(|cursor| cursor.lane == lane);
        let place = match (recent, places.get(&lane)) {
            (Some(_), _) => cursors.len() - 1,
            (None, Some(place)) => *place,
            (None, None) => {
                let Some(step) = steps.next() else { break };
                let mut rows = step.query([tx.book.lane_id(lane)?])?;
                rows.advance()?;
                tx.book.tell_lane(lane);
                places.insert(lane, cursors.len());
                cursors.push(Cursor { lane, rows });
                cursors.len() - 1
            }
        };
        let cursor = &mut cursors[place];
        if let Some(row) = cursor.rows.get() {
            chosen.push(choice(tx, row, lane)?);
            tx.book.take(&pick);
            tx.book.lease_lane(lane, worker.id);
            cursor.rows.advance()?;
        } else {
            debug_assert!(false, "a lane that is picked has a head");
        }
        let next = cursor.key()?;
        tx.book.dispatch.set_head(lane, next);
    }
    Ok(chosen)
}

fn choice(tx: &Transaction<'_, '_>, row: &Row<'_>, lane: LaneSlot) -> Result<Chosen> {
    let queue = tx.book.lane(lane).queue;
    let vitals = row::vitals(row, 0)?;
    let at = |column| VITALS_WIDTH + column;
    let lease = Lease {
        attempt: AttemptRef {
            task: row::task_id(row, at(3))?,
            attempt: vitals.attempt,
        },
        started: false,
        kind: tx.book.kind_name(tx.book.lane(lane).kind),
        queue: tx.book.queue(queue).name.clone(),
        payload: row::payload(row, at(4))?,
        priority: vitals.priority,
        spent: vitals.spent,
        lost: vitals.lost,
        retry: row::retry(row, at(10))?,
        timeout: row::optional_duration(row, at(9))?,
        deadline: vitals.deadlines.start(),
        finish_by: vitals.deadlines.finish(),
        due_at: vitals.due_at,
        submitted_at: row::instant(row, at(8))?,
        labels: row::labels(row, at(11))?,
    };
    Ok(Chosen {
        sequence: row.get(at(0))?,
        queue,
        vitals,
        keyed: Keyed::read(row, at(12))?,
        lease,
    })
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
