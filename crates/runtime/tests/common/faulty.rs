//! A store that fails on command: before the operation takes effect, or after.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use duly_core::{AttemptRef, Incarnation, Limit, TaskId};
use duly_store::*;

/// An operation that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    Submit,
    Claim,
    Promote,
    Settle,
    Register,
    Heartbeat,
    CancelRequests,
    TakeBack,
    Workers,
    KeepHouse,
    Lead,
    List,
    Advance,
    Other,
}

/// When an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Before it takes effect.
    Before,
    /// After it took effect: the answer is lost.
    After,
    /// It never answers.
    Never,
    /// It takes effect, and its answer comes once it is let go.
    Held,
}

/// Wraps a store, and fails on command.
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    plan: Mutex<Plan>,
    under_way: AtomicUsize,
    let_go: tokio::sync::Notify,
    shared_fate: bool,
}

#[derive(Default)]
struct Plan {
    /// Everything fails so.
    all: Option<Fault>,
    /// Two in five operations fail, as these bits have it.
    storm: Option<u64>,
    /// The next operation of that kind fails so.
    next: VecDeque<(Operation, Fault)>,
    /// What was asked.
    asked: Vec<Operation>,
}

impl FaultyStore {
    pub fn new(inner: Arc<dyn Store>) -> Self {
        let shared_fate = inner.traits().shared_fate;
        Self {
            inner,
            plan: Mutex::default(),
            under_way: AtomicUsize::new(0),
            let_go: tokio::sync::Notify::new(),
            shared_fate,
        }
    }

    /// One that may be out of reach for one process only.
    pub fn without_shared_fate(inner: Arc<dyn Store>) -> Self {
        Self {
            shared_fate: false,
            ..Self::new(inner)
        }
    }

    /// The store itself, which does not fail.
    pub fn inner(&self) -> &Arc<dyn Store> {
        &self.inner
    }

    /// From now on everything fails, or nothing any more.
    pub fn set_away(&self, is_away: bool) {
        self.plan.lock().unwrap().all = is_away.then_some(Fault::Before);
    }

    /// From now on nothing answers, not even with an error.
    pub fn fall_silent(&self) {
        self.plan.lock().unwrap().all = Some(Fault::Never);
    }

    /// The answer that is held comes.
    pub fn let_go(&self) {
        self.let_go.notify_one();
    }

    /// From now on two in five operations fail, half of them after they took effect; a seed says which.
    /// `None` ends it.
    pub fn storm(&self, seed: Option<u64>) {
        self.plan.lock().unwrap().storm = seed;
    }

    /// The next operation of that kind fails so, after those that were ordered earlier.
    pub fn fail_next(&self, operation: Operation, fault: Fault) {
        let mut plan = self.plan.lock().unwrap();
        plan.next.push_back((operation, fault));
    }

    /// How many faults that were ordered have not happened.
    pub fn faults_left(&self) -> usize {
        self.plan.lock().unwrap().next.len()
    }

    /// How many calls are under way.
    pub fn under_way(&self) -> usize {
        self.under_way.load(SeqCst)
    }

    /// How often it was asked for that.
    pub fn asked(&self, operation: Operation) -> usize {
        let plan = self.plan.lock().unwrap();
        plan.asked.iter().filter(|o| **o == operation).count()
    }

    fn fault(&self, operation: Operation) -> Option<Fault> {
        let mut plan = self.plan.lock().unwrap();
        plan.asked.push(operation);
        if plan.all.is_some() {
            return plan.all;
        }
        if let Some(bits) = &mut plan.storm {
            *bits = bits.wrapping_mul(6_364_136_223_846_793_005);
            *bits = bits.wrapping_add(1_442_695_040_888_963_407);
            match (*bits >> 33) % 5 {
                0 => return Some(Fault::Before),
                1 => return Some(Fault::After),
                _ => {}
            }
        }
        let at = plan.next.iter().position(|(o, _)| *o == operation)?;
        plan.next.remove(at).map(|(_, fault)| fault)
    }

