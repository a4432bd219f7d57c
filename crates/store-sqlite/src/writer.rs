//! The writer: one thread with the only connection that writes. It takes what has been asked, does
//! all of it in one transaction, and answers after one commit.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use duly_core::Timestamp;
use duly_store::{Clock, Hints, StoreError};
use rusqlite::{Connection, ErrorCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::book::Book;
use crate::error::{closed, store_error};
use crate::home::Home;
use crate::log::Log;
use crate::message::Operation;
use crate::pens::Pens;
use crate::transaction::Transaction;

/// How many operations wait for the writer at most; more wait at the door.
pub(crate) const QUEUE_MAX: usize = 4_096;
/// Bytes of payloads and results that go with one place in the queue, which therefore holds about
/// 256 MiB at most.
pub(crate) const PLACE_BYTES: usize = 64 << 10;
/// How many operations share one commit at most.
const GROUP_MAX: usize = 1_024;
/// A transaction that has written this many events takes in no further operation.
const GROUP_SIZE_MAX: usize = 4_000;
/// Nor does one that has lasted this long.
const GROUP_TIME_MAX: Duration = Duration::from_millis(20);
/// How often an idle writer looks whether another process has committed.
const WATCH_INTERVAL: Duration = Duration::from_millis(20);
/// A writer that is never idle lets other processes write after this long, if there are any …
const TURN_SHARED: Duration = Duration::from_millis(15);
/// … and after this long although it has seen none.
const TURN_ALONE: Duration = Duration::from_millis(250);
/// The same in transactions, for a clock that stands still.
const TURN_GROUPS: u32 = 512;
/// Longer than another writer's nap, so that it finds the file free.
const PAUSE: Duration = Duration::from_micros(1_500);
/// For how many of its own transactions the writer remembers that another process has written.
const SHARED_GROUPS: u32 = 256;

const DATA_VERSION: &str = "PRAGMA data_version";

/// What is sent to the writer.
pub(crate) enum Letter {
    /// Do this. The permit is its place in the queue.
    Do(Box<dyn Operation>, OwnedSemaphorePermit),
    /// End what was asked before, and stop.
    Stop(oneshot::Sender<()>),
}

/// The writer's tools.
pub(crate) struct Writer {
    pub(crate) inbox: Receiver<Letter>,
    /// The places of those who wait.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) hints: Arc<Hints>,
    pub(crate) clock: Arc<dyn Clock>,
}

struct Desk<'c> {
    connection: &'c Connection,
    book: Book,
    pens: Pens<'c>,
    /// Changes when another connection commits, and only then.
    data_version: i64,
    /// Counts down own transactions since another process wrote.
    shared: u32,
    turn_began: Option<Timestamp>,
    turn_groups: u32,
    log: Log,
    home: Arc<Home>,
    places: Arc<Semaphore>,
    hints: Arc<Hints>,
    clock: Arc<dyn Clock>,
}

type Group = Vec<(Box<dyn Operation>, OwnedSemaphorePermit)>;

