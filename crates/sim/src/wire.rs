//! What travels between a process and the store.

use std::task::{Context, Poll, Waker};

use duly_core::{AttemptRef, Incarnation, Limit, State, TaskId};
use duly_store::bounds::PAGE_MAX;
use duly_store::{
    Advance, Advanced, AttachmentChange, BoxFuture, Change, ChangeError, ChangeMatching,
    ChangedMatching, Claim, ClaimError, Claimed, DueSchedules, Explanation, Filter, Heartbeat,
    KeepHouse, Kept, KindChange, KindSettings, Lead, Leadership, LimitUse, List, ListSchedules,
    Name, Promote, Promoted, PutSchedule, QueueChange, QueueSettings, Registration, Renewed,
    RequestError, ScheduleError, SchedulePage, ScheduleRecord, Settle, Settled, Store, StoreError,
    Subject, Submit, SubmitError, SubmitReply, TakeBack, TakenBack, TaskRecord, TenantChange,
    TenantSettings, WorkerRecord,
};

/// A kind of call, by which faults are aimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Op {
    Submit,
    Claim,
    Promote,
    Settle,
    Register,
    Heartbeat,
    CancelRequests,
    TakeBack,
    Workers,
    Held,
    Change,
    Configure,
    DueSchedules,
    Schedules,
    Living,
    Advance,
    KeepHouse,
    Lead,
    Explain,
}

/// A question to the store.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Submit(Submit),
    Claim(Claim),
    Promote(Promote),
    Settle(Settle),
    Register(Registration),
    Heartbeat(Heartbeat),
    CancelRequests(Incarnation),
    TakeBack(TakeBack),
    Workers,
    /// The attempts that workers of this name hold.
    Held(Name),
    Change(TaskId, Change),
    /// Calls off what waits of these tasks, so many at most.
    Purge(Subject, u32),
    Configure(Name, QueueChange),
    Kind(Name, KindChange),
    Tenant(Name, TenantChange),
    Limit(Name, Option<Limit>),
    Attach(Subject, Vec<LimitUse>),
    PutSchedule(PutSchedule),
    DueSchedules,
    /// All schedules.
    Schedules,
    /// Which of these tasks have not ended.
    Living(Vec<TaskId>),
    Advance(Advance),
    KeepHouse(KeepHouse),
    Lead(Lead),
    /// Why each task that waits does.
    Explain,
}

/// The store's answer.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Submit(Result<SubmitReply, SubmitError>),
    Claim(Result<Claimed, ClaimError>),
    Promote(Result<Promoted, StoreError>),
    Settle(Result<Settled, StoreError>),
    Register(Result<(), RequestError>),
    Heartbeat(Result<Renewed, StoreError>),
    CancelRequests(Result<Vec<AttemptRef>, StoreError>),
    TakeBack(Result<TakenBack, StoreError>),
    Workers(Result<Vec<WorkerRecord>, StoreError>),
    Held(Result<Vec<AttemptRef>, RequestError>),
    Change(Result<Box<TaskRecord>, ChangeError>),
    /// What a dry run said, and what was done.
    Purge(Result<(ChangedMatching, ChangedMatching), RequestError>),
    Configure(Result<QueueSettings, RequestError>),
    Kind(Result<KindSettings, RequestError>),
    Tenant(Result<TenantSettings, RequestError>),
    Limit(Result<(), RequestError>),
    Attach(Result<(), RequestError>),
    PutSchedule(Result<ScheduleRecord, ScheduleError>),
    DueSchedules(Result<DueSchedules, RequestError>),
    Schedules(Result<SchedulePage, RequestError>),
    Living(Result<Vec<TaskId>, StoreError>),
    Advance(Result<Advanced, ScheduleError>),
    KeepHouse(Result<Kept, StoreError>),
    Lead(Result<Leadership, StoreError>),
    Explain(Result<Vec<Explanation>, RequestError>),
}

/// What a process hears of its call.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    Answer(Answer),
    /// Nothing, in time: it may have taken effect, or may still.
    Lost,
    /// The store is away: it had no effect.
    Away,
}

impl Ask {
    pub(crate) const fn op(&self) -> Op {
        match self {
            Self::Submit(_) => Op::Submit,
            Self::Claim(_) => Op::Claim,
            Self::Promote(_) => Op::Promote,
            Self::Settle(_) => Op::Settle,
            Self::Register(_) => Op::Register,
            Self::Heartbeat(_) => Op::Heartbeat,
            Self::CancelRequests(_) => Op::CancelRequests,
            Self::TakeBack(_) => Op::TakeBack,
            Self::Workers => Op::Workers,
            Self::Held(_) => Op::Held,
            Self::Change(..) | Self::Purge(..) => Op::Change,
            Self::Configure(..) | Self::Kind(..) | Self::Tenant(..) => Op::Configure,
            Self::PutSchedule(_) | Self::Limit(..) | Self::Attach(..) => Op::Configure,
            Self::DueSchedules => Op::DueSchedules,
            Self::Schedules => Op::Schedules,
            Self::Living(_) => Op::Living,
            Self::Advance(_) => Op::Advance,
            Self::KeepHouse(_) => Op::KeepHouse,
            Self::Lead(_) => Op::Lead,
            Self::Explain => Op::Explain,
        }
    }
}

