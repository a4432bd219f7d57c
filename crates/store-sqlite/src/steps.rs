//! What a claim costs, in steps of SQLite's machine: not more for a longer line.

use duly_core::{Incarnation, TaskId, Timestamp};
use duly_store::{Claim, Labels, Lease, NewTask, Payload, Registration, Submit, TakeBack};
use rusqlite::{Connection, StatementStatus};

use crate::book::Book;
use crate::pens::{Pen, Pens};
use crate::transaction::Transaction;
use crate::{claim, house, migration, submit, worker};

mod lanes;
mod room;
mod shared;
mod undone;

pub(crate) const ME: Incarnation = Incarnation::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp::from_micros(1_000_000);
const OTHER: Incarnation = Incarnation::from_bytes([2; 16]);

pub(crate) fn schema() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for migration in migration::MIGRATIONS {
        connection.execute_batch(migration.sql).unwrap();
    }
    connection
}

/// A store without threads.
pub(crate) struct World<'c> {
    connection: &'c Connection,
    book: Book,
    pens: Pens<'c>,
    data_version: i64,
    now: Timestamp,
    ids: u128,
}

impl<'c> World<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        let mut world = Self {
            connection,
            book: Book::default(),
            pens: Pens::new(connection).unwrap(),
            data_version: 0,
            now: NOW,
            ids: 0,
        };
        world.register(ME);
        world
    }

    pub(crate) fn transact<T>(&mut self, work: impl FnOnce(&mut Transaction<'_, 'c>) -> T) -> T {
        self.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let version = "PRAGMA data_version";
        let version = self.connection.query_row(version, [], |row| row.get(0));
        if version != Ok(self.data_version) {
            self.data_version = version.unwrap();
            self.book.refresh();
        }
        self.book.trim();
        self.book.catch_up(self.connection, self.now).unwrap();
        let mut tx = Transaction::new(self.connection, &mut self.book, &mut self.pens);
        tx.now = self.now;
        let done = work(&mut tx);
        tx.flush().unwrap();
        self.connection.execute_batch("COMMIT").unwrap();
        done
    }

    fn register(&mut self, incarnation: Incarnation) {
        let registration = Registration {
            incarnation,
            name: "worker".into(),
            queues: vec!["default".into()],
            kinds: vec!["work".into()],
            labels: Labels::new(),
            capacity: 10,
        };
        self.transact(|tx| worker::register(tx, &registration).unwrap());
    }

    pub(crate) fn submit(&mut self, n: usize) {
        self.submit_with(n, |_, _| {});
    }

    /// Submits tasks that are changed, each by its number.
    fn submit_with(&mut self, n: usize, change: impl Fn(u128, &mut NewTask)) {
        let first = self.ids + 1;
        self.ids += n as u128;
        let new = |id: u128| {
            let task = TaskId::from_bytes(id.to_be_bytes());
            let mut task = NewTask::new(task, "work", Payload::default());
            change(id, &mut task);
            task
        };
        let tasks = (first..=self.ids).map(new).collect();
        self.transact(|tx| submit::submit(tx, &Submit { tasks }).unwrap());
    }

    pub(crate) fn claim(&mut self, incarnation: Incarnation, run: u32, suspect: bool) -> usize {
        self.leases(incarnation, run, suspect).len()
    }

    fn leases(&mut self, incarnation: Incarnation, run: u32, suspect: bool) -> Vec<Lease> {
        let request = Claim {
            incarnation,
            queues: vec!["default".into()],
            weights: Vec::new(),
            kinds: vec!["work".into()],
            run,
            prefetch: 0,
            suspect,
            turn: 0,
        };
        self.transact(|tx| claim::claim(tx, &request).unwrap().leases)
    }

    /// Tasks at the head of the line that have lost a worker.
    fn suspects(&mut self, n: u32) {
        self.submit(n as usize);
        self.register(OTHER);
        assert_eq!(self.claim(OTHER, n, false), n as usize);
        let request = TakeBack {
            incarnation: OTHER,
            beats: None,
            limit: n,
        };
        self.transact(|tx| worker::take_back(tx, &request).unwrap());
    }

    /// What the statements of a claim have cost so far.
    fn steps(&mut self) -> i32 {
        let cost =
            |statement: &rusqlite::Statement<'_>| statement.get_status(StatementStatus::VmStep);
        let lanes = self.pens.lane_steps(1).unwrap();
        let mut steps: i32 = lanes.iter().map(cost).sum();
        self.pens.keep_lane_steps(lanes);
        for sql in [house::DUE, house::OVERDUE, claim::NEXT_DUE] {
            steps += cost(&self.connection.prepare_cached(sql).unwrap());
        }
        steps + cost(self.pens.take_up(Pen::Take).unwrap())
    }

    /// What a claim of ten costs that comes after others like it.
    fn cost(&mut self) -> i32 {
        assert_eq!(self.claim(ME, 10, false), 10);
        let before = self.steps();
        assert_eq!(self.claim(ME, 10, false), 10);
        self.steps() - before
    }
}

#[test]
fn a_claim_costs_no_more_for_a_longer_line() {
    let [short, long] = [1_000, 50_000].map(|pending| {
        let connection = schema();
        let mut world = World::new(&connection);
        for _ in 0..pending / 1_000 {
            world.submit(1_000);
        }
        world.cost()
    });
    assert!(short > 0, "the statements are those that a claim uses");
    assert!(
        (long - short).abs() <= short / 20,
        "{short} steps, then {long}"
    );
}

#[test]
fn a_claim_never_looks_at_suspects_that_it_may_not_take() {
    let [without, with] = [0, 1_000].map(|suspects| {
        let connection = schema();
        let mut world = World::new(&connection);
        if suspects > 0 {
            world.suspects(suspects);
        }
        world.submit(100);
        world.cost()
    });
    assert_eq!(without, with);
}
