//! The tasks that a claim takes. Of which lane the head is next, core's dispatch says; here lanes are stepped
//! through, so that a claim visits no more than it hands out, and one more a lane.

use std::collections::VecDeque;

use duly_core::dispatch::Head;
use duly_core::{AttemptRef, OrderKey, Vitals};
use duly_store::Lease;
use hashbrown::HashMap;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{Result, Row, Rows, Statement, params};

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
/// The head of a lane, whose key is known, and with it the key of the next one.
pub(crate) const FIRST: &str = concat!(
    "SELECT ",
    chosen_columns!(),
    ", n.class, n.rank, n.sequence
    FROM duly_live AS s CROSS JOIN duly_task AS t ON t.sequence = s.sequence
    LEFT JOIN duly_live AS n INDEXED BY duly_live_ready
        ON n.lane = ?1 AND n.state = 2 AND (n.class, n.rank, n.sequence) > (?2, ?3, ?4)
    WHERE s.sequence = ?4 AND s.state = 2 AND s.lane = ?1
    ORDER BY n.class, n.rank, n.sequence LIMIT 1"
);
pub(crate) const ALONE: &str = concat!(
    "SELECT ",
    chosen_columns!(),
    " FROM duly_live AS s CROSS JOIN duly_task AS t ON t.sequence = s.sequence
    WHERE s.sequence = ?1 AND s.state = 2 AND s.lane = ?2"
);
pub(crate) const AHEAD: &str =
    "SELECT class, rank, sequence FROM duly_live INDEXED BY duly_live_ready
    WHERE lane = ?1 AND state = 2 ORDER BY class, rank, sequence LIMIT ?2 OFFSET ?2";
/// How many columns [`choice`] reads.
const CHOSEN_WIDTH: usize = VITALS_WIDTH + 13;

/// A task that a claim is going to take.
pub(crate) struct Chosen {
    pub(crate) sequence: i64,
    pub(crate) queue: QueueSlot,
    pub(crate) vitals: Vitals,
    pub(crate) keyed: Keyed,
    pub(crate) lease: Lease,
}

/// What a step through a lane comes to: a task, and the key of the next one.
type Step = (Option<Chosen>, Option<OrderKey>);

/// A lane that is being stepped through.
struct Cursor<'s> {
    lane: LaneSlot,
    rows: Rows<'s>,
}

impl<'s> Cursor<'s> {
    /// Behind those that were taken.
    fn new(
        book: &Book,
        lane: LaneSlot,
        taken: u32,
        statement: &'s mut Statement<'_>,
    ) -> Result<Self> {
        let mut rows = statement.query([book.lane_id(lane)?])?;
        for _ in 0..=taken {
            rows.advance()?;
        }
        Ok(Self { lane, rows })
    }

    /// The task that it has come to; it goes on to the next, and says which key that has.
    fn step(&mut self, book: &Book) -> Result<Step> {
        let row = self.rows.get();
        let chosen = row.map(|row| choice(book, row, self.lane)).transpose()?;
        self.rows.advance()?;
        let next = self.rows.get().map(|row| key(row, VITALS_WIDTH));
        Ok((chosen, next.transpose()?))
    }
}

/// A lane of which each task is looked up by itself, and the keys that follow.
struct Queried {
    lane: LaneSlot,
    /// How many were taken.
    taken: u32,
    /// The keys of the next ones, as far as they were read.
    ahead: VecDeque<OrderKey>,
    /// Nobody stands behind those.
    ends: bool,
}

impl Queried {
    /// Behind those that were taken.
    const fn new(lane: LaneSlot, taken: u32) -> Self {
        Self {
            lane,
            taken,
            ahead: VecDeque::new(),
            ends: false,
        }
    }

    /// The task at the head of the lane, and the key of the next one.
    fn step(&mut self, tx: &mut Transaction<'_, '_>) -> Result<Step> {
        let Head::Known(head) = tx.book.dispatch.head(self.lane) else {
            return Ok((None, None));
        };
        let place = [head.sequence, tx.book.lane_id(self.lane)?];
        let mut rows = tx.pens.take_up(Pen::Alone)?.query(place)?;
        let row = rows.next()?;
        let chosen = row.map(|row| choice(tx.book, row, self.lane)).transpose()?;
        drop(rows);
        self.taken += 1;
        if self.ahead.is_empty() && !self.ends {
            self.read_ahead(tx)?;
        }
        Ok((chosen, self.ahead.pop_front()))
    }