impl Writer {
    /// Works until it is told to stop, or nobody can ask any more. Answers who waits for the end. What
    /// others commit after `ready` is called is heard of.
    pub(crate) fn run<'c>(
        self,
        connection: &'c Connection,
        pens: Pens<'c>,
        home: Arc<Home>,
        ready: impl FnOnce(),
    ) -> Vec<oneshot::Sender<()>> {
        let mut desk = Desk {
            connection,
            book: Book::default(),
            pens,
            data_version: 0,
            shared: 0,
            turn_began: None,
            turn_groups: 0,
            log: Log::of(connection),
            home,
            places: self.places,
            hints: self.hints,
            clock: self.clock,
        };
        // What was committed before is news to nobody. A failure shows again at the first operation.
        drop(desk.look());
        ready();
        let mut stopped = Vec::new();
        loop {
            match self.inbox.recv_timeout(WATCH_INTERVAL) {
                Ok(Letter::Do(first, place)) => {
                    if let Some(stop) = desk.serve((first, place), &self.inbox) {
                        stopped.push(stop);
                        break;
                    }
                }
                Ok(Letter::Stop(stop)) => {
                    stopped.push(stop);
                    break;
                }
                Err(RecvTimeoutError::Timeout) => desk.watch(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        refuse_rest(&self.inbox, &mut stopped);
        stopped
    }
}

/// Whatever came after the end.
fn refuse_rest(inbox: &Receiver<Letter>, stopped: &mut Vec<oneshot::Sender<()>>) {
    for letter in inbox.try_iter() {
        match letter {
            Letter::Do(operation, _) => operation.answer(Err(closed(false))),
            Letter::Stop(stop) => stopped.push(stop),
        }
    }
}

impl Desk<'_> {
    /// Looks whether another process has committed, and wakes everybody if so.
    fn watch(&mut self) {
        self.turn_began = None;
        self.turn_groups = 0;
        // Who asks is told.
        drop(self.home.look());
        // A failure here shows again, with somebody to tell it to, at the next operation.
        if let Ok(true) = self.look() {
            self.hints.give_all();
        }
    }

    /// Whether another connection has committed since the last look; if so, what is known by heart may
    /// not be true any more.
    fn look(&mut self) -> rusqlite::Result<bool> {
        let version = self
            .connection
            .prepare_cached(DATA_VERSION)?
            .query_row([], |row| row.get(0))?;
        if version == self.data_version {
            return Ok(false);
        }
        self.data_version = version;
        self.book.refresh();
        self.shared = SHARED_GROUPS;
        Ok(true)
    }

    /// Does an operation, and what else waits, in one transaction. Answers whether to stop.
    fn serve(
        &mut self,
        first: (Box<dyn Operation>, OwnedSemaphorePermit),
        inbox: &Receiver<Letter>,
    ) -> Option<oneshot::Sender<()>> {
        if let Err(away) = self.home.look() {
            first.0.answer(Err(away));
            return None;
        }
        let mut group = vec![first];
        let mut stop = None;
        let outcome = self.transact(&mut group, |group| match inbox.try_recv() {
            Ok(Letter::Do(next, place)) => {
                group.push((next, place));
                true
            }
            Ok(Letter::Stop(sender)) => {
                stop = Some(sender);
                false
            }
            Err(_) => false,
        });
        if matches!(outcome, Err(Failure::Shut(_))) {
            stop = all_that_wait(&mut group, inbox);
        }
        match outcome {
            Err(Failure::Undone(_)) if group.len() > 1 => self.take_apart(group),
            outcome => answer(group, outcome),
        }
        self.log.tend(self.connection);
        self.share();
        stop
    }

    /// Something in a group broke it: each operation is done again by itself, so that only the one that
    /// cannot be done is refused.
    fn take_apart(&mut self, group: Group) {
        let mut group = group.into_iter();
        while let Some(operation) = group.next() {
            let mut alone = vec![operation];
            let outcome = self.transact(&mut alone, |_| false);
            if matches!(outcome, Err(Failure::Shut(_))) {
                alone.extend(group.by_ref());
            }
            answer(alone, outcome);
        }
    }

    /// One transaction: the group, and what `more` adds to it meanwhile.
    fn transact(
        &mut self,
        group: &mut Group,
        mut more: impl FnMut(&mut Group) -> bool,
    ) -> Result<(), Failure> {
        self.begin().map_err(Failure::Shut)?;
        let began = self.clock.now();
        let mut tx = Transaction::new(self.connection, &mut self.book, &mut self.pens);
        let mut next = 0;
        let mut run = || {
            while next < group.len() {
                tx.now = self.clock.now();
                group[next].0.run(&mut tx)?;
                next += 1;
                let full = next == GROUP_MAX
                    || tx.size >= GROUP_SIZE_MAX
                    || tx.now.since(began) >= GROUP_TIME_MAX;
                if !full && next == group.len() {
                    more(group);
                }
            }
            tx.flush()
        };
        let result = run();
        let schedules_changed = tx.schedules_changed;
        let (hints, all, told) = (std::mem::take(&mut tx.hints), tx.hints_all, tx.told);
        self.end(result)?;
        if all {
            self.hints.give_all();
        } else if !hints.is_empty() {
            self.hints.give(hints.iter());
        }
        if told {
            self.hints.give_events();
        }
        if schedules_changed {
            self.hints.give_schedules();
        }
        Ok(())
    }

    fn begin(&mut self) -> rusqlite::Result<()> {
        self.book.trim();
        self.connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([])?;
        let now = self.clock.now();
        let looked = self.look();
        let looked = looked.and_then(|foreign| {
            self.book.catch_up(self.connection, now)?;
            Ok(foreign)
        });
        match looked {
            Ok(foreign) => {
                if foreign {
                    self.hints.give_all();
                }
                Ok(())
            }
            Err(error) => {
                self.undo();
                Err(error)
            }
        }
    }

    fn end(&mut self, result: rusqlite::Result<()>) -> Result<(), Failure> {
        if let Err(error) = result {
            self.undo();
            return Err(Failure::Undone(error));
        }
        let commit = |connection: &Connection| connection.prepare_cached("COMMIT")?.execute([]);
        if let Err(error) = commit(self.connection) {
            self.undo();
            // A full disk stops a commit before its last mark is written. Any other failure may have
            // come after: then a crash right now would find the transaction whole.
            return Err(match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => Failure::Undone(error),
                _ => Failure::Unknown(error),
            });
        }
        Ok(())
    }

    /// Undoes the transaction, unless SQLite has done so itself.
    fn undo(&mut self) {
        self.book.forget();
        if !self.connection.is_autocommit() {
            // If that fails too, the next BEGIN does, and says why.
            drop(self.connection.execute_batch("ROLLBACK"));
        }
    }

    /// Lets other processes write now and then, although this one always has something to do.
    fn share(&mut self) {
        let now = self.clock.now();
        let began = *self.turn_began.get_or_insert(now);
        self.turn_groups += 1;
        self.shared = self.shared.saturating_sub(1);
        let turn = if self.shared > 0 {
            TURN_SHARED
        } else {
            TURN_ALONE
        };
        // Who has nothing to do leaves the file free anyway.
        let busy = self.places.available_permits() < QUEUE_MAX;
        if busy && (now.since(began) >= turn || self.turn_groups >= TURN_GROUPS) {
            std::thread::sleep(PAUSE);
            self.turn_began = None;
            self.turn_groups = 0;
        }
    }
}

/// Why a transaction did not take effect, or may not have.
enum Failure {
    /// It could not even begin: the file was busy, or is out of reach.
    Shut(rusqlite::Error),
    Undone(rusqlite::Error),
    Unknown(rusqlite::Error),
}

/// Whoever waits has waited for the file as well: nobody waits for it once for each before him. Answers
/// whether to stop.
fn all_that_wait(group: &mut Group, inbox: &Receiver<Letter>) -> Option<oneshot::Sender<()>> {
    for letter in inbox.try_iter() {
        match letter {
            Letter::Do(operation, place) => group.push((operation, place)),
            Letter::Stop(stop) => return Some(stop),
        }
        if group.len() == QUEUE_MAX {
            break;
        }
    }
    None
}

fn answer(group: Group, outcome: Result<(), Failure>) {
    let committed: Result<(), StoreError> = outcome.map_err(|failure| match failure {
        Failure::Shut(error) | Failure::Undone(error) => store_error(&error, false),
        Failure::Unknown(error) => store_error(&error, true),
    });
    for (operation, place) in group {
        operation.answer(committed.clone());
        drop(place);
    }
}

#[cfg(test)]
mod tests;
