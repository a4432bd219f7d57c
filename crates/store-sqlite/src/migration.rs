//! The schema: embedded files, applied in order, each once.

use std::path::Path;

use duly_store::Clock;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::error::OpenError;

/// One step of the schema.
pub(crate) struct Migration {
    /// Its place, from 1 without gaps.
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
    /// The oldest version of the code that may still work with a file after this step: schemas expand
    /// first and contract a release later, so that neighbouring versions share a file during a deploy.
    pub(crate) opens_from: i64,
}

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "heart",
        sql: include_str!("migrations/0001_heart.sql"),
        opens_from: 1,
    },
    Migration {
        version: 2,
        name: "face",
        sql: include_str!("migrations/0002_face.sql"),
        opens_from: 1,
    },
    Migration {
        version: 3,
        name: "rules",
        sql: include_str!("migrations/0003_rules.sql"),
        opens_from: 3,
    },
];

const CREATE: &str = "CREATE TABLE IF NOT EXISTS duly_schema (
    version    INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    checksum   TEXT NOT NULL,
    opens_from INTEGER NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";
const APPLIED: &str =
    "SELECT version, name, checksum, opens_from FROM duly_schema ORDER BY version";
const RECORD: &str = "INSERT INTO duly_schema (version, name, checksum, opens_from, applied_at)
    VALUES (?1, ?2, ?3, ?4, ?5)";

/// Written into a database that is Duly's alone, so that `file` and others can tell.
const APPLICATION_ID: i32 = 0x4475_6c79;

/// The newest version that is known here.
pub(crate) const fn known() -> i64 {
    MIGRATIONS[MIGRATIONS.len() - 1].version
}

/// FNV-1a, 64 bits: it tells builds apart, it does not keep secrets.
fn checksum(sql: &str) -> String {
    let hash = sql.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// Checks what was applied to a file against what is known here, and answers how far it is. Writes
/// nothing.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<i64, OpenError> {
    let failed = |error| OpenError::of(path, &error);
    let mut statement = connection.prepare(APPLIED).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut newest = 0;
    while let Some(row) = rows.next().map_err(failed)? {
        let read = || {
            let text = |at| row.get::<_, String>(at);
            Ok((row.get(0)?, text(1)?, text(2)?, row.get(3)?))
        };
        let (version, name, found, opens_from): (i64, _, _, i64) = read().map_err(failed)?;
        match MIGRATIONS.iter().find(|known| known.version == version) {
            Some(migration) if checksum(migration.sql) != found => {
                return Err(OpenError::Altered {
                    path: path.into(),
                    version,
                    name,
                });
            }
            None if opens_from > known() => {
                return Err(OpenError::Newer {
                    path: path.into(),
                    found: version,
                    known: known(),
                });
            }
            _ => newest = version,
        }
    }
    Ok(newest)
}

