//! Schedules are fired by whoever keeps house.
#![allow(
    clippy::unwrap_used,
    reason = "a test ends where it fails; all of its functions are tests' own"
)]

use std::time::Duration;

use duly_core::{Decision, State, TaskId, Timestamp};
use duly_runtime::House;
use duly_runtime::schedule::labels::{CAUGHT_UP, SCHEDULE, TICK};
use duly_runtime::schedule::{
    BackfillPeriod, Definition, Put, Removed, Schedules, SchedulesError, UnreadableSchedule,
};
use duly_schedule::{Missed, Overlap, Rule, Terms};
use duly_store::{
    Admission, Change, Claim, Clock, List, Name, NewTask, OnConflict, Payload, QueueChange,
    Registration, Replace, ScheduleError, Settle, Settlement, Store, Submit, SubmitError,
    TaskRecord, Unique, UniqueScope, When, id,
};

#[path = "../common/mod.rs"]
mod common;
mod declaring;
mod firing;
mod set_back;
mod unreadable;
mod waiting;

use common::{Bench, Fault, Operation};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Every 10 seconds, from the epoch on.
fn every_10s() -> Definition {
    let rule = Rule::every(10 * SECOND, Timestamp::default()).unwrap();
    let task = NewTask::new(TaskId::from_bytes([0; 16]), "report", Payload::json("1"));
    Definition {
        terms: Terms::new(rule),
        task,
    }
}

fn with(change: impl FnOnce(&mut Definition)) -> Definition {
    let mut definition = every_10s();
    change(&mut definition);
    definition
}

impl Bench {
    fn schedules(&self) -> Schedules {
        Schedules::new(self.store.clone(), self.clock.clone())
    }

    async fn add(&self, definition: Definition) -> Schedules {
        let schedules = self.schedules();
        schedules.add("s".into(), definition).await.unwrap();
        schedules
    }

    /// The tasks of schedules, the oldest first.
    async fn fired(&self) -> Vec<TaskRecord> {
        let list = List {
            limit: 1_000,
            ..List::default()
        };
        let mut tasks = self.store.inner().list(list).await.unwrap().tasks;
        tasks.reverse();
        tasks.retain(|task| task.labels.contains_key(SCHEDULE));
        tasks
    }

    /// After how many seconds of the clock's life each tick was due.
    async fn ticks(&self, begin: Timestamp) -> Vec<u64> {
        let fired = self.fired().await;
        let since = |task: &TaskRecord| task.due_at.since(begin).as_secs();
        fired.iter().map(since).collect()
    }

    /// Ends, as done, all that waits.
    async fn work(&self) {
        let store = self.store.inner();
        let incarnation = id::incarnation(&*self.clock);
        let registration = Registration {
            incarnation,
            name: "w".into(),
            queues: vec!["default".into()],
            kinds: vec!["report".into()],
            labels: duly_store::Labels::new(),
            capacity: 1,
        };
        store.register(registration).await.unwrap();
        let claim = Claim {
            weights: Vec::new(),
            incarnation,
            queues: vec!["default".into()],
            kinds: vec!["report".into()],
            run: 1_000,
            prefetch: 0,
            suspect: true,
            turn: 0,
        };
        let leases = store.claim(claim).await.unwrap().leases;
        let done = |lease: &duly_store::Lease| Settlement::new(lease.attempt, Decision::Complete);
        let settle = Settle {
            incarnation,
            settlements: leases.iter().map(done).collect(),
        };
        store.settle(settle).await.unwrap();
    }
}

/// An instant at which a tick of every 10 seconds lies.
fn aligned(bench: &Bench) -> Timestamp {
    let micros = bench.clock.now().as_micros();
    let begin = Timestamp::from_micros(micros - micros % 10_000_000 + 10_000_000);
    bench.clock.set(begin);
    begin
}
