//! Submitting inside a transaction of the application's own.
//!
//! Nothing is known by heart here: the transaction may have seen what the writer has not, and may be
//! undone. It holds the right to write from the first statement on, so what is read then is true until
//! it ends.

use std::path::{Path, PathBuf};

use duly_core::Timestamp;
use duly_store::{Submit, SubmitError, SubmitReply};
use rusqlite::{Connection, ffi};

use crate::book::Book;
use crate::error::{Fault, store_error};
use crate::home::Home;
use crate::migration;
use crate::pens::{Owner, Pens};
use crate::submit;
use crate::transaction::Transaction;

/// Changes nothing, but waits for the right to write, as long as the connection is told to wait.
const TAKE_TURN: &str = "UPDATE duly_counter SET value = value WHERE name = ''";
const SCHEMA: &str = "SELECT max(version), max(opens_from) FROM duly_schema";
const MARK: &str = "SAVEPOINT duly_inside";
const UNDO: &str = "ROLLBACK TO duly_inside";
const KEEP: &str = "RELEASE duly_inside";

/// Why tasks were not submitted inside a transaction: none of them was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitInError {
    /// The connection is in no transaction, so the tasks could not wait for its commit.
    #[error(
        "the connection is in no transaction: begin one (`TransactionBehavior::Immediate`), submit, \
         and commit it"
    )]
    NoTransaction,
    /// The connection is to another database than the store.
    #[error(
        "the connection is to {}, the store is in {}: open the connection on the file of the store",
        .connection.as_ref().map_or_else(|| "no file".into(), |path| path.display().to_string()),
        .store.display()
    )]
    OtherFile {
        /// The file of the connection, if it has one.
        connection: Option<PathBuf>,
        /// The file of the store.
        store: PathBuf,
    },
    /// The file has a schema that this Duly does not know how to write.
    #[error(
        "the file has schema version {found}, and this Duly writes version {known}: use the version \
         of Duly that the other processes of this file use"
    )]
    Schema {
        /// Its version.
        found: i64,
        /// The version that is known here.
        known: i64,
    },
    /// The transaction has read before others committed, and SQLite lets it write no more.
    #[error(
        "the transaction has read what others have changed since, and cannot write any more: roll it \
         back, begin it IMMEDIATE (`TransactionBehavior::Immediate`), and do it again"
    )]
    Stale,
    /// The tasks were refused, or the store failed.
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

impl From<rusqlite::Error> for SubmitInError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error().map(|error| error.extended_code);
        if code == Some(ffi::SQLITE_BUSY_SNAPSHOT) {
            return Self::Stale;
        }
        Self::Submit(store_error(&error, false).into())
    }
}

/// Submits tasks on a connection of the application's.
pub(crate) fn submit_in(
    connection: &Connection,
    home: &Home,
    now: Timestamp,
    request: &Submit,
) -> Result<SubmitReply, SubmitInError> {
    if connection.is_autocommit() {
        return Err(SubmitInError::NoTransaction);
    }
    home.look().map_err(SubmitError::from)?;
    is_at_home(connection, home)?;
    connection.prepare_cached(TAKE_TURN)?.execute([])?;
    check_schema(connection)?;
    connection.prepare_cached(MARK)?.execute([])?;
    let done = work(connection, now, request);
    // SQLite ends a transaction by itself when the disk fails: then there is nothing left to undo.
    if !connection.is_autocommit() {
        if done.is_err() {
            connection.prepare_cached(UNDO)?.execute([])?;
        }
        connection.prepare_cached(KEEP)?.execute([])?;
    }
    done
}

fn is_at_home(connection: &Connection, home: &Home) -> Result<(), SubmitInError> {
    let path = connection.path().filter(|path| !path.is_empty());
    if path.is_some_and(|path| home.is_at(Path::new(path))) {
        return Ok(());
    }
    Err(SubmitInError::OtherFile {
        connection: path.map(PathBuf::from),
        store: home.path().into(),
    })
}

/// A neighbouring version may have changed the schema since the store was opened.
fn check_schema(connection: &Connection) -> Result<(), SubmitInError> {
    let known = migration::known();
    let (found, opens_from): (i64, i64) = connection
        .prepare_cached(SCHEMA)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if found < known || opens_from > known {
        return Err(SubmitInError::Schema { found, known });
    }
    Ok(())
}

fn work(
    connection: &Connection,
    now: Timestamp,
    request: &Submit,
) -> Result<SubmitReply, SubmitInError> {
    let mut book = Book::default();
    let mut pens = Pens::of(connection, Owner::Application);
    let mut tx = Transaction::new(connection, &mut book, &mut pens);
    tx.now = now;
    let reply = submit::submit_all(&mut tx, request).map_err(|fault| match fault {
        Fault::Refused(refused) => SubmitInError::Submit(refused),
        Fault::Broken(error) => error.into(),
    })?;
    tx.flush()?;
    Ok(reply)
}
