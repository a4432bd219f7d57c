//! An application that shares its file with a store.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use duly_core::{Decision, Incarnation, TaskId};
use duly_store::testing::{KIND, claim_of, registration};
use duly_store::{Claim, NewTask, Payload, Settle, Settlement, Store, SystemClock};
use duly_store_sqlite::{Options, SqliteStore};
use rusqlite::Connection;

/// A plain connection of the application, which knows nothing of Duly.
pub(crate) fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(30)).unwrap();
    connection
        .execute_batch("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY)")
        .unwrap();
    connection
}

/// A store in the file of the application.
pub(crate) fn store(path: &Path) -> Arc<SqliteStore> {
    let options = Options {
        share_file: true,
        ..super::options(Arc::new(SystemClock))
    };
    Arc::new(super::open(path, options).unwrap())
}

/// What was ordered.
pub(crate) fn orders(connection: &Connection) -> Vec<u32> {
    let mut statement = connection.prepare("SELECT id FROM orders").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// A task that can be told by its number.
pub(crate) fn numbered(n: u32) -> NewTask {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    NewTask::new(TaskId::from_bytes(bytes), KIND, Payload::default())
}

/// A worker that works until it is told to stop and nothing is left. Answers the numbers of what it ran.
pub(crate) async fn drain(store: Arc<SqliteStore>, me: u8, stop: Arc<AtomicBool>) -> Vec<u32> {
    let incarnation = Incarnation::from_bytes([me; 16]);
    store
        .register(registration(incarnation, "worker"))
        .await
        .unwrap();
    let mut ran = Vec::new();
    loop {
        let last = stop.load(Ordering::Relaxed);
        let claim = Claim {
            incarnation,
            ..claim_of(5)
        };
        let leases = store.claim(claim).await.unwrap().leases;
        if leases.is_empty() && last {
            return ran;
        }
        let attempts: Vec<_> = leases.iter().map(|lease| lease.attempt).collect();
        let number = |id: TaskId| u32::from_be_bytes(id.as_bytes()[..4].try_into().unwrap());
        ran.extend(attempts.iter().map(|attempt| number(attempt.task)));
        let settlements = attempts
            .into_iter()
            .map(|attempt| Settlement::new(attempt, Decision::Complete));
        let settle = Settle {
            incarnation,
            settlements: settlements.collect(),
        };
        let settled = store.settle(settle).await.unwrap();
        assert!(settled.attempts.iter().all(Result::is_ok));
    }
}
