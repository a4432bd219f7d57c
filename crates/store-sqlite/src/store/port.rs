//! The port, as this store has it: what changes anything goes to the writer, what only looks to a reader.

use duly_core::{AttemptRef, Incarnation, Limit, TaskId};
use duly_store::{
    Advance, Advanced, AttachmentChange, AttachmentPage, BoxFuture, Change, ChangeError,
    ChangeMatching, ChangedMatching, Claim, ClaimError, Claimed, DueSchedules, EventCursor,
    EventPage, Explanation, Heartbeat, KeepHouse, Kept, KindChange, KindPage, KindSettings, Lead,
    Leadership, LimitPage, List, ListAttachments, ListNames, ListSchedules, Listener, Name,
    Promote, Promoted, PutSchedule, QueueChange, QueueExplanation, QueueRecord, QueueSettings,
    Registration, RemoveSchedule, Renewed, RequestError, Restore, Restored, Save, SavedPage,
    SavedTask, ScheduleError, SchedulePage, ScheduleRecord, Settle, Settled, Store, StoreError,
    Subject, Submit, SubmitError, SubmitReply, TakeBack, TakenBack, TaskPage, TaskRecord,
    TenantChange, TenantPage, TenantSettings, Traits, WorkerExplanation, WorkerRecord,
};
use tokio::sync::oneshot;

use super::SqliteStore;
use crate::matching::{self, Search};
use crate::{
    attachment, change, claim, event, explain, house, kind, limit, list, promote, queue, reader,
    record, save, schedule, settle, submit, tenant, worker, writer,
};

impl Store for SqliteStore {
    fn traits(&self) -> Traits {
        Traits {
            durable: true,
            shared_fate: true,
        }
    }

