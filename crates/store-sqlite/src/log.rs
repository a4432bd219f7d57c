//! The log, kept short. SQLite copies it into the database by itself, but begins it anew only at a
//! moment when nobody reads; where somebody always does, it has to wait for that moment.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;

use crate::connection::{self, LOG_BYTES_MAX};

/// After how many transactions its length is looked at.
const LOOK_GROUPS: u32 = 32;
/// How long the writer waits for readers: the log begins anew as soon as those have ended that read now.
const PATIENCE: Duration = Duration::from_millis(500);
/// If some read for longer, it has to grow by this much before they are waited for again: 16 MiB.
const GROWTH: u64 = 16 << 20;
const BEGIN_ANEW: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// The log of the writer's file.
#[derive(Debug)]
pub(crate) struct Log {
    path: Option<PathBuf>,
    groups: u32,
    /// Longer than this, it is to begin anew.
    bound: u64,
}

impl Log {
    pub(crate) fn of(connection: &Connection) -> Self {
        Self {
            path: connection.path().map(|path| format!("{path}-wal").into()),
            groups: 0,
            bound: LOG_BYTES_MAX.unsigned_abs(),
        }
    }

    /// Looks after it, between transactions.
    pub(crate) fn tend(&mut self, connection: &Connection) {
        self.groups += 1;
        if self.groups < LOOK_GROUPS {
            return;
        }
        self.groups = 0;
        if self.bytes() <= self.bound {
            return;
        }
        // A failure is one of the disk, and shows at the next operation.
        let anew = connection::with_patience(PATIENCE, || begin_anew(connection));
        self.bound = match anew {
            Ok(true) => LOG_BYTES_MAX.unsigned_abs(),
            Ok(false) | Err(_) => self.bytes() + GROWTH,
        };
    }

    fn bytes(&self) -> u64 {
        let found = self.path.as_ref().map(std::fs::metadata);
        found.and_then(Result::ok).map_or(0, |file| file.len())
    }
}

/// Whether it could.
fn begin_anew(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row(BEGIN_ANEW, [], |row| row.get(0).map(|busy: bool| !busy))
}