/// Brings a file up to date. Several processes may do so at once: one does, the others find it done.
pub(crate) fn apply(
    connection: &mut Connection,
    path: &Path,
    clock: &dyn Clock,
    is_ours_alone: bool,
) -> Result<(), OpenError> {
    let failed = |error| OpenError::of(path, &error);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    transaction.execute_batch(CREATE).map_err(failed)?;
    let newest = check(&transaction, path)?;
    let missing = MIGRATIONS.iter().filter(|step| step.version > newest);
    for step in missing {
        let record = params![
            step.version,
            step.name,
            checksum(step.sql),
            step.opens_from,
            clock.now().as_micros()
        ];
        transaction
            .execute_batch(step.sql)
            .and_then(|()| transaction.execute(RECORD, record))
            .map_err(failed)?;
    }
    if newest == 0 && is_ours_alone {
        transaction
            .pragma_update(None, "application_id", APPLICATION_ID)
            .map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Book;

    #[test]
    fn versions_have_no_gaps_and_name_their_files() {
        for (place, migration) in (1..).zip(MIGRATIONS) {
            assert_eq!(migration.version, place);
            assert!(migration.opens_from <= migration.version);
        }
    }

    /// What a process whose schema is the first one writes: tasks of two queues, and their events.
    fn tell(connection: &Connection, events: std::ops::RangeInclusive<i64>) {
        for event in events {
            let (task, kind) = (1 + event % 2, i64::from(event > 2));
            connection
                .execute(
                    "INSERT INTO duly_event (sequence, task, kind, at, attempt)
                     VALUES (?1, ?2, ?3, 0, 0)",
                    [event, task, kind],
                )
                .unwrap();
            let set = "UPDATE duly_counter SET value = ?1 WHERE name = 'event'";
            connection.execute(set, [event]).unwrap();
        }
    }

    fn totals(connection: &Connection) -> Vec<(i64, i64, i64)> {
        let mut statement = connection
            .prepare("SELECT queue, kind, n FROM duly_total")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn what_happened_before_there_were_totals_is_counted_and_so_is_what_an_old_process_tells() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0].sql).unwrap();
        let tasks = "INSERT INTO duly_task (sequence, id, queue, kind, submitted_at, encoding, version, payload)
            VALUES (1, x'01', 7, 1, 0, 0, 0, x''), (2, x'02', 8, 1, 0, 0, 0, x'')";
        connection.execute_batch(tasks).unwrap();
        tell(&connection, 1..=3);
        connection.execute_batch(MIGRATIONS[1].sql).unwrap();
        assert_eq!(totals(&connection), [(7, 0, 1), (8, 0, 1), (8, 1, 1)]);
        tell(&connection, 4..=6);
        for _ in 0..2 {
            let counters = *Book::default().counters(&connection).unwrap();
            assert_eq!(counters.event, 6);
            let expected = [(7, 0, 1), (7, 1, 2), (8, 0, 1), (8, 1, 2)];
            assert_eq!(totals(&connection), expected, "once, not twice");
        }
    }

    #[test]
    fn what_was_there_before_there_were_records_of_tenants_is_counted() {
        let connection = Connection::open_in_memory().unwrap();
        let batch = |sql: &str| connection.execute_batch(sql).unwrap();
        let (before, after) = MIGRATIONS.split_at(2);
        before.iter().for_each(|step| batch(step.sql));
        batch(
            "INSERT INTO duly_kind (id, name) VALUES (1, 'a'), (2, 'b');
             INSERT INTO duly_lane (id, line, suspect) VALUES (1, 5, 0), (2, 6, 0);
             INSERT INTO duly_task
                 (sequence, id, queue, kind, submitted_at, tenant, encoding, version, payload)
                 VALUES (1, x'01', 7, 1, 0, 'x', 0, 0, x''), (2, x'02', 7, 2, 0, 'x', 0, 0, x''),
                        (3, x'03', 7, 1, 0, 'y', 0, 0, x''), (4, x'04', 7, 1, 0, NULL, 0, 0, x'');
             INSERT INTO duly_live
                 (sequence, lane, class, rank, state, priority, due_at, attempt, spent, lost,
                  lost_max, cancel_requested, keyed)
                 SELECT column1, column2, 2, 0, 2, 2, 0, 0, 0, 0, 3, 0, 0
                 FROM (VALUES (1, 1), (2, 2), (4, 1));",
        );
        after.iter().for_each(|step| batch(step.sql));
        let counts = |sql: &str| -> Vec<(String, i64)> {
            let mut statement = connection.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
            rows.unwrap().collect::<Result<_, _>>().unwrap()
        };
        let named = |expected: [(&str, i64); 2]| expected.map(|(name, n)| (name.to_owned(), n));
        assert_eq!(
            counts("SELECT name, unfinished FROM duly_kind ORDER BY name"),
            named([("a", 2), ("b", 1)])
        );
        assert_eq!(
            counts(
                "SELECT name, (SELECT coalesce(sum(unfinished), 0) FROM duly_lane WHERE tenant = name)
                 FROM duly_tenant ORDER BY name"
            ),
            named([("x", 2), ("y", 0)])
        );
        assert_eq!(
            counts(
                "SELECT la.tenant || ' in ' || la.line, la.unfinished FROM duly_live AS s
                 CROSS JOIN duly_lane AS la ON la.id = s.lane WHERE la.tenant <> '' ORDER BY s.sequence"
            ),
            named([("x in 5", 1), ("x in 6", 1)]),
            "each stands in a lane of its tenant, by line"
        );
        let plain = "SELECT lane FROM duly_live WHERE sequence = 4";
        let plain: i64 = connection.query_row(plain, [], |row| row.get(0)).unwrap();
        assert_eq!(plain, 1, "what is nobody's stays where it was");
    }

    #[test]
    fn a_checksum_tells_texts_apart() {
        assert_eq!(checksum(""), "cbf29ce484222325");
        assert_ne!(checksum("a"), checksum("b"));
    }
}
