//! What becomes of a file: it is kept, or refused with a clear error and left as it was.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod support;

use std::path::Path;
use std::sync::Arc;

use duly_core::State;
use duly_store::testing::{Rig, id, task};
use duly_store::{ManualClock, RequestError, Save, Store, StoreError, Submit, SubmitError};
use duly_store_sqlite::{OpenError, Options, SqliteStore};
use rusqlite::Connection;
use support::options;

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

async fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, options(Arc::new(ManualClock::default()))).await
}

/// Opening must be refused, and change nothing.
async fn refused(path: &Path) -> OpenError {
    let before = bytes(path);
    let error = open(path).await.unwrap_err();
    assert!(bytes(path) == before, "the file was changed");
    error
}

/// A file of ours with one task, closed.
async fn made(path: &Path) {
    let store = open(path).await.unwrap();
    let tasks = vec![task(1)];
    store.submit(Submit { tasks }).await.unwrap();
    store.close().await.unwrap();
}

fn alter(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
    connection.close().unwrap();
}

#[tokio::test]
async fn what_was_submitted_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    made(&path).await;
    let store = open(&path).await.unwrap();
    assert_eq!(store.path(), path);
    let found = store.task(id(1)).await.unwrap().unwrap();
    assert_eq!((found.sequence, found.state), (1, State::Pending));
    let tasks = vec![task(1), task(2)];
    let reply = store.submit(Submit { tasks }).await.unwrap();
    assert_eq!(
        [reply.tasks[0].existed(), reply.tasks[1].existed()],
        [true, false]
    );
    assert_eq!(store.task(id(2)).await.unwrap().unwrap().sequence, 2);
    assert_eq!(
        store.queues().await.unwrap()[0].counts.of(State::Pending),
        2
    );
}

#[tokio::test]
async fn what_was_answered_is_there_although_nobody_closed_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    let store = open(&path).await.unwrap();
    let tasks = vec![task(1)];
    store.submit(Submit { tasks }).await.unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    let log = |path: &Path| path.with_extension("db-wal");
    std::fs::copy(log(&path), log(&copy)).unwrap();
    let copy = open(&copy).await.unwrap();
    assert!(copy.task(id(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn an_empty_file_is_a_fresh_one() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let store = open(file.path()).await.unwrap();
    assert_eq!(store.queues().await.unwrap(), []);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(&folder.path().join("none/duly.db")).await.unwrap_err();
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
    assert!(error.to_string().contains("none/duly.db"), "{error}");
}

#[tokio::test]
async fn garbage_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [("text", &b"not a database"[..]), ("zeros", &[0; 8192])] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let error = refused(&path).await;
        assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    }
}

#[tokio::test]
async fn garbage_behind_a_good_beginning_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    made(&path).await;
    for from in [100, 4096] {
        let mut content = bytes(&path);
        content[from..].fill(0xaa);
        let broken = folder.path().join(format!("broken-{from}.db"));
        std::fs::write(&broken, content).unwrap();
        let error = refused(&broken).await;
        assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_truncated_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    made(&path).await;
    let whole = bytes(&path);
    for length in [50, 4096, whole.len() - 4096, whole.len() - 1] {
        let cut = folder.path().join(format!("cut-{length}.db"));
        std::fs::write(&cut, &whole[..length]).unwrap();
        let error = refused(&cut).await;
        assert!(
            matches!(error, OpenError::Corrupt { .. }),
            "{length}: {error}"
        );
    }
}

#[tokio::test]
async fn a_changed_byte_is_told_of_or_changes_nothing_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    made(&path).await;
    let whole = bytes(&path);
    let (mut refusals, mut reads) = (0, 0);
    for at in (0..whole.len()).step_by(997) {
        let mut content = whole.clone();
        content[at] ^= 0xff;
        let broken = folder.path().join(format!("broken-{at}.db"));
        std::fs::write(&broken, content).unwrap();
        let (after, limit) = (None, 100);
        match open(&broken).await {
            Err(error) => {
                let is_named = !matches!(error, OpenError::Io { .. } | OpenError::Busy { .. });
                assert!(is_named, "byte {at}: {error}");
                assert!(error.to_string().contains("broken-"), "byte {at}: {error}");
                refusals += 1;
            }
            Ok(store) => {
                let read = store.save(Save { after, limit }).await;
                let is_named = read.as_ref().is_err_and(|error| {
                    matches!(error, RequestError::Store(StoreError::Corrupt { .. }))
                });
                assert!(read.is_ok() || is_named, "byte {at}: {read:?}");
                // What it writes at the end may meet the damage.
                let _ = store.close().await;
                reads += 1;
            }
        }
    }
    assert!(
        refusals > 0 && reads > 0,
        "{refusals} refusals, {reads} reads"
    );
}