    fn submit(&self, request: Submit) -> BoxFuture<'_, Result<SubmitReply, SubmitError>> {
        let payloads = request.tasks.iter().map(|task| task.payload.bytes.len());
        self.write_heavy(payloads.sum(), request, submit::submit)
    }

    fn claim(&self, request: Claim) -> BoxFuture<'_, Result<Claimed, ClaimError>> {
        self.write(request, claim::claim)
    }

    fn promote(&self, request: Promote) -> BoxFuture<'_, Result<Promoted, StoreError>> {
        self.write(request, promote::promote)
    }

    fn settle(&self, request: Settle) -> BoxFuture<'_, Result<Settled, StoreError>> {
        let results = request
            .settlements
            .iter()
            .filter_map(|end| end.result.as_ref());
        self.write_heavy(
            results.map(|result| result.bytes.len()).sum(),
            request,
            settle::settle,
        )
    }

    fn register(&self, request: Registration) -> BoxFuture<'_, Result<(), RequestError>> {
        self.write(request, worker::register)
    }

    fn heartbeat(&self, request: Heartbeat) -> BoxFuture<'_, Result<Renewed, StoreError>> {
        self.write(request, worker::heartbeat)
    }

    fn cancel_requests(
        &self,
        incarnation: Incarnation,
    ) -> BoxFuture<'_, Result<Vec<AttemptRef>, StoreError>> {
        self.read(move |connection, _| Ok(worker::cancel_requests(connection, incarnation)?))
    }

    fn take_back(&self, request: TakeBack) -> BoxFuture<'_, Result<TakenBack, StoreError>> {
        self.write(request, worker::take_back)
    }

    fn workers(&self) -> BoxFuture<'_, Result<Vec<WorkerRecord>, StoreError>> {
        self.read(|connection, _| Ok(worker::workers(connection)?))
    }

    fn change(&self, id: TaskId, change: Change) -> BoxFuture<'_, Result<TaskRecord, ChangeError>> {
        self.write_heavy(change.payload_bytes(), (id, change), change::change)
    }

    fn change_matching(
        &self,
        request: ChangeMatching,
    ) -> BoxFuture<'_, Result<ChangedMatching, RequestError>> {
        let search = self.read(|connection, now| matching::search(connection, request, now));
        Box::pin(async move {
            match search.await? {
                Search::Answer(answer) => Ok(answer),
                Search::Step(step) => self.write_heavy(step.bytes(), step, matching::change).await,
            }
        })
    }

    fn configure(
        &self,
        queue: Name,
        change: QueueChange,
    ) -> BoxFuture<'_, Result<QueueSettings, RequestError>> {
        self.write((queue, change), queue::configure)
    }

    fn queues(&self) -> BoxFuture<'_, Result<Vec<QueueRecord>, StoreError>> {
        self.read(|connection, now| Ok(queue::queues(connection, now)?))
    }

    fn configure_kind(
        &self,
        kind: Name,
        change: KindChange,
    ) -> BoxFuture<'_, Result<KindSettings, RequestError>> {
        self.write((kind, change), kind::configure)
    }

    fn kinds(&self, request: ListNames) -> BoxFuture<'_, Result<KindPage, RequestError>> {
        self.read(move |connection, _| kind::kinds(connection, &request))
    }

    fn configure_tenant(
        &self,
        tenant: Name,
        change: TenantChange,
    ) -> BoxFuture<'_, Result<TenantSettings, RequestError>> {
        self.write((tenant, change), tenant::configure)
    }

    fn tenants(&self, request: ListNames) -> BoxFuture<'_, Result<TenantPage, RequestError>> {
        self.read(move |connection, _| tenant::tenants(connection, &request))
    }

    fn configure_limit(
        &self,
        limit: Name,
        bounds: Option<Limit>,
    ) -> BoxFuture<'_, Result<(), RequestError>> {
        self.write((limit, bounds), limit::configure)
    }

    fn attach(
        &self,
        subject: Subject,
        change: AttachmentChange,
    ) -> BoxFuture<'_, Result<(), RequestError>> {
        self.write((subject, change), limit::attach)
    }

    fn attachments(
        &self,
        request: ListAttachments,
    ) -> BoxFuture<'_, Result<AttachmentPage, RequestError>> {
        match request.of {
            None => self.read(move |connection, _| attachment::page(connection, &request)),
            Some(_) => self.write(request, limit::attachments),
        }
    }

    fn limits(&self, request: ListNames) -> BoxFuture<'_, Result<LimitPage, RequestError>> {
        self.write(request, limit::limits)
    }

    fn task(&self, id: TaskId) -> BoxFuture<'_, Result<Option<TaskRecord>, StoreError>> {
        self.read(move |connection, now| Ok(record::by_id(connection, id, now)?))
    }

    fn list(&self, request: List) -> BoxFuture<'_, Result<TaskPage, RequestError>> {
        self.read(move |connection, now| list::list(connection, &request, now))
    }

    fn task_events(
        &self,
        id: TaskId,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>> {
        self.read(move |connection, _| event::of_task(connection, id, after, limit))
    }

    fn events(
        &self,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>> {
        self.read(move |connection, _| event::all(connection, after, limit))
    }

    fn events_end(&self) -> BoxFuture<'_, Result<EventCursor, StoreError>> {
        self.read(|connection, _| Ok(event::end(connection)?))
    }

    fn explain_task(&self, id: TaskId) -> BoxFuture<'_, Result<Option<Explanation>, StoreError>> {
        self.write(id, explain::task)
    }

    fn explain_queue(
        &self,
        queue: Name,
    ) -> BoxFuture<'_, Result<Option<QueueExplanation>, StoreError>> {
        self.write(queue, explain::queue)
    }

    fn explain_worker(
        &self,
        worker: Name,
    ) -> BoxFuture<'_, Result<Vec<WorkerExplanation>, StoreError>> {
        self.write(worker, explain::worker)
    }

    fn keep_house(&self, request: KeepHouse) -> BoxFuture<'_, Result<Kept, StoreError>> {
        self.write(request, house::keep_house)
    }

    fn lead(&self, request: Lead) -> BoxFuture<'_, Result<Leadership, StoreError>> {
        self.write(request, house::lead)
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
        self.write_heavy(request.definition.len(), request, schedule::put)
    }

    fn remove_schedule(
        &self,
        request: RemoveSchedule,
    ) -> BoxFuture<'_, Result<ScheduleRecord, ScheduleError>> {
        self.write(request, schedule::remove)
    }

    fn schedule(&self, name: Name) -> BoxFuture<'_, Result<Option<ScheduleRecord>, StoreError>> {
        self.read(move |connection, _| Ok(schedule::by_name(connection, &name)?))
    }

    fn schedules(
        &self,
        request: ListSchedules,
    ) -> BoxFuture<'_, Result<SchedulePage, RequestError>> {
        self.read(move |connection, now| schedule::page(connection, &request, now))
    }

    fn due_schedules(&self, limit: u32) -> BoxFuture<'_, Result<DueSchedules, RequestError>> {
        self.read(move |connection, now| schedule::due(connection, limit, now))
    }

    fn advance_schedule(&self, request: Advance) -> BoxFuture<'_, Result<Advanced, ScheduleError>> {
        let payloads = request.tasks.iter().map(|task| task.payload.bytes.len());
        self.write_heavy(payloads.sum(), request, schedule::advance)
    }

    fn save(&self, request: Save) -> BoxFuture<'_, Result<SavedPage, RequestError>> {
        self.read(move |connection, now| save::save(connection, &request, now))
    }

    fn restore(&self, request: Restore) -> BoxFuture<'_, Result<Restored, SubmitError>> {
        let bytes = request.tasks.iter().map(SavedTask::bytes);
        self.write_heavy(bytes.sum(), request, save::restore)
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.reader_places.close();
            self.writer_places.close();
            // The senders are dropped unsent when their threads have let go of the file.
            for _ in 0..reader::READERS {
                let (sender, stopped) = oneshot::channel();
                drop(self.readers.send(reader::Letter::Stop(sender)));
                drop(stopped.await);
            }
            let (sender, stopped) = oneshot::channel();
            drop(self.writer.send(writer::Letter::Stop(sender)));
            drop(stopped.await);
            Ok(())
        })
    }
}
