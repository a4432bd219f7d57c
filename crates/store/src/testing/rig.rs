//! What a test needs: a store, its clock, and short ways to use them.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use duly_core::{AttemptRef, Decision, EventKind, Incarnation, State, TaskId};

use crate::{
    Claim, Claimed, Clock, EventCursor, Labels, Lease, ManualClock, Name, NewTask, Payload,
    Registration, Settle, SettleError, Settlement, Store, Submit, TaskRecord,
};

/// A fresh store on a clock that stands until it is moved, and whatever has to live as long.
pub struct Rig {
    /// The store under test.
    pub store: Arc<dyn Store>,
    /// The clock it tells the time by.
    pub clock: Arc<ManualClock>,
    /// Kept until the test ends: a folder, say.
    pub guard: Box<dyn Any + Send>,
}

/// The worker of most tests.
pub const ME: Incarnation = Incarnation::from_bytes([0xa1; 16]);
/// Another worker.
pub const OTHER: Incarnation = Incarnation::from_bytes([0xb2; 16]);
/// The kind of most tests.
pub const KIND: &str = "work";
/// The queue of most tests.
pub const QUEUE: &str = NewTask::QUEUE_DEFAULT;

/// The id of a test's nth task.
#[must_use]
pub const fn id(n: u8) -> TaskId {
    TaskId::from_bytes([n; 16])
}

/// A test's nth task, with the defaults.
#[must_use]
pub fn task(n: u8) -> NewTask {
    NewTask::new(id(n), KIND, Payload::json(format!("{n}")))
}

/// A test's nth task, changed.
pub fn task_with(n: u8, change: impl FnOnce(&mut NewTask)) -> NewTask {
    let mut task = task(n);
    change(&mut task);
    task
}

/// Names, from text.
#[must_use]
pub fn names(names: &[&str]) -> Vec<Name> {
    names.iter().map(|name| Name::from(*name)).collect()
}

/// How a worker of tests introduces itself.
#[must_use]
pub fn registration(incarnation: Incarnation, name: &str) -> Registration {
    Registration {
        incarnation,
        name: name.into(),
        queues: names(&[QUEUE]),
        kinds: names(&[KIND]),
        labels: Labels::new(),
        capacity: 8,
    }
}

/// A claim of `run` tasks to begin at once, in the usual queue and of the usual kind.
#[must_use]
pub fn claim(run: u32) -> Claim {
    Claim {
        weights: Vec::new(),
        incarnation: ME,
        queues: names(&[QUEUE]),
        kinds: names(&[KIND]),
        run,
        prefetch: 0,
        suspect: true,
        turn: 0,
    }
}

impl Rig {
    /// A rig in which the usual worker, named `me`, is registered.
    pub async fn ready(self) -> Self {
        self.store
            .register(registration(ME, "me"))
            .await
            .expect("a worker registers");
        self
    }

    /// Moves the clock forward.
    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Submits tasks that must be taken.
    pub async fn submit(&self, tasks: Vec<NewTask>) {
        self.store
            .submit(Submit { tasks })
            .await
            .expect("the tasks are taken");
    }

    /// Claims, which must succeed.
    pub async fn claim(&self, claim: Claim) -> Claimed {
        self.store.claim(claim).await.expect("the claim succeeds")
    }

    /// Claims `run` tasks to begin at once.
    pub async fn run(&self, run: u32) -> Vec<Lease> {
        self.claim(claim(run)).await.leases
    }

    /// The ids of what a claim hands out.
    pub async fn run_ids(&self, run: u32) -> Vec<TaskId> {
        self.run(run)
            .await
            .iter()
            .map(|lease| lease.attempt.task)
            .collect()
    }

    /// Ends one attempt of the usual worker.
    pub async fn settle(
        &self,
        attempt: AttemptRef,
        decision: Decision,
    ) -> Result<State, SettleError> {
        self.settle_with(ME, Settlement::new(attempt, decision))
            .await
    }

    /// Ends one attempt.
    pub async fn settle_with(
        &self,
        incarnation: Incarnation,
        settlement: Settlement,
    ) -> Result<State, SettleError> {
        let settle = Settle {
            incarnation,
            settlements: vec![settlement],
        };
        let mut settled = self.store.settle(settle).await.expect("the store answers");
        settled
            .attempts
            .pop()
            .expect("an answer for each settlement")
    }

    /// A task that must be there.
    pub async fn task(&self, n: u8) -> TaskRecord {
        self.store
            .task(id(n))
            .await
            .expect("the store answers")
            .expect("the task is there")
    }

    /// The state of a task that must be there.
    pub async fn state(&self, n: u8) -> State {
        self.task(n).await.state
    }

    /// What has happened to a task, in order.
    pub async fn history(&self, n: u8) -> Vec<EventKind> {
        let page = self
            .store
            .task_events(id(n), EventCursor::START, 1_000)
            .await;
        page.expect("the task has events")
            .events
            .iter()
            .map(|event| event.kind)
            .collect()
    }

    /// The clock's now.
    #[must_use]
    pub fn now(&self) -> duly_core::Timestamp {
        self.clock.now()
    }
}
