//! One transaction of the writer: what operations work on.

use duly_core::{EventKind, Priority, State, TaskId, Timestamp, Vitals};
use duly_store::Name;
use rusqlite::{Connection, OptionalExtension, Result, Statement};

use crate::book::{Book, LaneSlot, Line, QueueSlot, Tenant};
use crate::error::Fault;
use crate::pens::{Owner, Pen, Pens};

/// How many events one statement writes: much of the cost of a row is that of its statement.
const EVENTS_TOGETHER: usize = 16;
/// How many columns an event has.
const EVENT_WIDTH: usize = 9;
pub(crate) const SEQUENCE: &str = "SELECT sequence FROM duly_task WHERE id = ?1";

/// An event to write.
#[derive(Debug)]
pub(crate) struct NewEvent {
    pub(crate) task: i64,
    pub(crate) kind: EventKind,
    pub(crate) attempt: u32,
    /// The name of the worker that caused it, by its number.
    pub(crate) worker: Option<i64>,
    pub(crate) due_at: Option<Timestamp>,
    pub(crate) priority: Option<Priority>,
    pub(crate) error: Option<String>,
}

impl NewEvent {
    pub(crate) const fn new(task: i64, kind: EventKind, attempt: u32) -> Self {
        Self {
            task,
            kind,
            attempt,
            worker: None,
            due_at: None,
            priority: None,
            error: None,
        }
    }
}

/// An event that has its place, but is not in its table yet.
#[derive(Debug)]
struct Written {
    sequence: i64,
    /// The queue whose totals it counts in.
    queue: Option<QueueSlot>,
    at: Timestamp,
    event: NewEvent,
}

/// A change of a count.
#[derive(Clone, Copy, Debug)]
enum Counted {
    /// So many tasks more of a queue are in a state.
    State(QueueSlot, State, i64),
    /// A kind has so many unfinished tasks more.
    Kind(i64, i64),
    /// A lane has so many unfinished tasks more.
    Lane(LaneSlot, i64),
}

/// What is common to the operations of one transaction.
pub(crate) struct Transaction<'w, 'c> {
    pub(crate) connection: &'c Connection,
    pub(crate) book: &'w mut Book,
    pub(crate) pens: &'w mut Pens<'c>,
    /// The instant of the operation.
    pub(crate) now: Timestamp,
    /// Queues whose listeners get a hint once it is committed.
    pub(crate) hints: Vec<Name>,
    /// Schedules were written.
    pub(crate) schedules_changed: bool,
    /// Everybody gets a hint.
    pub(crate) hints_all: bool,
    /// Events written so far; they reach the table together.
    events: Vec<Written>,
    /// Some have reached it.
    pub(crate) told: bool,
    /// Changes to counts since the last savepoint, to be undone with it.
    counted: Vec<Counted>,
    /// How many events it has written: a measure of its size.
    pub(crate) size: usize,
}

impl<'w, 'c> Transaction<'w, 'c> {
    pub(crate) fn new(
        connection: &'c Connection,
        book: &'w mut Book,
        pens: &'w mut Pens<'c>,
    ) -> Self {
        Self {
            connection,
            book,
            pens,
            now: Timestamp::default(),
            hints: Vec::new(),
            schedules_changed: false,
            hints_all: false,
            events: Vec::new(),
            told: false,
            counted: Vec::new(),
            size: 0,
        }
    }

