//! Claiming work, and beginning what was prefetched. Which task is next is found by stepping through
//! the open lanes of a worker in step, so that a claim visits no more than it hands out and one head
//! a lane.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use duly_core::bounds::{CLAIM_MAX, EXPIRE_MAX, PROMOTE_MAX};
use duly_core::{AttemptRef, EventKind, OrderKey, Priority, Timestamp, Vitals};
use duly_store::{
    Claim, ClaimError, Claimed, Lease, Name, Promote, Promoted, SettleError, StoreError, validate,
};
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{OptionalExtension, Result, Row, Rows, Statement, params};

use crate::book::{LaneSlot, QueueSlot, Worker};
use crate::error::Fault;
use crate::house;
use crate::live::Trace;
use crate::pens::{LANE_STEPS_MAX, Pen};
use crate::row::{self, VITALS_WIDTH, vitals_columns};
use crate::settle::fence;
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
pub(crate) const BEGIN: &str = "UPDATE duly_live
    SET started_at = ?2, progress_fraction = NULL, progress_text = NULL WHERE sequence = ?1";
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
    let chosen = choose(tx, request)?;
    let leases = take(tx, chosen, request.run, &worker)?;
    let next_at = if promoted.more {
        Some(now)
    } else {
        next_due(tx)?
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

/// An open lane, being stepped through.
struct Cursor<'s> {
    rows: Rows<'s>,
    queue: QueueSlot,
    lane: LaneSlot,
    suspect: bool,
}

impl Cursor<'_> {
    /// The key and the priority of its head.
    fn head(&self) -> Result<Option<(OrderKey, Priority)>> {
        let Some(row) = self.rows.get() else {
            return Ok(None);
        };
        let key = OrderKey {
            sequence: row.get(VITALS_WIDTH)?,
            class: row::number(row, VITALS_WIDTH + 1)?,
            rank: row.get(VITALS_WIDTH + 2)?,
        };
        Ok(Some((key, row::priority(row, 1)?)))
    }
}

/// The open lanes of one queue by their heads: key, priority, which cursor.
type Heads = BinaryHeap<Reverse<(OrderKey, Priority, usize)>>;

/// Chooses the most urgent pending tasks that the worker may take.
fn choose(tx: &mut Transaction<'_, '_>, request: &Claim) -> Result<Vec<Chosen>> {
    let run = (request.run as usize).min(CLAIM_MAX);
    let total = run.saturating_add(request.prefetch as usize).min(CLAIM_MAX);
    let mut queues = open_lanes(tx, request)?;
    if queues.iter().map(Vec::len).sum::<usize>() > LANE_STEPS_MAX {
        for lanes in &mut queues {
            narrow(tx, lanes, total)?;
        }
    }
    let lanes: usize = queues.iter().map(Vec::len).sum();
    if total == 0 || lanes == 0 {
        return Ok(Vec::new());
    }
    let mut steps = tx.pens.lane_steps(lanes)?;
    let chosen = merge(tx, request, &queues, &mut steps, (run, total));
    tx.pens.keep_lane_steps(steps);
    chosen
}

/// The open lanes, by queue in the order of the request; those that are certainly empty are left out.
fn open_lanes(tx: &mut Transaction<'_, '_>, request: &Claim) -> Result<Vec<Vec<LaneSlot>>> {
    let mut seen = HashSet::new();
    let queues = request.queues.iter().filter(|name| seen.insert(*name));
    let mut open = Vec::new();
    for name in queues {
        let queue = tx.book.queue_slot(tx.connection, name)?;
        let queue = queue.filter(|queue| !tx.book.queue(*queue).settings.paused);
        open.push(match queue {
            Some(queue) => lanes_of(tx, queue, &request.kinds, request.suspect)?,
            None => Vec::new(),
        });
    }
    Ok(open)
}

fn lanes_of(
    tx: &mut Transaction<'_, '_>,
    queue: QueueSlot,
    kinds: &[Name],
    suspect: bool,
) -> Result<Vec<LaneSlot>> {
    let mut lanes = Vec::new();
    for name in kinds {
        let Some(kind) = tx.book.known_kind(name) else {
            continue;
        };
        if tx.book.kind_settings(tx.connection, kind)?.paused {
            continue;
        }
        for suspect in [false, true].into_iter().take(1 + usize::from(suspect)) {
            let lane = tx.book.lane_slot(queue, kind, suspect);
            lanes.extend(lane.filter(|lane| tx.book.lane(*lane).may_hold));
        }
    }
    lanes.sort_unstable();
    lanes.dedup();
    Ok(lanes)
}

/// Leaves of the lanes of one queue those that a claim of `total` tasks may come to: so many with the
/// least heads, and one of suspects. Stepping through a lane costs far more than looking at its head.
fn narrow(tx: &mut Transaction<'_, '_>, lanes: &mut Vec<LaneSlot>, total: usize) -> Result<()> {
    let mut heads = [Vec::new(), Vec::new()];
    let mut statement = tx.connection.prepare_cached(HEAD)?;
    for slot in lanes.drain(..) {
        let lane = *tx.book.lane(slot);
        let head = statement.query_row([lane.id], |row| {
            Ok(OrderKey {
                class: row::number(row, 0)?,
                rank: row.get(1)?,
                sequence: row.get(2)?,
            })
        });
        match head.optional()? {
            Some(key) => heads[usize::from(lane.suspect)].push((key, slot)),
            None => tx.book.lane_mut(slot).may_hold = false,
        }
    }
    for (heads, most) in heads.iter_mut().zip([total, 1]) {
        heads.sort_unstable();
        lanes.extend(heads.iter().take(most).map(|(_, slot)| *slot));
    }
    Ok(())
}