    fn call<'a, T, E>(
        &'a self,
        operation: Operation,
        call: impl FnOnce(&'a dyn Store) -> BoxFuture<'a, Result<T, E>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, E>>
    where
        T: Send + 'a,
        E: From<StoreError> + Send + 'a,
    {
        Box::pin(async move {
            let under_way = UnderWay::begin(&self.under_way);
            let fault = self.fault(operation);
            if fault == Some(Fault::Never) {
                drop(under_way);
                return std::future::pending().await;
            }
            if fault == Some(Fault::Before) {
                return Err(unavailable(false).into());
            }
            let answer = call(&*self.inner).await;
            if fault == Some(Fault::Held) {
                drop(under_way);
                self.let_go.notified().await;
                return answer;
            }
            match fault {
                Some(_) => Err(unavailable(true).into()),
                None => answer,
            }
        })
    }
}

/// Counts a call while it is under way.
struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, SeqCst);
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

fn unavailable(outcome_unknown: bool) -> StoreError {
    StoreError::Unavailable {
        reason: "a fault on command".to_owned(),
        outcome_unknown,
    }
}

impl Store for FaultyStore {
    fn traits(&self) -> Traits {
        Traits {
            shared_fate: self.shared_fate,
            ..self.inner.traits()
        }
    }

