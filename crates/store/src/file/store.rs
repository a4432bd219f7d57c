//! What the store in a file does: what the one in memory does, and save.

use std::sync::PoisonError;

use duly_core::{AttemptRef, Incarnation, Limit, TaskId};

use super::{MemoryFile, save};
use crate::{
    Advance, Advanced, AttachmentChange, AttachmentPage, BoxFuture, Change, ChangeError,
    ChangeMatching, ChangedMatching, Claim, ClaimError, Claimed, DueSchedules, EventCursor,
    EventPage, Explanation, Heartbeat, KeepHouse, Kept, KindChange, KindPage, KindSettings, Lead,
    Leadership, LimitPage, List, ListAttachments, ListNames, ListSchedules, Listener, Name,
    Promote, Promoted, PutSchedule, QueueChange, QueueExplanation, QueueRecord, QueueSettings,
    Registration, RemoveSchedule, Renewed, RequestError, Restore, Restored, Save, SavedPage,
    ScheduleError, SchedulePage, ScheduleRecord, Settle, Settled, Store, StoreError, Subject,
    Submit, SubmitError, SubmitReply, TakeBack, TakenBack, TaskPage, TaskRecord, TenantChange,
    TenantPage, TenantSettings, Traits, WorkerExplanation, WorkerRecord,
};

impl Store for MemoryFile {
    /// Not durable: what was submitted since the last save does not survive the end of this process, unless it is
    /// closed.
    fn traits(&self) -> Traits {
        self.inner.store.traits()
    }

