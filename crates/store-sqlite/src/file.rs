//! What a file is, found out without changing it.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::error::OpenError;
use crate::migration;

/// What every SQLite database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const TABLE: &str = "SELECT 1 FROM sqlite_schema WHERE name = 'duly_schema'";
const OTHER: &str = "SELECT name FROM sqlite_schema WHERE type = 'table'
    AND substr(name, 1, 5) <> 'duly_' AND substr(name, 1, 7) <> 'sqlite_' LIMIT 1";
const TABLES: &str =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 5) = 'duly_'";

/// What may be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It is not there, or holds nothing.
    Fresh,
    /// It holds Duly's tables already.
    Ours,
    /// It holds another application's tables, which it is going to share.
    Shared,
}

/// Finds out what a file is. Nothing is written to it, whatever it is.
pub(crate) fn inspect(path: &Path, share_file: bool) -> Result<Kind, OpenError> {
    if is_empty(path)? {
        return Ok(Kind::Fresh);
    }
    let failed = |error| OpenError::of(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    kind(&connection, path, share_file)
}

/// What the database of a connection is; the same question inside the transaction that installs the
/// tables.
pub(crate) fn kind(
    connection: &Connection,
    path: &Path,
    share_file: bool,
) -> Result<Kind, OpenError> {
    let failed = |error| OpenError::of(path, &error);
    let ours = connection
        .query_row(TABLE, [], |_| Ok(()))
        .optional()
        .map_err(failed)?;
    if ours.is_some() {
        migration::check(connection, path)?;
        touch_tables(connection).map_err(failed)?;
        return Ok(Kind::Ours);
    }
    let other: Option<String> = connection
        .query_row(OTHER, [], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    match other {
        None => Ok(Kind::Fresh),
        Some(_) if share_file => Ok(Kind::Shared),
        Some(table) => Err(OpenError::Foreign {
            path: path.into(),
            table,
        }),
    }
}

/// Reads the beginning of every table of ours: damage there shows before anything is written.
fn touch_tables(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(TABLES)?;
    let tables: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for table in tables {
        connection
            .query_row(&format!("SELECT 1 FROM {table} LIMIT 1"), [], |_| Ok(()))
            .optional()?;
    }
    Ok(())
}

/// Whether there is no file, or one without a byte; an error if it is no database.
fn is_empty(path: &Path) -> Result<bool, OpenError> {
    let refused = |error: std::io::Error| OpenError::Io {
        path: path.into(),
        reason: error.to_string(),
    };
    let mut header = Vec::new();
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(refused(error)),
        Ok(file) => file
            .take(MAGIC.len() as u64)
            .read_to_end(&mut header)
            .map_err(refused)?,
    };
    if header.is_empty() {
        return Ok(true);
    }
    if header != MAGIC {
        return Err(OpenError::Corrupt {
            path: path.into(),
            reason: "it does not begin like an SQLite database".into(),
        });
    }
    Ok(false)
}
