//! Stores of one sort, each fresh.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use duly_core::TaskId;
use duly_store::{Clock, MemoryStore, NewTask, Payload, SystemClock};
use duly_store_sqlite::{Options, SqliteStore};

use crate::port::{KIND, Port};
use crate::sqlite::limit::{BATCH, Limit};
use crate::sqlite::{PAYLOAD, ids_from};

/// Where stores of one sort are opened.
pub(super) struct House<'a> {
    /// `memory` or `sqlite`.
    pub(super) store: &'static str,
    dir: &'a Path,
    opened: Cell<u32>,
}

impl<'a> House<'a> {
    pub(super) const fn new(store: &'static str, dir: &'a Path) -> Self {
        Self {
            store,
            dir,
            opened: Cell::new(0),
        }
    }

    pub(super) fn is_memory(&self) -> bool {
        self.store == "memory"
    }

    /// A fresh store, by the time of the machine.
    pub(super) async fn open(&self) -> anyhow::Result<Port> {
        self.open_at(Arc::new(SystemClock)).await
    }

    /// A fresh file, by hand: the same rows, spread over so many lanes; none beside a memory store.
    pub(super) async fn by_hand(&self, lanes: u32, fair: bool) -> anyhow::Result<Option<Limit>> {
        if self.is_memory() {
            return Ok(None);
        }
        self.open().await?.store.close().await?;
        Ok(Some(Limit::open(&self.path())?.spread(lanes, fair)?))
    }

    fn path(&self) -> PathBuf {
        self.dir.join(format!("rules-{}.db", self.opened.get()))
    }

    /// A fresh store, by another clock.
    pub(super) async fn open_at(&self, clock: Arc<dyn Clock>) -> anyhow::Result<Port> {
        if self.is_memory() {
            return Port::on(Arc::new(MemoryStore::new(clock))).await;
        }
        self.opened.set(self.opened.get() + 1);
        let path = self.path();
        let options = Options {
            clock,
            ..Options::default()
        };
        Port::on(Arc::new(SqliteStore::open(path, options).await?)).await
    }
}

/// Tasks, one after the other.
#[derive(Default)]
pub(super) struct Stream {
    made: u32,
}

impl Stream {
    /// The next ones, each as `shape` makes it from a plain one and its number.
    pub(super) fn next(&mut self, count: u32, shape: impl Fn(&mut NewTask, u32)) -> Vec<NewTask> {
        let first = self.made;
        self.made += count;
        let ids = ids_from(u64::from(first), count).into_iter();
        ids.zip(first..)
            .map(|(id, number)| {
                let id = TaskId::from_bytes(id);
                let mut task = NewTask::new(id, KIND, Payload::json(PAYLOAD));
                shape(&mut task, number);
                task
            })
            .collect()
    }

    /// Submits so many, in batches.
    pub(super) async fn fill(
        &mut self,
        port: &Port,
        count: u32,
        shape: impl Fn(&mut NewTask, u32),
    ) -> anyhow::Result<()> {
        let mut left = count;
        while left > 0 {
            let batch = left.min(10 * BATCH);
            port.submit_tasks(self.next(batch, &shape)).await?;
            left -= batch;
        }
        Ok(())
    }

    /// Submits, claims and completes so many, in batches; how long it took.
    pub(super) async fn cycle(
        &mut self,
        port: &Port,
        count: u32,
        shape: impl Fn(&mut NewTask, u32),
    ) -> anyhow::Result<Duration> {
        let mut took = Duration::ZERO;
        for _ in 0..count / BATCH {
            let tasks = self.next(BATCH, &shape);
            let begin = Instant::now();
            port.submit_tasks(tasks).await?;
            let taken = port.claim(BATCH).await?;
            anyhow::ensure!(taken.len() == BATCH as usize, "a claim had too little");
            port.complete(taken).await?;
            took += begin.elapsed();
        }
        Ok(took)
    }
}