    /// Reads as many keys as were taken, which still stand in the index and are passed: so each is passed
    /// twice at most.
    fn read_ahead(&mut self, tx: &mut Transaction<'_, '_>) -> Result<()> {
        let id = tx.book.lane_id(self.lane)?;
        let mut rows = tx
            .pens
            .take_up(Pen::Ahead)?
            .query(params![id, self.taken])?;
        while let Some(row) = rows.next()? {
            self.ahead.push_back(key(row, 0)?);
        }
        self.ends = self.ahead.len() < self.taken as usize;
        Ok(())
    }
}

/// A lane from which a claim takes more than one task.
enum Source<'s> {
    Stepped(Cursor<'s>),
    Queried(Queried),
}

impl<'s> Source<'s> {
    /// A lane of which some were taken; it is stepped through by a statement, if there is one for it.
    fn new(
        book: &Book,
        lane: LaneSlot,
        taken: u32,
        step: Option<&'s mut Statement<'_>>,
    ) -> Result<Self> {
        Ok(match step {
            Some(step) => Self::Stepped(Cursor::new(book, lane, taken, step)?),
            None => Self::Queried(Queried::new(lane, taken)),
        })
    }

    fn step(&mut self, tx: &mut Transaction<'_, '_>) -> Result<Step> {
        match self {
            Self::Stepped(cursor) => cursor.step(tx.book),
            Self::Queried(queried) => queried.step(tx),
        }
    }
}

/// Picks one head after the other. As many lanes as there are `steps` are stepped through, and no more: SQLite
/// goes through all open cursors whenever it opens one. If there are `many` lanes, a claim takes one task of
/// most of them, which is looked up by itself: a lane is stepped through from its second.
pub(crate) fn pick(
    tx: &mut Transaction<'_, '_>,
    steps: &mut [Statement<'_>],
    many: bool,
    worker: &Worker,
) -> Result<Vec<Chosen>> {
    let mut all = Vec::new();
    // Of a lane of which the first task was looked up by itself there is none yet.
    let mut sources: Vec<Option<Source<'_>>> = Vec::new();
    let mut places: HashMap<LaneSlot, usize> = HashMap::new();
    let mut recent = None;
    let mut steps = steps.iter_mut();
    while let Some(pick) = tx.book.next() {
        let lane = pick.lane;
        let place = match recent {
            Some((before, place)) if before == lane => place,
            _ => *places.entry(lane).or_insert(sources.len()),
        };
        recent = Some((lane, place));
        let (chosen, next) = match sources.get_mut(place) {
            None => {
                tx.book.tell_lane(lane);
                if many {
                    sources.push(None);
                    first(tx, lane)?
                } else {
                    let mut source = Source::new(tx.book, lane, 0, steps.next())?;
                    let step = source.step(tx)?;
                    sources.push(Some(source));
                    step
                }
            }
            Some(Some(source)) => source.step(tx)?,
            Some(source) => {
                let further = Source::new(tx.book, lane, 1, steps.next())?;
                source.insert(further).step(tx)?
            }
        };
        let Some(chosen) = chosen else {
            debug_assert!(false, "a lane that is picked has a head");
            tx.book.dispatch.forget_head(lane);
            continue;
        };
        all.push(chosen);
        tx.book.take(&pick);
        tx.book.lease_lane(lane, worker.id);
        tx.book.dispatch.set_head(lane, next);
    }
    Ok(all)
}

/// The task at the head of a lane, and the key of the next one.
fn first(tx: &mut Transaction<'_, '_>, lane: LaneSlot) -> Result<Step> {
    let Head::Known(head) = tx.book.dispatch.head(lane) else {
        return Ok((None, None));
    };
    let id = tx.book.lane_id(lane)?;
    let place = params![id, head.class, head.rank, head.sequence];
    let mut rows = tx.pens.take_up(Pen::First)?.query(place)?;
    let Some(row) = rows.next()? else {
        return Ok((None, None));
    };
    let chosen = choice(tx.book, row, lane)?;
    let follows = row.get::<_, Option<u8>>(CHOSEN_WIDTH)?.is_some();
    let next = follows.then(|| key(row, CHOSEN_WIDTH)).transpose()?;
    Ok((Some(chosen), next))
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