    fn submit(&self, request: Submit) -> BoxFuture<'_, Result<SubmitReply, SubmitError>> {
        self.inner.store.submit(request)
    }

    fn claim(&self, request: Claim) -> BoxFuture<'_, Result<Claimed, ClaimError>> {
        self.inner.store.claim(request)
    }

    fn promote(&self, request: Promote) -> BoxFuture<'_, Result<Promoted, StoreError>> {
        self.inner.store.promote(request)
    }

    fn settle(&self, request: Settle) -> BoxFuture<'_, Result<Settled, StoreError>> {
        self.inner.store.settle(request)
    }

    fn register(&self, request: Registration) -> BoxFuture<'_, Result<(), RequestError>> {
        self.inner.store.register(request)
    }

    fn heartbeat(&self, request: Heartbeat) -> BoxFuture<'_, Result<Renewed, StoreError>> {
        self.inner.store.heartbeat(request)
    }

    fn cancel_requests(
        &self,
        incarnation: Incarnation,
    ) -> BoxFuture<'_, Result<Vec<AttemptRef>, StoreError>> {
        self.inner.store.cancel_requests(incarnation)
    }

    fn take_back(&self, request: TakeBack) -> BoxFuture<'_, Result<TakenBack, StoreError>> {
        self.inner.store.take_back(request)
    }

    fn workers(&self) -> BoxFuture<'_, Result<Vec<WorkerRecord>, StoreError>> {
        self.inner.store.workers()
    }

    fn change(&self, id: TaskId, change: Change) -> BoxFuture<'_, Result<TaskRecord, ChangeError>> {
        self.inner.store.change(id, change)
    }

    fn change_matching(
        &self,
        request: ChangeMatching,
    ) -> BoxFuture<'_, Result<ChangedMatching, RequestError>> {
        self.inner.store.change_matching(request)
    }

    fn configure(
        &self,
        queue: Name,
        change: QueueChange,
    ) -> BoxFuture<'_, Result<QueueSettings, RequestError>> {
        self.inner.store.configure(queue, change)
    }

    fn queues(&self) -> BoxFuture<'_, Result<Vec<QueueRecord>, StoreError>> {
        self.inner.store.queues()
    }

    fn configure_kind(
        &self,
        kind: Name,
        change: KindChange,
    ) -> BoxFuture<'_, Result<KindSettings, RequestError>> {
        self.inner.store.configure_kind(kind, change)
    }

    fn kinds(&self, request: ListNames) -> BoxFuture<'_, Result<KindPage, RequestError>> {
        self.inner.store.kinds(request)
    }

    fn configure_tenant(
        &self,
        tenant: Name,
        change: TenantChange,
    ) -> BoxFuture<'_, Result<TenantSettings, RequestError>> {
        self.inner.store.configure_tenant(tenant, change)
    }

    fn configure_limit(
        &self,
        limit: Name,
        bounds: Option<Limit>,
    ) -> BoxFuture<'_, Result<(), RequestError>> {
        self.inner.store.configure_limit(limit, bounds)
    }

    fn attach(
        &self,
        subject: Subject,
        change: AttachmentChange,
    ) -> BoxFuture<'_, Result<(), RequestError>> {
        self.inner.store.attach(subject, change)
    }

    fn attachments(
        &self,
        request: ListAttachments,
    ) -> BoxFuture<'_, Result<AttachmentPage, RequestError>> {
        self.inner.store.attachments(request)
    }

    fn limits(&self, request: ListNames) -> BoxFuture<'_, Result<LimitPage, RequestError>> {
        self.inner.store.limits(request)
    }

    fn tenants(&self, request: ListNames) -> BoxFuture<'_, Result<TenantPage, RequestError>> {
        self.inner.store.tenants(request)
    }

    fn task(&self, id: TaskId) -> BoxFuture<'_, Result<Option<TaskRecord>, StoreError>> {
        self.inner.store.task(id)
    }

    fn list(&self, request: List) -> BoxFuture<'_, Result<TaskPage, RequestError>> {
        self.inner.store.list(request)
    }

    fn task_events(
        &self,
        id: TaskId,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>> {
        self.inner.store.task_events(id, after, limit)
    }

    fn events(
        &self,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>> {
        self.inner.store.events(after, limit)
    }

    fn events_end(&self) -> BoxFuture<'_, Result<EventCursor, StoreError>> {
        self.inner.store.events_end()
    }

    fn explain_task(&self, id: TaskId) -> BoxFuture<'_, Result<Option<Explanation>, StoreError>> {
        self.inner.store.explain_task(id)
    }

    fn explain_queue(
        &self,
        queue: Name,
    ) -> BoxFuture<'_, Result<Option<QueueExplanation>, StoreError>> {
        self.inner.store.explain_queue(queue)
    }

    fn explain_worker(
        &self,
        worker: Name,
    ) -> BoxFuture<'_, Result<Vec<WorkerExplanation>, StoreError>> {
        self.inner.store.explain_worker(worker)
    }

    fn keep_house(&self, request: KeepHouse) -> BoxFuture<'_, Result<Kept, StoreError>> {
        self.inner.store.keep_house(request)
    }

    fn lead(&self, request: Lead) -> BoxFuture<'_, Result<Leadership, StoreError>> {
        self.inner.store.lead(request)
    }

    fn listen(&self, queues: &[Name]) -> Listener {
        self.inner.store.listen(queues)
    }

    fn listen_events(&self) -> Listener {
        self.inner.store.listen_events()
    }

    fn listen_schedules(&self) -> Listener {
        self.inner.store.listen_schedules()
    }

    fn put_schedule(
        &self,
        request: PutSchedule,
    ) -> BoxFuture<'_, Result<ScheduleRecord, ScheduleError>> {
        self.inner.store.put_schedule(request)
    }

    fn remove_schedule(
        &self,
        request: RemoveSchedule,
    ) -> BoxFuture<'_, Result<ScheduleRecord, ScheduleError>> {
        self.inner.store.remove_schedule(request)
    }

    fn schedule(&self, name: Name) -> BoxFuture<'_, Result<Option<ScheduleRecord>, StoreError>> {
        self.inner.store.schedule(name)
    }

    fn schedules(
        &self,
        request: ListSchedules,
    ) -> BoxFuture<'_, Result<SchedulePage, RequestError>> {
        self.inner.store.schedules(request)
    }

    fn due_schedules(&self, limit: u32) -> BoxFuture<'_, Result<DueSchedules, RequestError>> {
        self.inner.store.due_schedules(limit)
    }

    fn advance_schedule(&self, request: Advance) -> BoxFuture<'_, Result<Advanced, ScheduleError>> {
        self.inner.store.advance_schedule(request)
    }

    fn save(&self, request: Save) -> BoxFuture<'_, Result<SavedPage, RequestError>> {
        self.inner.store.save(request)
    }

    fn restore(&self, request: Restore) -> BoxFuture<'_, Result<Restored, SubmitError>> {
        self.inner.store.restore(request)
    }

    /// Saves; the file is another's only once that has succeeded.
    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async {
            self.inner.store.close().await?;
            self.stop.notify_one();
            save(self.inner.clone())
                .await
                .map_err(|error| StoreError::Unavailable {
                    reason: error.to_string(),
                    outcome_unknown: false,
                })?;
            let saver = self.inner.saver.lock();
            saver.unwrap_or_else(PoisonError::into_inner).release();
            Ok(())
        })
    }
}