    /// Does something all or not at all, although it may be refused half-way.
    pub(crate) fn all_or_none<T, E>(
        &mut self,
        operation: impl FnOnce(&mut Self) -> std::result::Result<T, Fault<E>>,
    ) -> std::result::Result<T, Fault<E>> {
        self.counted.clear();
        let (events, hints) = (self.events.len(), self.hints.len());
        let counters = *self.book.counters(self.connection)?;
        let mark = self.book.mark();
        self.run("SAVEPOINT duly")?;
        let result = operation(self);
        match &result {
            Ok(_) => {}
            // All of the transaction is going to be undone, if SQLite has not done so already.
            Err(Fault::Broken(_)) => return result,
            Err(Fault::Refused(_)) => {
                self.run("ROLLBACK TO duly")?;
                *self.book.counters(self.connection)? = counters;
                self.events.truncate(events);
                self.hints.truncate(hints);
                for counted in std::mem::take(&mut self.counted) {
                    self.add(counted, -1);
                }
                self.book.undo_to(mark);
            }
        }
        self.run("RELEASE duly")?;
        result
    }

    pub(crate) fn run(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Notes that a queue has more or fewer tasks in a state.
    pub(crate) fn count(&mut self, queue: QueueSlot, state: State, by: i64) {
        self.note(Counted::State(queue, state, by));
    }

    /// Notes that a task moved from one state to another.
    pub(crate) fn count_move(&mut self, queue: QueueSlot, from: State, to: State) {
        if from != to {
            self.count(queue, from, -1);
            self.count(queue, to, 1);
        }
    }

    /// Notes that a lane, and so its kind, has so many unfinished tasks more.
    pub(crate) fn count_unfinished(&mut self, lane: LaneSlot, by: i64) {
        let kind = self.book.lane(lane).kind;
        self.note(Counted::Kind(kind, by));
        if self.book.counts(lane) {
            self.note(Counted::Lane(lane, by));
        }
    }

    /// Notes that an unfinished task belongs in another lane of its line.
    pub(crate) fn move_unfinished(&mut self, from: LaneSlot, to: LaneSlot) {
        if from != to && self.book.counts(to) {
            self.note(Counted::Lane(from, -1));
            self.note(Counted::Lane(to, 1));
        }
    }

    fn note(&mut self, counted: Counted) {
        self.add(counted, 1);
        self.counted.push(counted);
    }

    fn add(&mut self, counted: Counted, times: i64) {
        match counted {
            Counted::State(queue, state, by) => self.book.queue_mut(queue).count(state, times * by),
            Counted::Kind(kind, by) => self.book.count_kind(kind, times * by),
            Counted::Lane(lane, by) => self.book.count_lane(lane, times * by),
        }
    }

    /// A hint for everybody, when this is committed.
    pub(crate) const fn hint_all(&mut self) {
        self.hints_all = true;
    }

    /// A hint for the listeners of a queue, when this is committed.
    pub(crate) fn hint(&mut self, queue: QueueSlot) {
        let name = self.book.queue_name(queue);
        if !self.hints.contains(name) {
            self.hints.push(name.clone());
        }
    }

    /// Writes an event of a task of a queue.
    pub(crate) fn event(&mut self, queue: QueueSlot, event: NewEvent) -> Result<()> {
        self.tell(Some(queue), self.now, event)
    }

    /// Writes an event that happened in another store, at its own instant: it does not count in this one.
    pub(crate) fn old_event(&mut self, at: Timestamp, event: NewEvent) -> Result<()> {
        self.tell(None, at, event)
    }

    fn tell(&mut self, queue: Option<QueueSlot>, at: Timestamp, event: NewEvent) -> Result<()> {
        let counters = self.book.counters(self.connection)?;
        counters.event += 1;
        self.events.push(Written {
            sequence: counters.event,
            queue,
            at,
            event,
        });
        self.size += 1;
        Ok(())
    }

    /// The sequence for a new task.
    pub(crate) fn next_sequence(&mut self) -> Result<i64> {
        let counters = self.book.counters(self.connection)?;
        counters.task += 1;
        Ok(counters.task)
    }

    /// Brings the events to their table, and counts them: what is there now is not taken back.
    pub(crate) fn flush_events(&mut self) -> Result<()> {
        let events = std::mem::take(&mut self.events);
        self.told |= !events.is_empty();
        for written in &events {
            if let Some(queue) = written.queue {
                self.book.queue_mut(queue).note(written.event.kind);
            }
        }
        for some in events.chunks(EVENTS_TOGETHER) {
            if some.len() == EVENTS_TOGETHER {
                write_events(self.pens.take_up(Pen::AddEvents)?, some)?;
            } else {
                for one in some.chunks(1) {
                    write_events(self.pens.take_up(Pen::AddEvent)?, one)?;
                }
            }
        }
        Ok(())
    }

    /// Writes what was kept in memory; the last step before a commit.
    pub(crate) fn flush(&mut self) -> Result<()> {
        self.flush_events()?;
        self.counted.clear();
        for queue in self.book.dispatch.take_woken() {
            self.hint(queue);
        }
        self.book.flush(self.connection, self.now)
    }

    /// The sequence of a task.
    pub(crate) fn sequence(&self, id: TaskId) -> Result<Option<i64>> {
        self.connection
            .prepare_cached(SEQUENCE)?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()
    }

    /// The record of the tenant whose work a task is, if it is somebody's and there is one.
    pub(crate) fn tenant(&mut self, name: Option<&Name>) -> Result<Option<Tenant>> {
        match name {
            Some(name) => self.book.tenant(self.connection, name),
            None => Ok(None),
        }
    }

    /// The lane of a line that a task belongs in, and its place there.
    pub(crate) fn place(&mut self, line: Line, sequence: i64, vitals: &Vitals) -> Result<Place> {
        let suspect = vitals.is_suspect();
        let lane = self.book.make_lane(self.connection, line, suspect)?;
        let key = vitals.key(self.book.dispatch.policy(line.queue), sequence);
        if vitals.state == State::Pending {
            self.book.offer(lane, key);
        }
        Ok(Place {
            lane,
            lane_id: self.book.lane_id(lane)?,
            class: key.class,
            rank: key.rank,
        })
    }
}

/// Where a task stands in line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) lane: LaneSlot,
    /// The number of the lane.
    pub(crate) lane_id: i64,
    pub(crate) class: u8,
    pub(crate) rank: i64,
}

