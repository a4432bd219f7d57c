//! What a file is, found out without changing it.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::error::OpenError;
use crate::migration;

/// What every SQLite database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// How many bytes its header has.
const HEADER_BYTES: u64 = 100;
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

fn kind(connection: &Connection, path: &Path, share_file: bool) -> Result<Kind, OpenError> {
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

/// Whether there is no file, or one without a byte; an error if it is no whole database.
fn is_empty(path: &Path) -> Result<bool, OpenError> {
    let refused = |error: std::io::Error| OpenError::Io {
        path: path.into(),
        reason: error.to_string(),
    };
    let corrupt = |reason: String| OpenError::Corrupt {
        path: path.into(),
        reason,
    };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        opened => opened.map_err(refused)?,
    };
    let mut header = Vec::new();
    (&file)
        .take(HEADER_BYTES)
        .read_to_end(&mut header)
        .map_err(refused)?;
    if header.is_empty() {
        return Ok(true);
    }
    if !header.starts_with(MAGIC) {
        return Err(corrupt("it does not begin like an SQLite database".into()));
    }
    let (promised, pending) = (promised_bytes(&header), is_pending(path));
    let length = file.metadata().map_err(refused)?.len();
    match promised {
        Some(promised) if !pending && length < promised => Err(corrupt(format!(
            "it has {length} bytes of the {promised} that it says it has"
        ))),
        _ => Ok(false),
    }
}

/// How long a file says it is, if it can be told.
fn promised_bytes(header: &[u8]) -> Option<u64> {
    let number = |at: usize| {
        let bytes: [u8; 4] = header.get(at..at + 4)?.try_into().ok()?;
        Some(u64::from(u32::from_be_bytes(bytes)))
    };
    // The page size is 16 bits, of which 1 stands for 65,536.
    let page_size = match number(16)? >> 16 {
        1 => 65_536,
        size => size,
    };
    // The count is right only if whoever wrote last kept it.
    (number(24)? == number(92)?).then_some(page_size * number(28)?)
}

/// Whether a log or a journal beside the file may hold what the file lacks.
fn is_pending(path: &Path) -> bool {
    ["-wal", "-journal"].into_iter().any(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        std::fs::metadata(name).is_ok_and(|found| found.len() > 0)
    })
}