#[tokio::test]
async fn the_database_of_another_application_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    for mode in ["DELETE", "WAL"] {
        alter(
            &path,
            &format!("PRAGMA journal_mode = {mode}; CREATE TABLE IF NOT EXISTS customers (id);"),
        );
        match refused(&path).await {
            OpenError::Foreign { table, .. } => assert_eq!(table, "customers"),
            error => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn another_applications_database_can_be_shared() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    alter(
        &path,
        "PRAGMA application_id = 77; CREATE TABLE customers (id); INSERT INTO customers VALUES (5);",
    );
    let share = || Options {
        share_file: true,
        ..options(Arc::new(ManualClock::default()))
    };
    for tasks in [vec![task(1)], vec![task(2)]] {
        let store = SqliteStore::open(&path, share()).await.unwrap();
        store.submit(Submit { tasks }).await.unwrap();
        store.close().await.unwrap();
    }
    let connection = Connection::open(&path).unwrap();
    let number = |sql| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(number("SELECT id FROM customers"), 5);
    assert_eq!(
        number("PRAGMA application_id"),
        77,
        "it stays the application's"
    );
    assert_eq!(
        number("SELECT count(*) FROM sqlite_schema WHERE tbl_name NOT LIKE 'duly_%'"),
        1
    );
    drop(connection);
    open(&path)
        .await
        .expect("a file that has Duly's tables needs no permission any more");
}

#[tokio::test]
async fn a_newer_schema_is_refused_unless_it_still_serves_this_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    made(&path).await;
    let add = |version: i64, opens_from: i64| {
        alter(
            &path,
            &format!("INSERT INTO duly_schema VALUES ({version}, 'later', 'x', {opens_from}, 0)"),
        );
    };
    add(4, 3);
    open(&path)
        .await
        .expect("a neighbour's schema serves")
        .close()
        .await
        .unwrap();
    add(5, 4);
    match refused(&path).await {
        OpenError::Newer { found, known, .. } => assert_eq!((found, known), (5, 3)),
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn an_altered_migration_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    made(&path).await;
    alter(
        &path,
        "UPDATE duly_schema SET checksum = 'x' WHERE version = 1",
    );
    match refused(&path).await {
        OpenError::Altered { version, name, .. } => assert_eq!((version, &*name), (1, "heart")),
        error => panic!("{error}"),
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_taken_away_is_noticed_and_may_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let (path, aside) = (folder.path().join("duly.db"), folder.path().join("aside"));
    let store = open(&path).await.unwrap();
    let submit = |n| store.submit(Submit::one(task(n)));
    submit(1).await.unwrap();
    std::fs::rename(&path, &aside).unwrap();
    for replaced in [false, true] {
        if replaced {
            std::fs::write(&path, "").unwrap();
        }
        let refused = submit(2).await.unwrap_err();
        assert!(
            matches!(&refused, SubmitError::Store(error) if error.retryable() && !error.outcome_unknown())
        );
        let text = refused.to_string();
        assert!(
            text.contains("duly.db was removed or replaced while it was open"),
            "{text}"
        );
        assert_eq!(store.task(id(1)).await.unwrap_err().to_string(), text);
    }
    std::fs::rename(&aside, &path).unwrap();
    assert!(
        !submit(2).await.unwrap().tasks[0].existed(),
        "nothing was lost"
    );
    assert!(store.task(id(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn many_may_open_a_fresh_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let path = folder.path().join(format!("{round}.db"));
        let (one, two, three) = tokio::join!(open(&path), open(&path), open(&path));
        for store in [one, two, three] {
            store.unwrap().close().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_closed_store_has_let_go_of_its_file() {
    let Rig { store, guard, .. } = support::rig();
    let folder = guard.downcast::<tempfile::TempDir>().unwrap();
    let tasks = vec![task(1)];
    store.submit(Submit { tasks }).await.unwrap();
    store.close().await.unwrap();
    store.close().await.unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap();
    let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names, ["duly.db"], "the log is copied and gone");
}
