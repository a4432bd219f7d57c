//! The tasks that a claim takes. Of which lane the head is next, core's dispatch says; here lanes are stepped
//! through, so that a claim visits no more than it hands out, and one more a lane.

use std::collections::HashMap;

use duly_core::dispatch::Head;
use duly_core::{AttemptRef, OrderKey, Vitals};
use duly_store::Lease;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{OptionalExtension, Result, Row, Rows, Statement, params};

use crate::book::{Book, LaneSlot, QueueSlot, Worker};
use crate::pens::Pen;
use crate::row::{self, VITALS_WIDTH, vitals_columns};
use crate::transaction::Transaction;
use crate::unique::Keyed;

/// The columns that [`choice`] reads, in its order.
macro_rules! chosen_columns {
    () => {
        concat!(
            vitals_columns!("s.finish_by"),
            ", s.class, s.rank, s.sequence, t.id, t.encoding, t.version, t.key_id, t.payload,
            t.submitted_at, t.timeout, t.retry, t.labels, s.keyed"
        )
    };
}

pub(crate) const LANE: &str = concat!(
    "SELECT ",
    chosen_columns!(),
    " FROM duly_live AS s INDEXED BY duly_live_ready
    CROSS JOIN duly_task AS t ON t.sequence = s.sequence
    WHERE s.lane = ?1 AND s.state = 2
    ORDER BY s.class, s.rank, s.sequence"
);
pub(crate) const ALONE: &str = concat!(
    "SELECT ",
    chosen_columns!(),
    " FROM duly_live AS s CROSS JOIN duly_task AS t ON t.sequence = s.sequence
    WHERE s.sequence = ?1 AND s.state = 2"
);
// What is equal in class and rank is found by its sequence, instead of being passed one by one.
pub(crate) const BEHIND: &str =
    "SELECT class, rank, sequence FROM duly_live INDEXED BY duly_live_ready
        WHERE lane = ?1 AND state = 2 AND class = ?2 AND rank = ?3 AND sequence > ?4
    UNION ALL SELECT class, rank, sequence FROM duly_live INDEXED BY duly_live_ready
        WHERE lane = ?1 AND state = 2 AND (class, rank) > (?2, ?3)
    ORDER BY class, rank, sequence LIMIT 1";

/// A task that a claim is going to take.
pub(crate) struct Chosen {
    pub(crate) sequence: i64,
    pub(crate) queue: QueueSlot,
    pub(crate) vitals: Vitals,
    pub(crate) keyed: Keyed,
    pub(crate) lease: Lease,
}

/// A lane that is being stepped through.
struct Cursor<'s> {
    lane: LaneSlot,
    rows: Rows<'s>,
}

impl Cursor<'_> {
    /// The task that it has come to; it goes on to the next, and says which key that has.
    fn step(&mut self, book: &Book) -> Result<(Option<Chosen>, Option<OrderKey>)> {
        let row = self.rows.get();
        let chosen = row.map(|row| choice(book, row, self.lane)).transpose()?;
        self.rows.advance()?;
        let next = self.rows.get().map(|row| key(row, VITALS_WIDTH));
        Ok((chosen, next.transpose()?))
    }
}

/// Picks one head after the other. As many lanes as there are `steps` are stepped through; of others, each task
/// is looked up by itself, for SQLite goes through all cursors whenever it opens one.
pub(crate) fn pick(
    tx: &mut Transaction<'_, '_>,
    steps: &mut [Statement<'_>],
    worker: &Worker,
) -> Result<Vec<Chosen>> {
    let mut all = Vec::new();
    let mut cursors: Vec<Cursor<'_>> = Vec::new();
    let mut places: HashMap<LaneSlot, Option<usize>> = HashMap::new();
    let mut steps = steps.iter_mut();
    while let Some(pick) = tx.book.next() {
        let lane = pick.lane;
        let recent = cursors.last().filter(|cursor| cursor.lane == lane);
        let place = match (recent, places.get(&lane)) {
            (Some(_), _) => Some(cursors.len() - 1),
            (None, Some(place)) => *place,
            (None, None) => {
                tx.book.tell_lane(lane);
                let place = match steps.next() {
                    Some(step) => {
                        let mut rows = step.query([tx.book.lane_id(lane)?])?;
                        rows.advance()?;
                        cursors.push(Cursor { lane, rows });
                        Some(cursors.len() - 1)
                    }
                    None => None,
                };
                places.insert(lane, place);
                place
            }
        };
        let (chosen, next) = match place {
            Some(place) => cursors[place].step(tx.book)?,
            None => alone(tx, lane)?,
        };
        debug_assert!(chosen.is_some(), "a lane that is picked has a head");
        if let Some(chosen) = chosen {
            all.push(chosen);
            tx.book.take(&pick);
            tx.book.lease_lane(lane, worker.id);
        }
        tx.book.dispatch.set_head(lane, next);
    }
    Ok(all)
}

/// The task at the head of a lane, and the key of the next one.
fn alone(
    tx: &mut Transaction<'_, '_>,
    lane: LaneSlot,
) -> Result<(Option<Chosen>, Option<OrderKey>)> {
    let Head::Known(head) = tx.book.dispatch.head(lane) else {
        return Ok((None, None));
    };
    let mut rows = tx.pens.take_up(Pen::Alone)?.query([head.sequence])?;
    let row = rows.next()?;
    let chosen = row.map(|row| choice(tx.book, row, lane)).transpose()?;
    drop(rows);
    let from = params![tx.book.lane_id(lane)?, head.class, head.rank, head.sequence];
    let behind = tx.pens.take_up(Pen::Behind)?;
    let next = behind.query_row(from, |row| key(row, 0)).optional()?;
    Ok((chosen, next))
}

/// A key, from the columns `class, rank, sequence` that begin at `at`.
pub(crate) fn key(row: &Row<'_>, at: usize) -> Result<OrderKey> {
    Ok(OrderKey {
        class: row::number(row, at)?,
        rank: row.get(at + 1)?,
        sequence: row.get(at + 2)?,
    })
}

fn choice(book: &Book, row: &Row<'_>, lane: LaneSlot) -> Result<Chosen> {
    let queue = book.lane(lane).queue;
    let vitals = row::vitals(row, 0)?;
    let at = |column| VITALS_WIDTH + column;
    let lease = Lease {
        attempt: AttemptRef {
            task: row::task_id(row, at(3))?,
            attempt: vitals.attempt,
        },
        started: false,
        kind: book.kind_name(book.lane(lane).kind),
        queue: book.queue(queue).name.clone(),
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
        sequence: row.get(at(2))?,
        queue,
        vitals,
        keyed: Keyed::read(row, at(12))?,
        lease,
    })
}
