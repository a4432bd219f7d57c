//! Connections: every setting is made on each of them, and read back.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::OpenError;
use crate::options::{Options, Synchronous};

/// The log is copied into the database whenever it has grown by this many pages (16 MiB).
const CHECKPOINT_PAGES: i64 = 4_000;
/// The log file is cut back to this when it is copied: 64 MiB.
pub(crate) const LOG_BYTES_MAX: i64 = 64 << 20;
/// Pages kept in memory by the writer: 16 MiB (negative counts are KiB to SQLite). A commit that has
/// split pages looks through the whole cache, so a larger one makes small commits slower.
const WRITER_CACHE: i64 = -(16 << 10);
/// Pages kept in memory by each reader: 8 MiB.
const READER_CACHE: i64 = -(8 << 10);
/// Prepared statements kept per connection: more than there are.
const STATEMENTS_MAX: usize = 128;
/// Waiting for another process: short naps first, in the hope that it is quick.
const NAP_SHORT: Duration = Duration::from_micros(300);
/// Then longer ones.
const NAP_LONG: Duration = Duration::from_millis(1);
/// How many naps are short.
const NAPS_SHORT: i32 = 20;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Reads and writes.
    Writer,
    /// Reads; SQLite refuses it everything else.
    Reader,
}

thread_local! {
    /// How long the connections of this thread wait for other processes. A connection never leaves the
    /// thread that opened it, and SQLite's handler is a plain function.
    static PATIENCE: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Does something for which this thread's connections wait no longer than `patience`.
pub(crate) fn with_patience<T>(patience: Duration, work: impl FnOnce() -> T) -> T {
    let before = PATIENCE.get();
    PATIENCE.set(before.min(patience));
    let done = work();
    PATIENCE.set(before);
    done
}

fn wait(naps: i32) -> bool {
    let (short, long) = (naps.min(NAPS_SHORT), (naps - NAPS_SHORT).max(0));
    let waited = NAP_SHORT * short.unsigned_abs() + NAP_LONG * long.unsigned_abs();
    if waited >= PATIENCE.get() {
        return false;
    }
    std::thread::sleep(if naps < NAPS_SHORT {
        NAP_SHORT
    } else {
        NAP_LONG
    });
    true
}

/// Opens a connection for the thread that calls.
pub(crate) fn open(path: &Path, options: &Options, role: Role) -> Result<Connection, OpenError> {
    let flags = match role {
        Role::Writer => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Role::Reader => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let failed = |error| OpenError::of(path, &error);
    let mut connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(failed)?;
    PATIENCE.set(options.busy_timeout);
    connection
        .busy_handler(Some(wait as fn(i32) -> bool))
        .map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    if role == Role::Writer {
        enter_log_mode(&connection, path)?;
    }
    settle_pragmas(&connection, path, options, role)?;
    keep_plans(&connection).map_err(failed)?;
    Ok(connection)
}

/// Has SQLite plan a statement without a look at what is bound to it. Otherwise it plans each that has a
/// bound `LIMIT` anew whenever it is used, which takes ten times as long as to run it.
fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    let kept = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    debug_assert!(kept, "it was asked for");
    Ok(())
}

/// Switches the file to a write-ahead log. Two processes may do so at once, and SQLite does not ask the
/// handler then.
fn enter_log_mode(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    for naps in 0.. {
        let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| {
            row.get::<_, String>(0)
        });
        match mode.map_err(|error| OpenError::of(path, &error)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(found) => {
                return Err(OpenError::Pragma {
                    path: path.into(),
                    pragma: "journal_mode",
                    expected: "wal".into(),
                    found,
                });
            }
            Err(OpenError::Busy { .. }) if wait(naps) => {}
            Err(error) => return Err(error),
        }
    }
    Err(OpenError::Busy { path: path.into() })
}

/// The settings of a connection: name, value, and what is read back.
pub(crate) fn pragmas(options: &Options, role: Role) -> Vec<(&'static str, i64)> {
    let full = i64::from(options.synchronous == Synchronous::Full);
    vec![
        ("synchronous", options.synchronous.code()),
        // Only macOS keeps written data in the disk's cache after an ordinary fsync.
        ("fullfsync", full),
        ("checkpoint_fullfsync", full),
        ("wal_autocheckpoint", CHECKPOINT_PAGES),
        ("journal_size_limit", LOG_BYTES_MAX),
        (
            "cache_size",
            match role {
                Role::Writer => WRITER_CACHE,
                Role::Reader => READER_CACHE,
            },
        ),
        // Temporary tables and sorting stay in memory; what they hold is bounded.
        ("temp_store", 2),
        ("foreign_keys", 0),
        ("recursive_triggers", 0),
        ("query_only", i64::from(role == Role::Reader)),
    ]
}

fn settle_pragmas(
    connection: &Connection,
    path: &Path,
    options: &Options,
    role: Role,
) -> Result<(), OpenError> {
    for (pragma, expected) in pragmas(options, role) {
        let set = connection.pragma_update(None, pragma, expected);
        let found = set
            .and_then(|()| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)))
            .map_err(|error| OpenError::of(path, &error))?;
        if found != expected {
            return Err(OpenError::Pragma {
                path: path.into(),
                pragma,
                expected: expected.to_string(),
                found: found.to_string(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    fn number(connection: &Connection, pragma: &str) -> i64 {
        connection
            .pragma_query_value(None, pragma, |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn every_connection_is_set_as_it_was_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("duly.db");
        for (synchronous, code) in [(Synchronous::Full, 2), (Synchronous::Normal, 1)] {
            let options = Options {
                synchronous,
                ..Options::default()
            };
            for role in [Role::Writer, Role::Reader] {
                let connection = open(&path, &options, role).unwrap();
                assert_eq!(number(&connection, "synchronous"), code);
                assert_eq!(number(&connection, "wal_autocheckpoint"), CHECKPOINT_PAGES);
                assert_eq!(number(&connection, "journal_size_limit"), LOG_BYTES_MAX);
                assert_eq!(number(&connection, "foreign_keys"), 0);
                let mode: String = connection
                    .pragma_query_value(None, "journal_mode", |row| row.get(0))
                    .unwrap();
                assert_eq!(mode, "wal");
            }
        }
    }

    #[test]
    fn a_statement_is_planned_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("duly.db");
        for role in [Role::Writer, Role::Reader] {
            let connection = open(&path, &Options::default(), role).unwrap();
            let sql = "SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT ?1)";
            for most in 0..10 {
                let mut kept = connection.prepare_cached(sql).unwrap();
                let found: i64 = kept.query_row([most], |row| row.get(0)).unwrap();
                assert_eq!(found, 0);
                assert_eq!(kept.get_status(StatementStatus::RePrepare), 0);
            }
        }
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("duly.db");
        let options = Options::default();
        drop(open(&path, &options, Role::Writer).unwrap());
        let reader = open(&path, &options, Role::Reader).unwrap();
        let error = reader.execute_batch("CREATE TABLE t (x)").unwrap_err();
        assert_eq!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::ReadOnly)
        );
    }

    #[test]
    fn naps_end_when_patience_does() {
        PATIENCE.set(Duration::from_millis(10));
        assert!(wait(0));
        assert!(!wait(NAPS_SHORT + 10));
    }
}
