//! The port: what every store does.

use std::future::Future;
use std::pin::Pin;

use duly_core::{AttemptRef, Incarnation, Limit, Priority, TaskId};

use crate::{
    Advance, Advanced, AttachmentChange, AttachmentPage, Change, ChangeError, ChangeMatching,
    ChangedMatching, Claim, ClaimError, Claimed, DueSchedules, EventCursor, EventPage, Explanation,
    Heartbeat, KeepHouse, Kept, KindChange, KindPage, KindSettings, Lead, Leadership, LimitPage,
    List, ListAttachments, ListNames, ListSchedules, Listener, Name, Promote, Promoted,
    PutSchedule, QueueChange, QueueExplanation, QueueRecord, QueueSettings, Registration,
    RemoveSchedule, Renewed, RequestError, Restore, Restored, Save, SavedPage, ScheduleError,
    SchedulePage, ScheduleRecord, Settle, Settled, StoreError, Subject, Submit, SubmitError,
    SubmitReply, TakeBack, TakenBack, TaskPage, TaskRecord, TenantChange, TenantPage,
    TenantSettings, When, WorkerExplanation, WorkerRecord,
};

/// A boxed future, as the port returns them: batches make its cost vanish.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What users may rely on beyond the operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// What is submitted survives the end of this process.
    pub durable: bool,
    /// If it does not answer one process, it answers none: nobody can take a lease back meanwhile, so
    /// a worker that cannot renew need not stop what it runs.
    pub shared_fate: bool,
}

