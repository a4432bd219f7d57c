//! The memory store: a lock around core's engine, and the specification of every other store.

mod alert;
mod body;
mod change;
mod claim;
mod event;
mod explain;
mod house;
mod kind;
mod limit;
mod list;
mod queue;
mod roll;
mod save;
mod schedule;
mod settings;
mod settle;
pub(crate) mod snapshot;
mod sparse;
mod submit;
mod tenant;
mod unique;
mod worker;
mod world;

use std::sync::{Arc, Mutex, PoisonError};

use duly_core::{AttemptRef, Incarnation, Limit, State, TaskId, Timestamp};
use world::World;

use crate::{
    Advance, Advanced, AttachmentChange, AttachmentPage, BoxFuture, Change, ChangeError,
    ChangeMatching, ChangedMatching, Claim, ClaimError, Claimed, Clock, DueSchedules, Duty,
    EventCursor, EventPage, Explanation, Heartbeat, Hints, KeepHouse, Kept, KindChange, KindPage,
    KindSettings, Lead, Leadership, LimitPage, List, ListAttachments, ListNames, ListSchedules,
    Listener, Name, Promote, Promoted, PutSchedule, QueueChange, QueueExplanation, QueueRecord,
    QueueSettings, Registration, RemoveSchedule, Renewed, RequestError, Restore, Restored, Save,
    SavedPage, ScheduleError, SchedulePage, ScheduleRecord, Settle, Settled, Store, StoreError,
    Subject, Submit, SubmitError, SubmitReply, TakeBack, TakenBack, TaskPage, TaskRecord,
    TenantChange, TenantPage, TenantSettings, Traits, WorkerExplanation, WorkerRecord,
};

