//! The log stays small, whoever reads meanwhile.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod support;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};

use duly_store::testing::task;
use duly_store::{NewTask, Payload, Store, Submit, SystemClock, id};
use rusqlite::Connection;

/// What one submit of the tests adds to the log.
const BYTES: usize = 1 << 20;
/// Longer than this the log does not grow: what it is cut back to, and some attempts at it in vain.
const LOG_BYTES_MAX: u64 = 192 << 20;

/// A transaction begins with its first read.
const BEGIN: &str = "BEGIN; SELECT count(*) FROM duly_queue;";

/// It ends after some work, during which others commit.
const END: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
    SELECT count(*) FROM n; COMMIT";

fn log(path: &Path) -> u64 {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    std::fs::metadata(name).unwrap().len()
}

fn heavy() -> Submit {
    Submit::one(NewTask {
        id: id::task_id(&SystemClock),
        payload: Payload::bytes(vec![7; BYTES]),
        ..task(1)
    })
}

/// Two that read in turns, each beginning before the other ends: one of them always reads.
fn read_on(path: &Path, stop: &'static AtomicBool) -> [JoinHandle<()>; 2] {
    let (first, second) = (reader(path), reader(path));
    let (to_first, from_second) = channel();
    let (to_second, from_first) = channel();
    first.execute_batch(BEGIN).unwrap();
    let turn = move || {
        while from_second.recv().is_ok() {
            first.execute_batch(END).unwrap();
            first.execute_batch(BEGIN).unwrap();
            if to_second.send(()).is_err() {
                break;
            }
        }
    };
    let return_turn = move || {
        while !stop.load(Ordering::Relaxed) {
            second.execute_batch(BEGIN).unwrap();
            to_first.send(()).unwrap();
            from_first.recv().unwrap();
            second.execute_batch(END).unwrap();
        }
    };
    [thread::spawn(turn), thread::spawn(return_turn)]
}

fn reader(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

#[tokio::test]
async fn readers_without_a_pause_do_not_let_it_grow() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    let store = support::real(&path);
    let readers = read_on(&path, &STOP);
    let mut longest = 0;
    for _ in 0..320 {
        store.submit(heavy()).await.unwrap();
        longest = longest.max(log(&path));
    }
    STOP.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
    store.close().await.unwrap();
    assert!(longest < LOG_BYTES_MAX, "{longest} bytes");
}

#[tokio::test]
async fn a_reader_that_never_ends_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("duly.db");
    let store = support::real(&path);
    let reader = reader(&path);
    reader.execute_batch(BEGIN).unwrap();
    for _ in 0..210 {
        store.submit(heavy()).await.unwrap();
    }
    assert!(log(&path) > LOG_BYTES_MAX, "it cannot be cut back yet");
    reader.execute_batch("COMMIT").unwrap();
    for _ in 0..64 {
        store.submit(heavy()).await.unwrap();
    }
    assert!(log(&path) < LOG_BYTES_MAX, "it was cut back");
    store.close().await.unwrap();
}
