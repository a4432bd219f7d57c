use std::sync::mpsc::{Sender, channel};

use duly_core::{State, TaskId};
use duly_store::{ManualClock, NewTask, Payload, Submit, SubmitError, SubmitReply};

use super::*;
use crate::connection::{self, Role};
use crate::message::{Answer, call};
use crate::options::Options;
use crate::{migration, queue, submit};

/// A writer that can be set up before it begins.
struct World {
    connection: Connection,
    outbox: Sender<Letter>,
    writer: Writer,
    places: Arc<Semaphore>,
    _folder: tempfile::TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    let options = Options {
        clock: Arc::new(ManualClock::default()),
        ..Options::default()
    };
    let mut connection = connection::open(&path, &options, Role::Writer).unwrap();
    migration::apply(&mut connection, &path, options.clock.as_ref(), true).unwrap();
    let (outbox, inbox) = channel();
    let places = Arc::new(Semaphore::new(QUEUE_MAX));
    World {
        connection,
        outbox,
        writer: Writer {
            inbox,
            places: Arc::clone(&places),
            hints: Arc::new(Hints::default()),
            clock: options.clock,
        },
        places,
        _folder: folder,
    }
}

thread_local! {
    /// How often SQLite asked whether to wait for another process.
    static WAITS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn task(n: u8, bytes: usize) -> NewTask {
    NewTask::new(
        TaskId::from_bytes([n; 16]),
        "work",
        Payload::bytes(vec![n; bytes]),
    )
}

impl World {
    fn submit(&self, tasks: Vec<NewTask>) -> Answer<SubmitReply, SubmitError> {
        let (operation, answer) = call(Submit { tasks }, submit::submit);
        let place = Arc::clone(&self.places).try_acquire_owned().unwrap();
        self.outbox.send(Letter::Do(operation, place)).unwrap();
        answer
    }

    /// Lets the writer do what it was sent, and end.
    fn run(self) -> (Connection, tempfile::TempDir) {
        drop(self.outbox);
        let pens = Pens::new(&self.connection).unwrap();
        let path = self._folder.path().join("duly.db");
        let home = Arc::new(Home::of(&path).unwrap());
        self.writer.run(&self.connection, pens, home, || ());
        (self.connection, self._folder)
    }
}

fn pending(connection: &Connection) -> u64 {
    let queues = queue::queues(connection, Timestamp::default()).unwrap();
    queues
        .iter()
        .map(|queue| queue.counts.of(State::Pending))
        .sum()
}

#[test]
fn a_full_disk_loses_nothing_and_costs_only_what_does_not_fit() {
    let world = world();
    world
        .connection
        .pragma_update(None, "max_page_count", 100)
        .unwrap();
    let before = world.submit(vec![task(1, 10), task(2, 10)]);
    let keyed = NewTask {
        unique: Some("needs a savepoint".into()),
        ..task(3, 10)
    };
    let large = world.submit(vec![keyed, task(4, 1 << 20)]);
    let after = world.submit(vec![task(5, 10)]);
    let (connection, _folder) = world.run();
    for mut answer in [before, after] {
        assert!(answer.try_recv().unwrap().is_ok());
    }
    let mut large = large;
    let Err(SubmitError::Store(error)) = large.try_recv().unwrap() else {
        panic!("it cannot fit");
    };
    assert!(error.retryable() && !error.outcome_unknown(), "{error}");
    assert_eq!(pending(&connection), 3);
    let tasks = "SELECT count(*), max(sequence) FROM duly_task";
    let found: (i64, i64) = connection
        .query_row(tasks, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(found, (3, 3), "no sequence was used up");
}

#[test]
fn what_cannot_be_read_costs_only_who_asked_for_it() {
    let world = world();
    let spoil = "CREATE TRIGGER spoil BEFORE INSERT ON duly_task WHEN new.sequence = 2
        BEGIN SELECT raise(ABORT, 'spoiled'); END";
    world.connection.execute_batch(spoil).unwrap();
    let good = world.submit(vec![task(1, 10)]);
    let spoiled = world.submit(vec![task(2, 10)]);
    let (connection, _folder) = world.run();
    let (mut good, mut spoiled) = (good, spoiled);
    assert!(good.try_recv().unwrap().is_ok());
    assert!(matches!(
        spoiled.try_recv().unwrap(),
        Err(SubmitError::Store(StoreError::Corrupt { .. }))
    ));
    assert_eq!(pending(&connection), 1);
}

#[test]
fn what_was_undone_is_not_known_by_heart() {
    let world = world();
    let pens = &mut Pens::new(&world.connection).unwrap();
    let mut book = Book::default();
    let tx = Transaction::new(&world.connection, &mut book, pens);
    let leased = TaskId::from_bytes([1; 16]);
    tx.book.keep_lease(leased, 1);
    tx.book.forget();
    assert_eq!(
        tx.book.lease(leased),
        None,
        "its number may be another's now"
    );
}

#[test]
fn a_busy_file_is_waited_for_once_not_once_for_each() {
    let mut world = world();
    let path = world.connection.path().unwrap().to_owned();
    let other = Connection::open(path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    WAITS.set(0);
    world
        .connection
        .busy_handler(Some(|_| {
            WAITS.set(WAITS.get() + 1);
            false
        }))
        .unwrap();
    let answers: Vec<_> = (1..=20).map(|n| world.submit(vec![task(n, 10)])).collect();
    let (connection, _folder) = world.run();
    for mut answer in answers {
        let Err(SubmitError::Store(error)) = answer.try_recv().unwrap() else {
            panic!("the file is busy");
        };
        assert!(error.retryable() && !error.outcome_unknown(), "{error}");
    }
    assert_eq!(WAITS.get(), 1);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(pending(&connection), 0);
}

/// From the moment at which the store is open, not from that at which its thread first looks.
#[test]
fn what_another_commits_while_the_writer_sits_down_is_heard_of() {
    let world = world();
    let path = world._folder.path().join("duly.db");
    let hints = Arc::clone(&world.writer.hints);
    let listener = hints.listen_events();
    let (outbox, folder) = (world.outbox, world._folder);
    let writing = std::thread::spawn(move || {
        let pens = Pens::new(&world.connection).unwrap();
        let home = Arc::new(Home::of(&path).unwrap());
        let ready = || {
            let other = Connection::open(&path).unwrap();
            other.execute_batch("CREATE TABLE other (x)").unwrap();
        };
        world.writer.run(&world.connection, pens, home, ready);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let patience = std::time::Duration::from_secs(30);
    let heard = runtime.block_on(async { tokio::time::timeout(patience, listener.hint()).await });
    assert!(heard.is_ok(), "a hint comes");
    drop(outbox);
    writing.join().unwrap();
    drop(folder);
}