/// Where tasks live and are claimed from: the one source of truth.
///
/// Every operation is atomic, may be repeated safely after a lost reply, and applies what
/// `duly-core` decides. Dropping a returned future does not undo an operation that has begun.
pub trait Store: Send + Sync + 'static {
    /// What users may rely on beyond the operations.
    fn traits(&self) -> Traits;

    /// Submits tasks, all or none; returns when they are as durable as the store makes them. A task
    /// whose id is there already (unfinished or in history) is left as it is.
    fn submit(&self, request: Submit) -> BoxFuture<'_, Result<SubmitReply, SubmitError>>;

    /// Hands out the most urgent work that may start now. What is to begin at once is `running`,
    /// durably, before this returns.
    fn claim(&self, request: Claim) -> BoxFuture<'_, Result<Claimed, ClaimError>>;

    /// Begins attempts that were assigned: they are `running`, durably, before this returns.
    fn promote(&self, request: Promote) -> BoxFuture<'_, Result<Promoted, StoreError>>;

    /// Ends attempts. Each is fenced by its attempt number and the worker's incarnation.
    fn settle(&self, request: Settle) -> BoxFuture<'_, Result<Settled, StoreError>>;

    /// Registers a worker; again with the same incarnation changes what it said of itself.
    fn register(&self, request: Registration) -> BoxFuture<'_, Result<(), RequestError>>;

    /// Renews all leases of a worker with one write.
    fn heartbeat(&self, request: Heartbeat) -> BoxFuture<'_, Result<Renewed, StoreError>>;

    /// Running attempts of a worker that somebody asked to cancel; writes nothing.
    fn cancel_requests(
        &self,
        incarnation: Incarnation,
    ) -> BoxFuture<'_, Result<Vec<AttemptRef>, StoreError>>;

    /// Takes back leases of a worker that is gone, or retires.
    fn take_back(&self, request: TakeBack) -> BoxFuture<'_, Result<TakenBack, StoreError>>;

    /// All registered workers, by incarnation.
    fn workers(&self) -> BoxFuture<'_, Result<Vec<WorkerRecord>, StoreError>>;

    /// Changes a task, and answers with it as it stands then (discarded: as it stood before).
    fn change(&self, id: TaskId, change: Change) -> BoxFuture<'_, Result<TaskRecord, ChangeError>>;

    /// Changes a page of the tasks that a filter means; whole, or to the last one that was changed.
    fn change_matching(
        &self,
        request: ChangeMatching,
    ) -> BoxFuture<'_, Result<ChangedMatching, RequestError>>;

    /// Calls a task off: at once, or by a request to its worker if it runs.
    fn cancel(&self, id: TaskId) -> BoxFuture<'_, Result<TaskRecord, ChangeError>> {
        self.change(id, Change::Cancel)
    }

    /// Puts a failed, timed out, cancelled or expired task back in line.
    fn retry(&self, id: TaskId) -> BoxFuture<'_, Result<TaskRecord, ChangeError>> {
        self.change(id, Change::Retry { payload: None })
    }

    /// Changes the priority of an unfinished task.
    fn reprioritise(
        &self,
        id: TaskId,
        priority: Priority,
    ) -> BoxFuture<'_, Result<TaskRecord, ChangeError>> {
        self.change(id, Change::Reprioritise(priority))
    }

    /// Changes when a waiting task is due.
    fn reschedule(&self, id: TaskId, due: When) -> BoxFuture<'_, Result<TaskRecord, ChangeError>> {
        self.change(id, Change::Reschedule(due))
    }

    /// Changes the settings of a queue, which is made if there is none of that name.
    fn configure(
        &self,
        queue: Name,
        change: QueueChange,
    ) -> BoxFuture<'_, Result<QueueSettings, RequestError>>;

    /// All queues with their settings and counts, by name.
    fn queues(&self) -> BoxFuture<'_, Result<Vec<QueueRecord>, StoreError>>;

    /// Changes the settings of a kind; its record is made if there is none of that name.
    fn configure_kind(
        &self,
        kind: Name,
        change: KindChange,
    ) -> BoxFuture<'_, Result<KindSettings, RequestError>>;

    /// A page of the kinds that there are records of, by name.
    fn kinds(&self, request: ListNames) -> BoxFuture<'_, Result<KindPage, RequestError>>;

    /// Changes the settings of a tenant; its record is made if there is none of that name.
    fn configure_tenant(
        &self,
        tenant: Name,
        change: TenantChange,
    ) -> BoxFuture<'_, Result<TenantSettings, RequestError>>;

    /// A page of the tenants that there are records of, by name.
    fn tenants(&self, request: ListNames) -> BoxFuture<'_, Result<TenantPage, RequestError>>;

    /// Says what a limit bounds; `None`: nothing any more. It counts at once, also for what is leased.
    fn configure_limit(
        &self,
        limit: Name,
        bounds: Option<Limit>,
    ) -> BoxFuture<'_, Result<(), RequestError>>;

    /// Changes which limits are attached to a queue, a kind or a tenant, in one step: all its tasks are
    /// bound by them, at once, also those that are leased.
    fn attach(
        &self,
        subject: Subject,
        change: AttachmentChange,
    ) -> BoxFuture<'_, Result<(), RequestError>>;

    /// A page of what is attached, by subject, or of what one limit is attached to; limits that nobody has
    /// defined, too.
    fn attachments(
        &self,
        request: ListAttachments,
    ) -> BoxFuture<'_, Result<AttachmentPage, RequestError>>;

    /// A page of the limits that were defined, by name.
    fn limits(&self, request: ListNames) -> BoxFuture<'_, Result<LimitPage, RequestError>>;

    /// One task.
    fn task(&self, id: TaskId) -> BoxFuture<'_, Result<Option<TaskRecord>, StoreError>>;

    /// A page of tasks, the newest submission first.
    fn list(&self, request: List) -> BoxFuture<'_, Result<TaskPage, RequestError>>;

    /// Events of one task, the oldest first.
    fn task_events(
        &self,
        id: TaskId,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>>;

    /// Events of all tasks, in order.
    fn events(
        &self,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>>;

    /// The place after the newest event: where whoever wants only what is to come begins.
    fn events_end(&self) -> BoxFuture<'_, Result<EventCursor, StoreError>>;

    /// Why a task has not started: all reasons, its place in line, and when it may start; `None`: there is
    /// no such task. It begins as a claim does: what has become due stands in line then, and what waits
    /// beyond a deadline has expired.
    fn explain_task(&self, id: TaskId) -> BoxFuture<'_, Result<Option<Explanation>, StoreError>>;

    /// Why what stands in a queue does not start; `None`: there is no such queue. It begins as a claim does.
    fn explain_queue(
        &self,
        queue: Name,
    ) -> BoxFuture<'_, Result<Option<QueueExplanation>, StoreError>>;

    /// Why the workers of a name, or the one of an incarnation, have no more to do, by incarnation; none:
    /// no such worker may claim. It begins as a claim does.
    fn explain_worker(
        &self,
        worker: Name,
    ) -> BoxFuture<'_, Result<Vec<WorkerExplanation>, StoreError>>;

    /// One bounded step of housekeeping.
    fn keep_house(&self, request: KeepHouse) -> BoxFuture<'_, Result<Kept, StoreError>>;

    /// Asks to lead the cluster in something.
    fn lead(&self, request: Lead) -> BoxFuture<'_, Result<Leadership, StoreError>>;

    /// Hears when there may be work in these queues, or a request for a worker that serves them.
    fn listen(&self, queues: &[Name]) -> Listener;

    /// Hears when events were written, whatever they are about.
    fn listen_events(&self) -> Listener;

    /// Hears when schedules were put, removed or moved on.
    fn listen_schedules(&self) -> Listener;

    /// Creates a schedule, or replaces it, and answers with it as it is then.
    fn put_schedule(
        &self,
        request: PutSchedule,
    ) -> BoxFuture<'_, Result<ScheduleRecord, ScheduleError>>;

    /// Removes a schedule, and answers with it as it stood.
    fn remove_schedule(
        &self,
        request: RemoveSchedule,
    ) -> BoxFuture<'_, Result<ScheduleRecord, ScheduleError>>;

    /// One schedule.
    fn schedule(&self, name: Name) -> BoxFuture<'_, Result<Option<ScheduleRecord>, StoreError>>;

    /// A page of schedules, by name.
    fn schedules(
        &self,
        request: ListSchedules,
    ) -> BoxFuture<'_, Result<SchedulePage, RequestError>>;

    /// The schedules that have to be looked at now; at most `limit`, 1 to
    /// [`PAGE_MAX`](crate::bounds::PAGE_MAX).
    fn due_schedules(&self, limit: u32) -> BoxFuture<'_, Result<DueSchedules, RequestError>>;

    /// Moves a schedule on and submits its tasks, in one step, if nobody else did.
    fn advance_schedule(&self, request: Advance) -> BoxFuture<'_, Result<Advanced, ScheduleError>>;

    /// A page of everything: tasks with their histories, the oldest submission first.
    fn save(&self, request: Save) -> BoxFuture<'_, Result<SavedPage, RequestError>>;

    /// Puts saved tasks into this store, all or none.
    fn restore(&self, request: Restore) -> BoxFuture<'_, Result<Restored, SubmitError>>;

    /// Ends what was begun, and lets go of the store; what is asked afterwards is `Unavailable`.
    ///
    /// An error says that what it held is not where it should be kept: to close it again tries again.
    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}