    fn submit(&self, request: Submit) -> BoxFuture<'_, Result<SubmitReply, SubmitError>> {
        self.call(Operation::Submit, |s| s.submit(request))
    }

    fn claim(&self, request: Claim) -> BoxFuture<'_, Result<Claimed, ClaimError>> {
        self.call(Operation::Claim, |s| s.claim(request))
    }

    fn promote(&self, request: Promote) -> BoxFuture<'_, Result<Promoted, StoreError>> {
        self.call(Operation::Promote, |s| s.promote(request))
    }

    fn settle(&self, request: Settle) -> BoxFuture<'_, Result<Settled, StoreError>> {
        self.call(Operation::Settle, |s| s.settle(request))
    }

    fn register(&self, request: Registration) -> BoxFuture<'_, Result<(), RequestError>> {
        self.call(Operation::Register, |s| s.register(request))
    }

    fn heartbeat(&self, request: Heartbeat) -> BoxFuture<'_, Result<Renewed, StoreError>> {
        self.call(Operation::Heartbeat, |s| s.heartbeat(request))
    }

    fn cancel_requests(
        &self,
        incarnation: Incarnation,
    ) -> BoxFuture<'_, Result<Vec<AttemptRef>, StoreError>> {
        self.call(Operation::CancelRequests, move |s| {
            s.cancel_requests(incarnation)
        })
    }

    fn take_back(&self, request: TakeBack) -> BoxFuture<'_, Result<TakenBack, StoreError>> {
        self.call(Operation::TakeBack, move |s| s.take_back(request))
    }

    fn workers(&self) -> BoxFuture<'_, Result<Vec<WorkerRecord>, StoreError>> {
        self.call(Operation::Workers, |s| s.workers())
    }

    fn change(&self, id: TaskId, change: Change) -> BoxFuture<'_, Result<TaskRecord, ChangeError>> {
        self.call(Operation::Other, move |s| s.change(id, change))
    }

    fn change_matching(
        &self,
        request: ChangeMatching,
    ) -> BoxFuture<'_, Result<ChangedMatching, RequestError>> {
        self.call(Operation::Other, |s| s.change_matching(request))
    }

    fn configure(
        &self,
        queue: Name,
        change: QueueChange,
    ) -> BoxFuture<'_, Result<QueueSettings, RequestError>> {
        self.call(Operation::Other, move |s| s.configure(queue, change))
    }

    fn queues(&self) -> BoxFuture<'_, Result<Vec<QueueRecord>, StoreError>> {
        self.call(Operation::Other, |s| s.queues())
    }

    fn configure_kind(
        &self,
        kind: Name,
        change: KindChange,
    ) -> BoxFuture<'_, Result<KindSettings, RequestError>> {
        self.call(Operation::Other, move |s| s.configure_kind(kind, change))
    }

    fn kinds(&self, request: ListNames) -> BoxFuture<'_, Result<KindPage, RequestError>> {
        self.call(Operation::Other, |s| s.kinds(request))
    }

    fn configure_tenant(
        &self,
        tenant: Name,
        change: TenantChange,
    ) -> BoxFuture<'_, Result<TenantSettings, RequestError>> {
        self.call(Operation::Other, move |s| {
            s.configure_tenant(tenant, change)
        })
    }

    fn tenants(&self, request: ListNames) -> BoxFuture<'_, Result<TenantPage, RequestError>> {
        self.call(Operation::Other, |s| s.tenants(request))
    }

    fn configure_limit(
        &self,
        limit: Name,
        bounds: Option<Limit>,
    ) -> BoxFuture<'_, Result<(), RequestError>> {
        self.call(Operation::Other, move |s| s.configure_limit(limit, bounds))
    }

    fn attach(
        &self,
        subject: Subject,
        change: AttachmentChange,
    ) -> BoxFuture<'_, Result<(), RequestError>> {
        self.call(Operation::Other, |s| s.attach(subject, change))
    }

    fn attachments(
        &self,
        request: ListAttachments,
    ) -> BoxFuture<'_, Result<AttachmentPage, RequestError>> {
        self.call(Operation::Other, |s| s.attachments(request))
    }

    fn limits(&self, request: ListNames) -> BoxFuture<'_, Result<LimitPage, RequestError>> {
        self.call(Operation::Other, |s| s.limits(request))
    }

    fn task(&self, id: TaskId) -> BoxFuture<'_, Result<Option<TaskRecord>, StoreError>> {
        self.call(Operation::Other, move |s| s.task(id))
    }

    fn list(&self, request: List) -> BoxFuture<'_, Result<TaskPage, RequestError>> {
        self.call(Operation::List, |s| s.list(request))
    }

    fn task_events(
        &self,
        id: TaskId,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>> {
        self.call(Operation::Other, move |s| s.task_events(id, after, limit))
    }

    fn events(
        &self,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>> {
        self.call(Operation::Other, move |s| s.events(after, limit))
    }

    fn events_end(&self) -> BoxFuture<'_, Result<EventCursor, StoreError>> {
        self.call(Operation::Other, |s| s.events_end())
    }

    fn explain_task(&self, id: TaskId) -> BoxFuture<'_, Result<Option<Explanation>, StoreError>> {
        self.call(Operation::Other, move |s| s.explain_task(id))
    }

    fn explain_queue(
        &self,
        queue: Name,
    ) -> BoxFuture<'_, Result<Option<QueueExplanation>, StoreError>> {
        self.call(Operation::Other, move |s| s.explain_queue(queue))
    }

    fn explain_worker(
        &self,
        worker: Name,
    ) -> BoxFuture<'_, Result<Vec<WorkerExplanation>, StoreError>> {
        self.call(Operation::Other, move |s| s.explain_worker(worker))
    }

    fn keep_house(&self, request: KeepHouse) -> BoxFuture<'_, Result<Kept, StoreError>> {
        self.call(Operation::KeepHouse, move |s| s.keep_house(request))
    }

    fn lead(&self, request: Lead) -> BoxFuture<'_, Result<Leadership, StoreError>> {
        self.call(Operation::Lead, |s| s.lead(request))
    }

    fn listen(&self, queues: &[Name]) -> Listener {
        self.inner.listen(queues)
    }

    fn listen_events(&self) -> Listener {
        self.inner.listen_events()
    }

    fn listen_schedules(&self) -> Listener {
        self.inner.listen_schedules()
    }

    fn put_schedule(
        &self,
        request: PutSchedule,
    ) -> BoxFuture<'_, Result<ScheduleRecord, ScheduleError>> {
        self.call(Operation::Other, |s| s.put_schedule(request))
    }

    fn remove_schedule(
        &self,
        request: RemoveSchedule,
    ) -> BoxFuture<'_, Result<ScheduleRecord, ScheduleError>> {
        self.call(Operation::Other, |s| s.remove_schedule(request))
    }

    fn schedule(&self, name: Name) -> BoxFuture<'_, Result<Option<ScheduleRecord>, StoreError>> {
        self.call(Operation::Other, |s| s.schedule(name))
    }

    fn schedules(
        &self,
        request: ListSchedules,
    ) -> BoxFuture<'_, Result<SchedulePage, RequestError>> {
        self.call(Operation::Other, |s| s.schedules(request))
    }

    fn due_schedules(&self, limit: u32) -> BoxFuture<'_, Result<DueSchedules, RequestError>> {
        self.call(Operation::Other, move |s| s.due_schedules(limit))
    }

    fn advance_schedule(&self, request: Advance) -> BoxFuture<'_, Result<Advanced, ScheduleError>> {
        self.call(Operation::Advance, |s| s.advance_schedule(request))
    }

    fn save(&self, request: Save) -> BoxFuture<'_, Result<SavedPage, RequestError>> {
        self.call(Operation::Other, move |s| s.save(request))
    }

    fn restore(&self, request: Restore) -> BoxFuture<'_, Result<Restored, SubmitError>> {
        self.call(Operation::Other, |s| s.restore(request))
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.close()
    }
}