/// How many schedules one question after those that are due brings.
const SCHEDULES: u32 = 10;

/// Asks the store.
pub(crate) fn perform(store: &dyn Store, ask: Ask) -> Answer {
    match ask {
        Ask::Submit(request) => Answer::Submit(ready(store.submit(request))),
        Ask::Claim(request) => Answer::Claim(ready(store.claim(request))),
        Ask::Promote(request) => Answer::Promote(ready(store.promote(request))),
        Ask::Settle(request) => Answer::Settle(ready(store.settle(request))),
        Ask::Register(request) => Answer::Register(ready(store.register(request))),
        Ask::Heartbeat(request) => Answer::Heartbeat(ready(store.heartbeat(request))),
        Ask::CancelRequests(worker) => Answer::CancelRequests(ready(store.cancel_requests(worker))),
        Ask::TakeBack(request) => Answer::TakeBack(ready(store.take_back(request))),
        Ask::Workers => Answer::Workers(ready(store.workers())),
        Ask::Held(name) => Answer::Held(held(store, name)),
        Ask::Change(id, change) => Answer::Change(ready(store.change(id, change)).map(Box::new)),
        Ask::Purge(subject, limit) => Answer::Purge(purge(store, &subject, limit)),
        Ask::Configure(queue, change) => Answer::Configure(ready(store.configure(queue, change))),
        Ask::Kind(kind, change) => Answer::Kind(ready(store.configure_kind(kind, change))),
        Ask::Tenant(tenant, change) => {
            Answer::Tenant(ready(store.configure_tenant(tenant, change)))
        }
        Ask::Limit(name, limit) => Answer::Limit(ready(store.configure_limit(name, limit))),
        Ask::Attach(subject, limits) => Answer::Attach(ready(
            store.attach(subject, AttachmentChange::Exactly(limits)),
        )),
        Ask::PutSchedule(request) => Answer::PutSchedule(ready(store.put_schedule(request))),
        Ask::DueSchedules => Answer::DueSchedules(ready(store.due_schedules(SCHEDULES))),
        Ask::Schedules => {
            let (after, limit) = (None, PAGE_MAX);
            Answer::Schedules(ready(store.schedules(ListSchedules { after, limit })))
        }
        Ask::Living(ids) => Answer::Living(living(store, ids)),
        Ask::Advance(request) => Answer::Advance(ready(store.advance_schedule(request))),
        Ask::KeepHouse(request) => Answer::KeepHouse(ready(store.keep_house(request))),
        Ask::Lead(request) => Answer::Lead(ready(store.lead(request))),
        Ask::Explain => Answer::Explain(explain(store)),
    }
}

/// States in which a task waits.
const WAITING: [State; 3] = [State::Scheduled, State::Pending, State::Retrying];

fn purge(
    store: &dyn Store,
    subject: &Subject,
    limit: u32,
) -> Result<(ChangedMatching, ChangedMatching), RequestError> {
    let step = |dry_run| ChangeMatching {
        filter: Filter {
            states: WAITING.to_vec(),
            ..subject.tasks()
        },
        change: Change::Cancel,
        after: None,
        limit,
        dry_run,
    };
    let told = ready(store.change_matching(step(true)))?;
    Ok((told, ready(store.change_matching(step(false)))?))
}

fn held(store: &dyn Store, worker: Name) -> Result<Vec<AttemptRef>, RequestError> {
    let filter = Filter {
        states: vec![State::Assigned, State::Running],
        worker: Some(worker),
        ..Filter::default()
    };
    let held = list(store, filter)?.into_iter().map(|task| AttemptRef {
        task: task.id,
        attempt: task.attempt,
    });
    Ok(held.collect())
}

fn explain(store: &dyn Store) -> Result<Vec<Explanation>, RequestError> {
    let filter = Filter {
        states: WAITING.to_vec(),
        ..Filter::default()
    };
    let mut all = Vec::new();
    for task in list(store, filter)? {
        all.extend(ready(store.explain_task(task.id))?);
    }
    Ok(all)
}

fn living(store: &dyn Store, ids: Vec<TaskId>) -> Result<Vec<TaskId>, StoreError> {
    let mut living = Vec::new();
    for id in ids {
        let task = ready(store.task(id))?;
        living.extend(
            task.filter(|task| !task.state.is_final())
                .map(|task| task.id),
        );
    }
    Ok(living)
}

/// All tasks that a filter means.
fn list(store: &dyn Store, filter: Filter) -> Result<Vec<TaskRecord>, RequestError> {
    let mut request = List {
        filter,
        limit: PAGE_MAX,
        brief: true,
        ..List::default()
    };
    let mut tasks = Vec::new();
    loop {
        let page = ready(store.list(request.clone()))?;
        tasks.extend(page.tasks);
        if page.next.is_none() {
            return Ok(tasks);
        }
        request.after = page.next;
    }
}

/// The value of a future that does not wait: the memory store's never do.
pub(crate) fn ready<T>(mut future: BoxFuture<'_, T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("every operation of the memory store is over at once"),
    }
}