fn merge(
    tx: &mut Transaction<'_, '_>,
    request: &Claim,
    queues: &[Vec<LaneSlot>],
    steps: &mut [Statement<'_>],
    (run, total): (usize, usize),
) -> Result<Vec<Chosen>> {
    let mut cursors = Vec::new();
    let mut steps = steps.iter_mut();
    let mut heads = Vec::with_capacity(queues.len());
    for lanes in queues {
        let mut heap = Heads::new();
        for (lane, step) in lanes.iter().zip(&mut steps) {
            let found = *tx.book.lane(*lane);
            let mut cursor = Cursor {
                rows: step.query([found.id])?,
                queue: found.queue,
                lane: *lane,
                suspect: found.suspect,
            };
            advance(tx, &mut cursor, cursors.len(), &mut heap)?;
            cursors.push(cursor);
        }
        heads.push(heap);
    }
    let mut chosen = Vec::new();
    let mut suspect = request.suspect;
    let mut turn = request.turn as usize;
    while chosen.len() < total {
        let open = suspect && chosen.len() < run;
        let Some(at) = most_urgent(&mut heads, &cursors, turn, open) else {
            break;
        };
        let Some(Reverse((_, _, lane))) = heads[at].pop() else {
            break;
        };
        let cursor = &mut cursors[lane];
        suspect &= !cursor.suspect;
        turn = at + 1;
        let row = cursor
            .rows
            .get()
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        chosen.push(choice(tx, row, cursor.queue, cursor.lane)?);
        advance(tx, cursor, lane, &mut heads[at])?;
    }
    Ok(chosen)
}

/// Steps a lane to its next task; one that has none is known to be empty from the moment on that the
/// claim has taken what it chose.
fn advance(
    tx: &mut Transaction<'_, '_>,
    cursor: &mut Cursor<'_>,
    place: usize,
    heads: &mut Heads,
) -> Result<()> {
    cursor.rows.advance()?;
    match cursor.head()? {
        Some((key, priority)) => heads.push(Reverse((key, priority, place))),
        None => tx.book.lane_mut(cursor.lane).may_hold = false,
    }
    Ok(())
}

/// The queue whose head is the most urgent; in turns among equals. Suspect lanes close for good once a
/// claim may not take from them any more.
fn most_urgent(
    heads: &mut [Heads],
    cursors: &[Cursor<'_>],
    turn: usize,
    suspect: bool,
) -> Option<usize> {
    let count = heads.len();
    let mut best: Option<(Priority, usize)> = None;
    for step in 0..count {
        let at = (turn % count + step) % count;
        let heap = &mut heads[at];
        while !suspect
            && let Some(Reverse((_, _, lane))) = heap.peek()
            && cursors[*lane].suspect
        {
            heap.pop();
        }
        if let Some(Reverse((_, priority, _))) = heap.peek()
            && best.is_none_or(|(urgent, _)| *priority < urgent)
        {
            best = Some((*priority, at));
        }
    }
    best.map(|(_, at)| at)
}

fn choice(
    tx: &Transaction<'_, '_>,
    row: &Row<'_>,
    queue: QueueSlot,
    lane: LaneSlot,
) -> Result<Chosen> {
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

pub(crate) fn promote(
    tx: &mut Transaction<'_, '_>,
    request: &Promote,
) -> std::result::Result<Promoted, Fault<StoreError>> {
    let attempts = match validate::batch("attempts", request.attempts.len()) {
        Err(refused) => vec![Err(refused.into()); request.attempts.len()],
        Ok(()) => {
            let worker = tx.book.worker(tx.connection, request.incarnation)?;
            let begin = |attempt: &AttemptRef| begin(tx, *attempt, worker.as_ref());
            request.attempts.iter().map(begin).collect::<Result<_>>()?
        }
    };
    let at = tx.now;
    Ok(Promoted { attempts, at })
}

fn begin(
    tx: &mut Transaction<'_, '_>,
    attempt: AttemptRef,
    worker: Option<&Worker>,
) -> Result<std::result::Result<(), SettleError>> {
    let (live, worker) = match fence(tx, attempt, worker)? {
        Ok(held) => held,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut vitals = live.vitals;
    if let Err(refused) = vitals.start() {
        return Ok(Err(refused.into()));
    }
    tx.change(&live, &vitals, &Trace::default())?;
    tx.connection
        .prepare_cached(BEGIN)?
        .execute(params![live.sequence, tx.now.as_micros()])?;
    let event = NewEvent {
        worker: Some(worker.name_id),
        ..NewEvent::new(live.sequence, EventKind::Started, vitals.attempt)
    };
    tx.event(tx.book.lane(live.lane).queue, event)?;
    Ok(Ok(()))
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
