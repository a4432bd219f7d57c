//! A kit for your own tests: virtual time, due work run inline, and assertions about what was
//! submitted. Nothing runs by itself, so tests need neither sleep nor luck.
//!
//! ```
//! use std::time::Duration;
//! use duly::testing::Kit;
//! use duly::{Context, JobError, State, Task};
//!
//! async fn remind(name: String, _ctx: Context) -> Result<String, JobError> {
//!     Ok(format!("dear {name}"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let mut kit = Kit::new(|worker| worker.handle("remind", remind));
//!
//! // the code under test gets `kit.duly()`, and submits
//! let task = Task::new("remind", &"ada").delay(Duration::from_secs(3600));
//! let id = kit.duly().submit(task).await.unwrap().id;
//!
//! kit.assert_submitted("remind", |name: String| name == "ada").await;
//! assert!(kit.run_due().await.is_empty(), "not yet");
//! kit.advance(Duration::from_secs(3600));
//! assert_eq!(kit.run_due().await[0].state, State::Completed);
//! assert_eq!(kit.result::<String>(id).await, "dear ada");
//! # }
//! ```

use std::sync::Arc;
use std::time::Duration;

use duly_core::{TaskId, Timestamp};
use duly_runtime::{Inline, Ran, WorkerBuilder};
use duly_store::bounds::PAGE_MAX;
use duly_store::{Clock, Filter, List, ManualClock, TaskRecord};
use serde::de::DeserializeOwned;

use crate::Duly;

/// How many attempts one [`Kit::run_due`] runs at most.
pub const RUNS_MAX: usize = 10_000;

/// A store in memory, a clock that is moved by hand, and a worker that works when it is told to.
///
/// What fails here fails the test: methods panic with a message that says what was expected.
pub struct Kit {
    duly: Duly,
    clock: Arc<ManualClock>,
    inline: Option<Inline>,
}

impl Kit {
    /// A kit whose worker is put together by `with`: handlers and queues. Its clock stands at
    /// 2026-01-01T00:00:00Z.
    ///
    /// # Panics
    /// If the worker cannot start: two handlers for one kind, say.
    #[must_use]
    pub fn new(with: impl FnOnce(WorkerBuilder) -> WorkerBuilder) -> Self {
        let mut kit = Self::without_worker();
        let worker = with(kit.duly.worker().name("kit"));
        kit.inline = Some(fits("a worker that can start", worker.inline()));
        kit
    }

    /// A kit that runs nothing: for code that only submits.
    #[must_use]
    pub fn without_worker() -> Self {
        let clock = Arc::new(ManualClock::default());
        Self {
            duly: Duly::in_memory(clock.clone()),
            clock,
            inline: None,
        }
    }

    /// The handle that the code under test uses.
    #[must_use]
    pub const fn duly(&self) -> &Duly {
        &self.duly
    }

    /// The kit's now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves time forward. Nothing runs until [`run_due`](Self::run_due).
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Runs everything that is due, and what that submits, one task after the other, in the order in
    /// which a worker would, until nothing is due. Answers what was run.
    ///
    /// # Panics
    /// If the kit has no worker, or if [`RUNS_MAX`] attempts were not enough: then a task goes on
    /// submitting itself, or retries without a delay.
    pub async fn run_due(&mut self) -> Vec<Ran> {
        let inline = self.inline.as_mut();
        let inline = inline.expect("a kit made by `Kit::new`, which has a worker");
        let ran = fits("a store that works", inline.run_due(RUNS_MAX).await);
        assert!(
            ran.len() < RUNS_MAX,
            "still not at rest after {RUNS_MAX} attempts: does a task submit itself, or retry without delay?"
        );
        ran
    }

    /// Moves time to when the next waiting task is due, and runs it; again and again until nothing
    /// waits, or `within` has passed. Answers what was run.
    ///
    /// # Panics
    /// As [`run_due`](Self::run_due).
    pub async fn run_all(&mut self, within: Duration) -> Vec<Ran> {
        let end = self.now() + within;
        let mut ran = self.run_due().await;
        while let Some(at) = self.next_due().await.filter(|at| *at <= end) {
            self.clock.set(at.max(self.now()));
            ran.extend(self.run_due().await);
        }
        ran
    }

    async fn next_due(&self) -> Option<Timestamp> {
        let tasks = self.tasks(Filter::default()).await;
        let waiting = tasks.iter().filter(|task| task.state.is_waiting());
        waiting.map(|task| task.due_at).min()
    }

    /// All tasks, the oldest submission first.
    ///
    /// # Panics
    /// If the store fails.
    pub async fn tasks(&self, filter: Filter) -> Vec<TaskRecord> {
        let mut request = List {
            filter,
            after: None,
            limit: PAGE_MAX,
            brief: false,
        };
        let mut tasks = Vec::new();
        loop {
            let page = fits("a list", self.duly.list(request.clone()).await);
            tasks.extend(page.tasks);
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
        }
        tasks.reverse();
        tasks
    }

    /// The payloads of all tasks of a kind, the oldest submission first.
    ///
    /// # Panics
    /// If one does not decode as `J`.
    pub async fn submitted<J: DeserializeOwned>(&self, kind: &str) -> Vec<J> {
        let filter = Filter {
            kind: Some(kind.into()),
            ..Filter::default()
        };
        let tasks = self.tasks(filter).await;
        let payloads = tasks.iter().map(|task| &task.payload.bytes);
        payloads
            .map(|bytes| fits("a payload of that type", serde_json::from_slice(bytes)))
            .collect()
    }

    /// Asserts that a task of this kind was submitted whose payload is as `is_meant` says.
    ///
    /// # Panics
    /// If there is none, with the number of those of the kind.
    pub async fn assert_submitted<J: DeserializeOwned>(
        &self,
        kind: &str,
        is_meant: impl FnMut(J) -> bool,
    ) {
        let submitted = self.submitted(kind).await;
        let count = submitted.len();
        assert!(
            submitted.into_iter().any(is_meant),
            "expected a task of kind \"{kind}\" as described: {count} of that kind were submitted, \
             none of them is it"
        );
    }

    /// Asserts that no task of this kind was submitted.
    ///
    /// # Panics
    /// If there is one.
    pub async fn assert_not_submitted(&self, kind: &str) {
        let count = self.submitted::<serde_json::Value>(kind).await.len();
        assert_eq!(count, 0, "expected no task of kind \"{kind}\"");
    }

    /// What the handler of a completed task returned; `null` if that was nothing.
    ///
    /// # Panics
    /// If the task is not there, not completed, or its result is of another type.
    pub async fn result<O: DeserializeOwned>(&self, id: TaskId) -> O {
        let task = fits("a store that works", self.duly.task(id).await);
        let task = task.expect("a task of that id");
        assert_eq!(task.state, crate::State::Completed, "{:?}", task.error);
        let result = task.result.unwrap_or_default();
        fits(
            "a result of that type",
            serde_json::from_slice(&result.bytes),
        )
    }
}

/// The value, or a failed test that says what was expected.
fn fits<T, E: std::fmt::Display>(expected: &str, answer: Result<T, E>) -> T {
    answer.unwrap_or_else(|error| panic!("expected {expected}: {error}"))
}
