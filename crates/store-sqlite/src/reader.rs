//! Readers: a few threads, each with a connection that cannot write. Every question sees one state of
//! the store, the newest committed when it is asked.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use duly_core::Timestamp;
use duly_store::{Clock, StoreError};
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::error::{Fault, store_error};

/// How many readers there are.
pub(crate) const READERS: usize = 2;
/// How many questions wait for a reader at most; more wait at the door.
pub(crate) const QUEUE_MAX: usize = 1_024;

/// Something to read.
type Question = Box<dyn FnOnce(&Connection, Timestamp) + Send>;

/// What is sent to the readers.
pub(crate) enum Letter {
    /// Read this. The permit is its place in the queue.
    Read(Question, OwnedSemaphorePermit),
    /// One reader stops, and drops this when it has let go of the file.
    Stop(oneshot::Sender<()>),
}

pub(crate) type Inbox = Arc<Mutex<Receiver<Letter>>>;

/// Reads until told to stop. Answers who waits for the end.
pub(crate) fn run(
    connection: &Connection,
    inbox: &Inbox,
    clock: &dyn Clock,
) -> Option<oneshot::Sender<()>> {
    loop {
        let letter = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match letter {
            Ok(Letter::Read(question, _place)) => question(connection, clock.now()),
            Ok(Letter::Stop(stop)) => return Some(stop),
            Err(_) => return None,
        }
    }
}

/// A question, and its answer.
pub(crate) fn question<T, E>(
    read: impl FnOnce(&Connection, Timestamp) -> Result<T, Fault<E>> + Send + 'static,
) -> (Question, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: Send + From<StoreError> + 'static,
{
    let (to, answer) = oneshot::channel();
    let question = move |connection: &Connection, now| {
        let answer = at_one_state(connection, |connection| read(connection, now));
        // Whoever asked may have stopped waiting.
        drop(to.send(answer.map_err(|fault| match fault {
            Fault::Refused(refused) => refused,
            Fault::Broken(error) => store_error(&error, false).into(),
        })));
    };
    (Box::new(question), answer)
}

fn at_one_state<T, E>(
    connection: &Connection,
    read: impl FnOnce(&Connection) -> Result<T, Fault<E>>,
) -> Result<T, Fault<E>> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let answer = read(connection);
    // SQLite ends a transaction by itself when the disk fails: what it said then is the answer.
    if !connection.is_autocommit() {
        connection.prepare_cached("COMMIT")?.execute([])?;
    }
    answer
}

#[cfg(test)]
mod tests {
    use duly_store::StoreError;

    use super::*;

    #[test]
    fn a_failure_that_ended_the_transaction_is_told_as_it_was() {
        let connection = Connection::open_in_memory().unwrap();
        let (failing, mut answer) = question::<(), StoreError>(|connection, _| {
            connection.execute_batch("ROLLBACK")?;
            let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
            Err(rusqlite::Error::SqliteFailure(full, None).into())
        });
        failing(&connection, Timestamp::default());
        let error = answer.try_recv().unwrap().unwrap_err();
        assert!(error.retryable(), "{error}");
        let (next, mut answer) = question::<_, StoreError>(|_, _| Ok(7));
        next(&connection, Timestamp::default());
        assert_eq!(answer.try_recv().unwrap(), Ok(7));
    }
}