/// A store in this process's memory: nothing outlives it.
///
/// ```
/// use std::sync::Arc;
/// use duly_store::{MemoryStore, NewTask, Payload, Store, Submit, SystemClock, id};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new(Arc::new(SystemClock));
/// let task = NewTask::new(id::task_id(&SystemClock), "greet", Payload::json(r#""world""#));
/// let reply = store.submit(Submit::one(task)).await?;
/// assert!(store.task(reply.tasks[0].id).await?.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryStore {
    world: Mutex<World>,
    hints: Hints,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty store that tells the time by `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            world: Mutex::new(World::new()),
            hints: Hints::default(),
            clock,
        }
    }

    /// Does something under the lock, at one instant. No operation leaves the world half changed, so
    /// a lock that a panic poisoned is as good as any.
    fn with<R>(&self, operation: impl FnOnce(&mut World, Timestamp) -> R) -> Result<R, StoreError> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        if world.closed {
            return Err(StoreError::Unavailable {
                reason: "it was closed".into(),
                outcome_unknown: false,
            });
        }
        let events = world.log.end();
        let answer = operation(&mut world, self.clock.now());
        let events_came = world.log.end() != events;
        let woken = world.take_woken();
        drop(world);
        if !woken.is_empty() {
            self.hints.give(woken.iter());
        }
        if events_came {
            self.hints.give_events();
        }
        Ok(answer)
    }

    fn change_now(&self, id: TaskId, change: Change) -> Result<TaskRecord, ChangeError> {
        let task = self.with(|world, now| world.change(id, change, now))??;
        self.hints.give(std::iter::once(&task.queue));
        Ok(task)
    }

    fn change_matching_now(
        &self,
        request: &ChangeMatching,
    ) -> Result<ChangedMatching, RequestError> {
        let matching = self.with(|world, now| world.change_matching(request, now))??;
        if !request.dry_run {
            self.hints.give(matching.queues.iter());
        }
        Ok(matching.changed)
    }

    pub(crate) fn restore_now(&self, request: &Restore) -> Result<Restored, SubmitError> {
        let restored = self.with(|world, now| world.restore(request, now))??;
        let queues = request.tasks.iter().map(|saved| &saved.task.queue);
        self.hints.give(queues);
        Ok(restored)
    }

    fn submit_now(&self, request: &Submit) -> Result<SubmitReply, SubmitError> {
        let taken = self.with(|world, now| world.submit(request, now))??;
        self.hints.give(taken.queues.iter());
        Ok(taken.reply)
    }

    fn settle_now(&self, request: Settle) -> Result<Settled, StoreError> {
        let settled = self.with(|world, now| world.settle(request, now))?;
        let waits = |state: &Result<State, _>| state.as_ref().is_ok_and(|state| !state.is_final());
        if settled.attempts.iter().any(waits) {
            self.hints.give_all();
        }
        Ok(settled)
    }

    fn keep_house_now(&self, request: KeepHouse) -> Result<Kept, StoreError> {
        let kept = self.with(|world, now| world.keep_house(request, now))?;
        if request.duty == Duty::Promote && kept.count > 0 {
            self.hints.give_all();
        }
        Ok(kept)
    }

    fn take_back_now(&self, request: TakeBack) -> Result<TakenBack, StoreError> {
        let taken = self.with(|world, now| world.take_back(request, now))?;
        if taken.leases > 0 {
            self.hints.give_all();
        }
        Ok(taken)
    }

    pub(crate) fn configure_now(
        &self,
        queue: &Name,
        change: QueueChange,
    ) -> Result<QueueSettings, RequestError> {
        let settings = self.with(|world, _| world.configure(queue, change))??;
        self.hints.give(std::iter::once(queue));
        Ok(settings)
    }

    pub(crate) fn put_schedule_now(
        &self,
        request: &PutSchedule,
    ) -> Result<ScheduleRecord, ScheduleError> {
        let record = self.with(|world, now| world.put_schedule(request, now))??;
        self.hints.give_schedules();
        Ok(record)
    }

    fn remove_schedule_now(
        &self,
        request: &RemoveSchedule,
    ) -> Result<ScheduleRecord, ScheduleError> {
        let record = self.with(|world, _| world.remove_schedule(request))??;
        self.hints.give_schedules();
        Ok(record)
    }

    fn advance_schedule_now(&self, request: &Advance) -> Result<Advanced, ScheduleError> {
        let (advanced, queues) = self.with(|world, now| world.advance_schedule(request, now))??;
        let submitted = request.tasks.iter().map(|task| &task.queue);
        self.hints.give(submitted.chain(&queues));
        self.hints.give_schedules();
        Ok(advanced)
    }
}

/// An operation that is over when it is called.
fn done<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Store for MemoryStore {
    fn traits(&self) -> Traits {
        Traits {
            durable: false,
            shared_fate: true,
        }
    }

    fn submit(&self, request: Submit) -> BoxFuture<'_, Result<SubmitReply, SubmitError>> {
        done(self.submit_now(&request))
    }

    fn claim(&self, request: Claim) -> BoxFuture<'_, Result<Claimed, ClaimError>> {
        done(
            self.with(|world, now| world.claim(&request, now))
                .map_err(Into::into)
                .flatten(),
        )
    }

    fn promote(&self, request: Promote) -> BoxFuture<'_, Result<Promoted, StoreError>> {
        done(self.with(|world, now| world.promote(&request, now)))
    }

    fn settle(&self, request: Settle) -> BoxFuture<'_, Result<Settled, StoreError>> {
        done(self.settle_now(request))
    }

    fn register(&self, request: Registration) -> BoxFuture<'_, Result<(), RequestError>> {
        done(
            self.with(|world, now| world.register(request, now))
                .map_err(Into::into)
                .flatten(),
        )
    }

    fn heartbeat(&self, request: Heartbeat) -> BoxFuture<'_, Result<Renewed, StoreError>> {
        done(self.with(|world, now| world.heartbeat(request, now)))
    }

    fn cancel_requests(
        &self,
        incarnation: Incarnation,
    ) -> BoxFuture<'_, Result<Vec<AttemptRef>, StoreError>> {
        done(self.with(|world, _| world.cancel_requests(incarnation)))
    }

    fn take_back(&self, request: TakeBack) -> BoxFuture<'_, Result<TakenBack, StoreError>> {
        done(self.take_back_now(request))
    }

    fn workers(&self) -> BoxFuture<'_, Result<Vec<WorkerRecord>, StoreError>> {
        done(self.with(|world, _| world.worker_records()))
    }

    fn change(&self, id: TaskId, change: Change) -> BoxFuture<'_, Result<TaskRecord, ChangeError>> {
        done(self.change_now(id, change))
    }

    fn change_matching(
        &self,
        request: ChangeMatching,
    ) -> BoxFuture<'_, Result<ChangedMatching, RequestError>> {
        done(self.change_matching_now(&request))
    }

    fn configure(
        &self,
        queue: Name,
        change: QueueChange,
    ) -> BoxFuture<'_, Result<QueueSettings, RequestError>> {
        done(self.configure_now(&queue, change))
    }

    fn queues(&self) -> BoxFuture<'_, Result<Vec<QueueRecord>, StoreError>> {
        done(self.with(|world, now| world.queue_records(now)))
    }

    fn configure_kind(
        &self,
        kind: Name,
        change: KindChange,
    ) -> BoxFuture<'_, Result<KindSettings, RequestError>> {
        done(self.configure_kind_now(&kind, change))
    }

    fn kinds(&self, request: ListNames) -> BoxFuture<'_, Result<KindPage, RequestError>> {
        let page = self.with(|world, _| world.kind_page(&request));
        done(page.map_err(Into::into).flatten())
    }

    fn configure_tenant(
        &self,
        tenant: Name,
        change: TenantChange,
    ) -> BoxFuture<'_, Result<TenantSettings, RequestError>> {
        done(self.configure_tenant_now(&tenant, change))
    }

    fn tenants(&self, request: ListNames) -> BoxFuture<'_, Result<TenantPage, RequestError>> {
        let page = self.with(|world, _| world.tenant_page(&request));
        done(page.map_err(Into::into).flatten())
    }

    fn configure_limit(
        &self,
        limit: Name,
        bounds: Option<Limit>,
    ) -> BoxFuture<'_, Result<(), RequestError>> {
        done(self.configure_limit_now(&limit, bounds))
    }

    fn attach(
        &self,
        subject: Subject,
        change: AttachmentChange,
    ) -> BoxFuture<'_, Result<(), RequestError>> {
        done(self.attach_now(&subject, &change))
    }

    fn attachments(
        &self,
        request: ListAttachments,
    ) -> BoxFuture<'_, Result<AttachmentPage, RequestError>> {
        let page = self.with(|world, _| world.attachment_page(&request));
        done(page.map_err(Into::into).flatten())
    }

    fn limits(&self, request: ListNames) -> BoxFuture<'_, Result<LimitPage, RequestError>> {
        let page = self.with(|world, now| world.limit_page(&request, now));
        done(page.map_err(Into::into).flatten())
    }

    fn task(&self, id: TaskId) -> BoxFuture<'_, Result<Option<TaskRecord>, StoreError>> {
        done(self.with(|world, now| world.task(id, now)))
    }

    fn list(&self, request: List) -> BoxFuture<'_, Result<TaskPage, RequestError>> {
        done(
            self.with(|world, now| world.list(&request, now))
                .map_err(Into::into)
                .flatten(),
        )
    }

    fn task_events(
        &self,
        id: TaskId,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>> {
        let page = self.with(|world, _| world.task_events(id, after, limit));
        done(page.map_err(Into::into).flatten())
    }

    fn events(
        &self,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>> {
        done(
            self.with(|world, _| world.events(after, limit))
                .map_err(Into::into)
                .flatten(),
        )
    }

    fn events_end(&self) -> BoxFuture<'_, Result<EventCursor, StoreError>> {
        done(self.with(|world, _| world.events_end()))
    }

    fn explain_task(&self, id: TaskId) -> BoxFuture<'_, Result<Option<Explanation>, StoreError>> {
        done(self.with(|world, now| world.explain_task(id, now)))
    }

    fn explain_queue(
        &self,
        queue: Name,
    ) -> BoxFuture<'_, Result<Option<QueueExplanation>, StoreError>> {
        done(self.with(|world, now| world.explain_queue(&queue, now)))
    }

    fn explain_worker(
        &self,
        worker: Name,
    ) -> BoxFuture<'_, Result<Vec<WorkerExplanation>, StoreError>> {
        done(self.with(|world, now| world.explain_worker(&worker, now)))
    }

    fn keep_house(&self, request: KeepHouse) -> BoxFuture<'_, Result<Kept, StoreError>> {
        done(self.keep_house_now(request))
    }

    fn lead(&self, request: Lead) -> BoxFuture<'_, Result<Leadership, StoreError>> {
        done(self.with(|world, now| world.lead(&request, now)))
    }

    fn listen(&self, queues: &[Name]) -> Listener {
        self.hints.listen(queues)
    }

    fn listen_events(&self) -> Listener {
        self.hints.listen_events()
    }

    fn listen_schedules(&self) -> Listener {
        self.hints.listen_schedules()
    }

    fn put_schedule(
        &self,
        request: PutSchedule,
    ) -> BoxFuture<'_, Result<ScheduleRecord, ScheduleError>> {
        done(self.put_schedule_now(&request))
    }

    fn remove_schedule(
        &self,
        request: RemoveSchedule,
    ) -> BoxFuture<'_, Result<ScheduleRecord, ScheduleError>> {
        done(self.remove_schedule_now(&request))
    }

    fn schedule(&self, name: Name) -> BoxFuture<'_, Result<Option<ScheduleRecord>, StoreError>> {
        done(self.with(|world, _| world.schedules.get(&name).cloned()))
    }

    fn schedules(
        &self,
        request: ListSchedules,
    ) -> BoxFuture<'_, Result<SchedulePage, RequestError>> {
        let page = self.with(|world, now| world.schedule_page(&request, now));
        done(page.map_err(Into::into).flatten())
    }

    fn due_schedules(&self, limit: u32) -> BoxFuture<'_, Result<DueSchedules, RequestError>> {
        let due = self.with(|world, now| world.due_schedules(limit, now));
        done(due.map_err(Into::into).flatten())
    }

    fn advance_schedule(&self, request: Advance) -> BoxFuture<'_, Result<Advanced, ScheduleError>> {
        done(self.advance_schedule_now(&request))
    }

    fn save(&self, request: Save) -> BoxFuture<'_, Result<SavedPage, RequestError>> {
        done(
            self.with(|world, now| world.save(&request, now))
                .map_err(Into::into)
                .flatten(),
        )
    }

    fn restore(&self, request: Restore) -> BoxFuture<'_, Result<Restored, SubmitError>> {
        done(self.restore_now(&request))
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.world
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .closed = true;
        done(Ok(()))
    }
}
