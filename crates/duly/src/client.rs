//! The handle that applications hold.

use std::fmt;
use std::sync::Arc;

use duly_core::{Priority, TaskId};
use duly_runtime::{Housekeeper, WorkerBuilder};
use duly_store::priority::Prioritiser;
use duly_store::{
    Change, ChangeError, ChangeMatching, ChangedMatching, Clock, EventCursor, EventPage, List,
    Name, Payload, QueueChange, QueueRecord, QueueSettings, RequestError, Restore, Restored, Save,
    SavedPage, Store, StoreError, Submit, SubmitError, Submitted, TaskPage, TaskRecord, When,
    WorkerRecord, id,
};

use crate::{DulyBuilder, OpenError, Schedules, Task, wait};

/// How often a submit whose outcome is not known is made again, before the caller hears of it.
const SUBMIT_TRIES_MAX: usize = 3;

/// A store, opened: submits, inspects, changes, and makes workers. Cheap to clone.
#[derive(Clone)]
pub struct Duly {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    prioritiser: Prioritiser,
}

impl Duly {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        prioritiser: Prioritiser,
    ) -> Self {
        Self {
            store,
            clock,
            prioritiser,
        }
    }

    /// What a handle is told before it opens a store, such as [priority
    /// rules](DulyBuilder::priority_rules).
    pub fn builder() -> DulyBuilder {
        DulyBuilder::default()
    }

    /// Opens the store that a URL names:
    ///
    /// - `sqlite:PATH` (feature `sqlite`): an embedded file, made if there is none. The path, relative to
    ///   the current folder or absolute, is taken as it is: `%20` is no space, and a `?` begins the
    ///   options. Options, each at most once, as in
    ///   `sqlite:duly.db?synchronous=normal`: `synchronous` (`full`, the default, or `normal`: faster,
    ///   but a power cut may undo the last moments), `busy_timeout` (seconds that an operation waits
    ///   for other processes, at most 3,600; 60), `share_file` (`true` installs Duly's tables in a database that
    ///   holds an application's own; `false`).
    /// - `memory:`: nothing is stored; for tests and trials. With the feature `archive`,
    ///   `memory:?file=duly.json&every=60s` keeps itself in a file, which is saved now and then (`every`, at
    ///   most 24 h; 60 s) and by [`close`](Self::close), and loaded when it is opened: what happened
    ///   since the last save is lost if the process is killed. One process at a time.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), duly::OpenError> {
    /// let duly = duly::Duly::open("memory:").await?;
    /// assert!(duly::Duly::open("redis://localhost").await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`OpenError`]; a file that is refused is left as it was.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::builder().open(url).await
    }

    /// On a store that was opened already. The clock must be that of the store.
    #[must_use]
    pub fn with_store(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self::builder().with_store(store, clock)
    }

    /// On a fresh store in memory.
    #[must_use]
    pub fn in_memory(clock: Arc<dyn Clock>) -> Self {
        Self::builder().in_memory(clock)
    }

    /// The store, for what this handle does not offer.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// What tells the time here.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The priority rules of this handle and its clones, which can be replaced at any time.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use duly::rules::{PriorityRule, PriorityRules};
    /// use duly::{Duly, Priority};
    ///
    /// let duly = Duly::open("memory:").await?;
    /// let rule = PriorityRule::new("reports", Priority::Low).kind("report.*");
    /// duly.prioritiser().set(PriorityRules::new([rule])?);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn prioritiser(&self) -> &Prioritiser {
        &self.prioritiser
    }

    /// A fresh id, for a task that may have to be submitted twice.
    #[must_use]
    pub fn new_id(&self) -> TaskId {
        id::task_id(&*self.clock)
    }

    /// Submits a task; when this returns, it is as durable as the store makes it.
    ///
    /// # Errors
    /// [`SubmitError`]: then nothing was submitted, unless it says that the outcome is not known.
    pub async fn submit(&self, task: impl Into<Task>) -> Result<Submitted, SubmitError> {
        let tasks = self.submit_all([task]).await?;
        tasks.into_iter().next().ok_or_else(|| {
            SubmitError::Store(StoreError::Corrupt {
                reason: "the store did not answer for the task".to_owned(),
            })
        })
    }

    /// Submits tasks, all or none, in the order in which they shall stand in line; at most 10,000. An
    /// answer that got lost is asked for again: ids make that safe.
    ///
    /// # Errors
    /// [`SubmitError`], with the index of the first task that is wrong.
    pub async fn submit_all<T: Into<Task>>(
        &self,
        tasks: impl IntoIterator<Item = T>,
    ) -> Result<Vec<Submitted>, SubmitError> {
        let new = |(index, task): (usize, T)| {
            let new = task.into().into_new(|| self.new_id(), &self.prioritiser);
            new.map_err(|source| SubmitError::InvalidInput { index, source })
        };
        let tasks: Result<Vec<_>, _> = tasks.into_iter().enumerate().map(new).collect();
        let request = Submit { tasks: tasks? };
        for _ in 1..SUBMIT_TRIES_MAX {
            match self.store.submit(request.clone()).await {
                Err(SubmitError::Store(error)) if error.outcome_unknown() => {}
                answer => return Ok(answer?.tasks),
            }
        }
        Ok(self.store.submit(request).await?.tasks)
    }

    /// A task as it stands; `None` if there is none of that id, or it was pruned.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn task(&self, id: TaskId) -> Result<Option<TaskRecord>, StoreError> {
        self.store.task(id).await
    }

    /// A page of tasks, the newest submission first.
    ///
    /// # Errors
    /// If the page size is not 1 to 1,000, or the store fails.
    pub async fn list(&self, request: List) -> Result<TaskPage, RequestError> {
        self.store.list(request).await
    }

    /// The events of a task, the oldest first; [`attempts`](crate::attempts) reads its attempts from
    /// them.
    ///
    /// # Errors
    /// If there is no such task, `limit` is not 1 to 1,000, or the store fails.
    pub async fn task_events(
        &self,
        id: TaskId,
        after: EventCursor,
        limit: u32,
    ) -> Result<EventPage, RequestError> {
        self.store.task_events(id, after, limit).await
    }

    /// The events of all tasks, in order: a feed. Going on at [`next`](EventPage::next) skips nothing.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use duly::{Duly, EventCursor, Task};
    ///
    /// let duly = Duly::open("memory:").await?;
    /// duly.submit(Task::new("mail", &"ada")).await?;
    /// let page = duly.events(EventCursor::START, 100).await?;
    /// assert_eq!(page.events[0].kind, duly::EventKind::Submitted);
    /// assert!(duly.events(page.next, 100).await?.events.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `limit` is not 1 to 1,000, or the store fails.
    pub async fn events(&self, after: EventCursor, limit: u32) -> Result<EventPage, RequestError> {
        self.store.events(after, limit).await
    }

    /// Waits until a task has ended, however: see its state. A task that is retried by hand
    /// afterwards counts as ended.
    ///
    /// # Errors
    /// If there is no such task (any more), or the store cannot be read.
    pub async fn wait(&self, id: TaskId) -> Result<TaskRecord, RequestError> {
        wait::wait(&*self.store, &*self.clock, id).await
    }

    /// Calls a task off: at once, or, if it runs, by tripping its handler's token.
    ///
    /// # Errors
    /// If there is no such task, or it has ended.
    pub async fn cancel(&self, id: TaskId) -> Result<TaskRecord, ChangeError> {
        self.store.cancel(id).await
    }

    /// Puts a failed, timed out, cancelled or expired task back in line.
    ///
    /// # Errors
    /// If there is no such task, it is in another state, or its unique key is taken.
    pub async fn retry(&self, id: TaskId) -> Result<TaskRecord, ChangeError> {
        self.store.retry(id).await
    }

    /// Puts such a task back in line with another payload.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use duly::{Duly, Payload, State, Task};
    ///
    /// let duly = Duly::open("memory:").await?;
    /// let id = duly.submit(Task::new("mail", &"adda")).await?.id;
    /// duly.cancel(id).await?;
    /// let task = duly.retry_with(id, Payload::json("\"ada\"")).await?;
    /// assert_eq!((task.state, &*task.payload.bytes), (State::Pending, &b"\"ada\""[..]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`retry`](Self::retry).
    pub async fn retry_with(
        &self,
        id: TaskId,
        payload: Payload,
    ) -> Result<TaskRecord, ChangeError> {
        let payload = Some(payload);
        self.store.change(id, Change::Retry { payload }).await
    }

    /// Removes a finished task with its events, and answers with it as it stood.
    ///
    /// # Errors
    /// If there is no such task, or it has not ended.
    pub async fn discard(&self, id: TaskId) -> Result<TaskRecord, ChangeError> {
        self.store.change(id, Change::Discard).await
    }

    /// Changes a page of the tasks that a filter means, or only counts them. Ask again with
    /// [`next`](ChangedMatching::next) until there is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use duly::{Change, ChangeMatching, Duly, Filter, Priority, Task};
    ///
    /// let duly = Duly::open("memory:").await?;
    /// duly.submit_all([Task::new("mail", &1), Task::new("mail", &2), Task::new("report", &3)]).await?;
    /// let mut urgent = ChangeMatching {
    ///     filter: Filter { kind: Some("mail".into()), ..Filter::default() },
    ///     change: Change::Reprioritise(Priority::High),
    ///     after: None,
    ///     limit: 1000,
    ///     dry_run: true,
    /// };
    /// assert_eq!(duly.change_matching(urgent.clone()).await?.changed, 2, "so many would be");
    /// urgent.dry_run = false;
    /// assert_eq!(duly.change_matching(urgent).await?.changed, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `limit` is not 1 to 1,000, a value of the change is not valid, or the store fails.
    pub async fn change_matching(
        &self,
        request: ChangeMatching,
    ) -> Result<ChangedMatching, RequestError> {
        self.store.change_matching(request).await
    }

    /// A page of everything that the store knows, tasks with their histories, to be put into another by
    /// [`restore`](Self::restore).
    ///
    /// # Errors
    /// If `limit` is not 1 to 1,000, or the store fails.
    pub async fn save(&self, request: Save) -> Result<SavedPage, RequestError> {
        self.store.save(request).await
    }

    /// Puts saved tasks into this store, all or none; those that are there already stay as they are.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use duly::{Duly, Restore, Save, Task};
    ///
    /// let (old, new) = (Duly::open("memory:").await?, Duly::open("memory:").await?);
    /// let id = old.submit(Task::new("mail", &"ada")).await?.id;
    /// let mut request = Save { after: None, limit: 1000 };
    /// loop {
    ///     let page = old.save(request).await?;
    ///     new.restore(Restore { tasks: page.tasks }).await?;
    ///     request.after = page.next;
    ///     if request.after.is_none() {
    ///         break;
    ///     }
    /// }
    /// assert!(new.task(id).await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SubmitError`], with the index of the first task that is wrong.
    pub async fn restore(&self, request: Restore) -> Result<Restored, SubmitError> {
        self.store.restore(request).await
    }

    /// Changes the priority of an unfinished task.
    ///
    /// # Errors
    /// If there is no such task, or it has ended.
    pub async fn reprioritise(
        &self,
        id: TaskId,
        priority: Priority,
    ) -> Result<TaskRecord, ChangeError> {
        self.store.reprioritise(id, priority).await
    }

    /// Changes when a waiting task is due.
    ///
    /// # Errors
    /// If there is no such task, it runs, or it has ended.
    pub async fn reschedule(&self, id: TaskId, due: When) -> Result<TaskRecord, ChangeError> {
        self.store.reschedule(id, due).await
    }

    /// All queues, with their settings and counts, by name.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn queues(&self) -> Result<Vec<QueueRecord>, StoreError> {
        self.store.queues().await
    }

    /// Changes the settings of a queue, which is made if there is none of that name.
    ///
    /// # Errors
    /// If the name is not valid, or the store fails.
    pub async fn configure(
        &self,
        queue: impl Into<Name>,
        change: QueueChange,
    ) -> Result<QueueSettings, RequestError> {
        self.store.configure(queue.into(), change).await
    }

    /// Nothing starts from the queue any more; what runs goes on.
    ///
    /// # Errors
    /// If the name is not valid, or the store fails.
    pub async fn pause(&self, queue: impl Into<Name>) -> Result<QueueSettings, RequestError> {
        self.set_paused(queue.into(), true).await
    }

    /// Work starts from the queue again.
    ///
    /// # Errors
    /// If the name is not valid, or the store fails.
    pub async fn resume(&self, queue: impl Into<Name>) -> Result<QueueSettings, RequestError> {
        self.set_paused(queue.into(), false).await
    }

    async fn set_paused(&self, queue: Name, paused: bool) -> Result<QueueSettings, RequestError> {
        let change = QueueChange {
            paused: Some(paused),
            ..QueueChange::default()
        };
        self.store.configure(queue, change).await
    }

    /// Schedules: what creates tasks by itself, at the instants of a rule.
    #[must_use]
    pub fn schedules(&self) -> Schedules {
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        let schedules = duly_runtime::schedule::Schedules::new(store, clock);
        Schedules::new(schedules, self.prioritiser.clone())
    }

    /// All workers that are registered, by incarnation.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn workers(&self) -> Result<Vec<WorkerRecord>, StoreError> {
        self.store.workers().await
    }

    /// A worker on this store: register handlers, and start it. Housekeeping starts and stops with
    /// it.
    #[must_use]
    pub fn worker(&self) -> WorkerBuilder {
        WorkerBuilder::new(Arc::clone(&self.store), Arc::clone(&self.clock))
    }

    /// Housekeeping without a worker, for a process that only submits, so that due work, deadlines,
    /// lost workers and retention are minded wherever workers are.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn housekeeper(&self) -> Housekeeper {
        Housekeeper::start(Arc::clone(&self.store), Arc::clone(&self.clock))
    }

    /// Ends what the store has begun, and lets go of it: what is asked afterwards, by any clone of
    /// this handle, is unavailable. Shut workers down before.
    ///
    /// # Errors
    /// If a store in memory could not be saved to its file: what happened since the last save is lost,
    /// unless closing it again succeeds.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}

impl fmt::Debug for Duly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Duly")
            .field("traits", &self.store.traits())
            .finish_non_exhaustive()
    }
}