/// The statement that writes one event.
pub(crate) fn add_event(owner: Owner) -> String {
    add_rows(1, owner)
}

/// The statement that writes several.
pub(crate) fn add_events(owner: Owner) -> String {
    add_rows(EVENTS_TOGETHER, owner)
}

/// Whatever fails undoes the writer's transaction anyway; said here, it spares SQLite the means to undo
/// one statement of many rows. The application's is not ours to undo.
fn add_rows(rows: usize, owner: Owner) -> String {
    let insert = match owner {
        Owner::Writer => "INSERT OR ROLLBACK",
        Owner::Application => "INSERT",
    };
    let row = format!("({})", ["?"; EVENT_WIDTH].join(", "));
    format!(
        "{insert} INTO duly_event
         (sequence, task, kind, at, attempt, worker, due_at, priority, error)
         VALUES {}",
        vec![row; rows].join(", ")
    )
}

fn write_events(pen: &mut Statement<'_>, events: &[Written]) -> Result<()> {
    for (row, written) in events.iter().enumerate() {
        let event = &written.event;
        let at_column = |column: usize| row * EVENT_WIDTH + column;
        pen.raw_bind_parameter(at_column(1), written.sequence)?;
        pen.raw_bind_parameter(at_column(2), event.task)?;
        pen.raw_bind_parameter(at_column(3), event.kind.code())?;
        pen.raw_bind_parameter(at_column(4), written.at.as_micros())?;
        pen.raw_bind_parameter(at_column(5), event.attempt)?;
        pen.raw_bind_parameter(at_column(6), event.worker)?;
        pen.raw_bind_parameter(at_column(7), event.due_at.map(Timestamp::as_micros))?;
        pen.raw_bind_parameter(at_column(8), event.priority.map(Priority::code))?;
        pen.raw_bind_parameter(at_column(9), event.error.as_deref())?;
    }
    pen.raw_execute().map(drop)
}
