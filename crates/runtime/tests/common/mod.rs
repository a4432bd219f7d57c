//! What the runtime's tests share: a store in memory, a clock that is moved by hand, and waiting for
//! what is to happen without sleeping.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a test's own, of which each test binary uses a part"
)]

use std::sync::Arc;
use std::time::Duration;

use duly_core::{State, TaskId};
use duly_runtime::{House, WorkerBuilder};
use duly_store::{
    Clock, ManualClock, MemoryStore, NewTask, Payload, Store, Submit, TaskRecord, id,
};

pub mod faulty;

pub use faulty::{Fault, FaultyStore, Operation};

/// How often something is looked for before it counts as never happening.
const LOOKS_MAX: usize = 2_000_000;

/// A store, its clock, and the wrapper that makes it fail.
pub struct Bench {
    pub clock: Arc<ManualClock>,
    pub store: Arc<FaultyStore>,
}

impl Bench {
    pub fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(MemoryStore::new(clock.clone()));
        Self::with(store, clock)
    }

    pub fn with(store: Arc<dyn Store>, clock: Arc<ManualClock>) -> Self {
        let store = Arc::new(FaultyStore::new(store));
        Self { clock, store }
    }

    /// A worker without housekeeping, under the name `w`.
    pub fn worker(&self) -> WorkerBuilder {
        WorkerBuilder::new(self.store.clone(), self.clock.clone())
            .name("w")
            .concurrency(4)
            .without_house()
    }

    pub fn house(&self) -> House {
        House::default()
    }

    pub async fn submit(&self, kind: &str) -> TaskId {
        self.submit_with(kind, |_| {}).await
    }

    pub async fn submit_with(&self, kind: &str, change: impl FnOnce(&mut NewTask)) -> TaskId {
        let mut task = NewTask::new(id::task_id(&*self.clock), kind, Payload::default());
        change(&mut task);
        let id = task.id;
        self.store.submit(Submit::one(task)).await.unwrap();
        id
    }

    pub async fn task(&self, id: TaskId) -> TaskRecord {
        self.store.inner().task(id).await.unwrap().unwrap()
    }

    pub async fn state(&self, id: TaskId) -> State {
        self.task(id).await.state
    }

    /// Waits until the task is in that state, the clock standing still.
    pub async fn reaches(&self, id: TaskId, state: State) -> TaskRecord {
        for _ in 0..LOOKS_MAX {
            let task = self.task(id).await;
            if task.state == state {
                return task;
            }
            tokio::task::yield_now().await;
        }
        panic!("expected {state}, got {:?}", self.task(id).await);
    }

    /// Moves the clock in steps, and lets everybody act after each.
    pub async fn pass(&self, time: Duration) {
        const STEP: Duration = Duration::from_millis(250);
        let end = self.clock.now() + time;
        while self.clock.now() < end {
            self.clock.advance(STEP.min(end.since(self.clock.now())));
            rest().await;
        }
    }
}

/// Lets everybody act who can.
pub async fn rest() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Waits until something is so, the clock standing still.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..LOOKS_MAX {
        if is_so() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("never happened: {what}");
}
