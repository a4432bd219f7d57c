//! What the runtime's tests share: a store in memory, a clock that is moved by hand, and waiting for
//! what is to happen without sleeping.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "a test's own, of which each test binary uses a part"
)]

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use duly_core::{EventKind, State, TaskId};
use duly_runtime::{House, Housekeeper, WorkerBuilder};
use duly_store::{
    Clock, EventCursor, ManualClock, MemoryStore, NewTask, Payload, Store, Submit, TakeBack,
    TaskRecord, id,
};

pub mod faulty;
pub mod gate;

pub use faulty::{Fault, FaultyStore, Operation};
pub use gate::Gate;

/// How often something is looked for before it counts as never happening.
const LOOKS_MAX: usize = 2_000_000;

/// After so many turns without a call to the store everybody is waiting for something.
const QUIET: usize = 60;

/// A store, its clock, and the wrapper that makes it fail.
pub struct Bench {
    pub clock: Arc<ManualClock>,
    pub store: Arc<FaultyStore>,
    /// What is to live as long as the store: the folder of its file.
    home: Option<Box<dyn Any + Send>>,
}

impl Bench {
    pub fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(MemoryStore::new(clock.clone()));
        Self::with(store, clock, None)
    }

    pub fn with(
        store: Arc<dyn Store>,
        clock: Arc<ManualClock>,
        home: Option<Box<dyn Any + Send>>,
    ) -> Self {
        let store = Arc::new(FaultyStore::new(store));
        Self { clock, store, home }
    }

    /// Another way to the same store, with faults of its own.
    pub fn beside(&self) -> Self {
        Self::with(self.store.inner().clone(), self.clock.clone(), None)
    }

    /// On a store that may be out of reach for one process only.
    pub fn without_shared_fate() -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let store = Arc::new(FaultyStore::without_shared_fate(store));
        let home = None;
        Self { clock, store, home }
    }

    /// A worker without housekeeping, under the name `w`.
    pub fn worker(&self) -> WorkerBuilder {
        WorkerBuilder::new(self.store.clone(), self.clock.clone())
            .name("w")
            .concurrency(4)
            .without_house()
    }

    /// Housekeeping by another instance.
    pub fn keep_house(&self) -> Housekeeper {
        House::default().start(self.store.clone(), self.clock.clone())
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

    /// Takes all leases of all workers back, as if they had been silent for long.
    pub async fn take_all_back(&self) {
        let store = self.store.inner();
        for worker in store.workers().await.unwrap() {
            let request = TakeBack {
                incarnation: worker.registration.incarnation,
                beats: None,
                limit: 100,
            };
            assert!(store.take_back(request).await.unwrap().gone);
        }
    }

    /// What happened to the task.
    pub async fn events(&self, id: TaskId) -> Vec<EventKind> {
        let store = self.store.inner();
        let page = store
            .task_events(id, EventCursor::START, 100)
            .await
            .unwrap();
        page.events.iter().map(|event| event.kind).collect()
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
            self.rest().await;
        }
    }

    /// Lets everybody act who can, until nobody has anything to do and no call is under way.
    pub async fn rest(&self) {
        let mut quiet = 0;
        for _ in 0..LOOKS_MAX {
            quiet = if self.store.under_way() == 0 {
                quiet + 1
            } else {
                0
            };
            if quiet > QUIET {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("calls to the store do not end");
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
