//! Replaying a history on a store and on the memory store, and comparing all they say.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use duly_core::{AttemptRef, OrderPolicy, TaskId};

use super::made::{
    id, incarnation, kind, limit, new_task, picked, queue, registration, settlement, tenant,
};
use super::operation::Operation;
use crate::testing::Rig;
use crate::{
    Claim, ClaimError, Duty, EventCursor, Filter, Heartbeat, KeepHouse, Lead, List, ListCursor,
    ListNames, MemoryStore, Name, Progress, Promote, QueueChange, Reason, Settle, Store, Subject,
    Submit, TakeBack,
};

/// Replays `history` on the rig's store and on a memory store with the same clock.
///
/// # Panics
/// At the first answer that differs, naming the operation and both answers; or if they differ at rest.
pub async fn replay(rig: &Rig, history: &[Operation]) {
    replay_among(rig, std::slice::from_ref(&rig.store), history).await;
}

/// The same on several stores that share what they keep, and the rig's clock: each step asks another one. A
/// claim may be told another instant at which to ask again, for a store knows only of the rates that have
/// closed something to its own claims.
///
/// # Panics
/// As [`replay`] does.
pub async fn replay_among(rig: &Rig, stores: &[Arc<dyn Store>], history: &[Operation]) {
    let mut pair = Pair {
        subject: rig.store.clone(),
        model: Arc::new(MemoryStore::new(rig.clock.clone())),
        alone: stores.len() == 1,
    };
    let mut attempts = Vec::new();
    let mut saved = Vec::new();
    for (step, operation) in history.iter().enumerate() {
        let what = format!("step {step}: {operation:?}");
        // Not in turns: what follows on what is to be asked of the same one, too.
        let next = (step * (step + 1) / 2 + step / 7) % stores.len();
        pair.subject = stores[next].clone();
        match operation {
            Operation::Advance { by } => rig.clock.advance(*by),
            Operation::Save { limit } => saved = pair.save(&what, *limit).await,
            Operation::Restore { skip, count, copy } => {
                let some = saved.iter().skip(*skip).take(*count).cloned();
                pair.restore(&what, some.collect(), *copy).await;
            }
            _ => pair.apply(&what, operation, &mut attempts).await,
        }
    }
    pair.compare_at_rest().await;
    pair.compare_saved(rig.clock.clone()).await;
}

pub(super) struct Pair {
    pub(super) subject: Arc<dyn Store>,
    pub(super) model: Arc<dyn Store>,
    /// No other store shares what the subject keeps.
    alone: bool,
}

impl Pair {
    /// Asks both the same, and answers what both said.
    pub(super) async fn same<R, F>(&self, what: &str, ask: impl Fn(Arc<dyn Store>) -> F) -> R
    where
        R: PartialEq + Debug,
        F: Future<Output = R>,
    {
        let (subject, model) = (
            ask(self.subject.clone()).await,
            ask(self.model.clone()).await,
        );
        assert_eq!(
            subject, model,
            "{what}: the store (left) differs from the model (right)"
        );
        subject
    }

    async fn apply(&self, what: &str, operation: &Operation, attempts: &mut Vec<AttemptRef>) {
        match operation {
            Operation::Claim { .. } => self.claim(what, operation, attempts).await,
            Operation::Promote { worker, picks } => {
                let request = Promote {
                    incarnation: incarnation(*worker),
                    attempts: picks
                        .iter()
                        .filter_map(|pick| picked(attempts, *pick))
                        .collect(),
                };
                self.same(what, |store| ask(store, request.clone(), Store::promote))
                    .await
                    .ok();
            }
            Operation::Settle { worker, endings } => {
                let settlements = endings
                    .iter()
                    .filter_map(|ending| settlement(attempts, ending))
                    .collect();
                let request = Settle {
                    incarnation: incarnation(*worker),
                    settlements,
                };
                self.same(what, |store| ask(store, request.clone(), Store::settle))
                    .await
                    .ok();
            }
            Operation::Heartbeat { worker, progress } => {
                let progress = progress.and_then(|pick| picked(attempts, pick));
                let report = |attempt| {
                    (
                        attempt,
                        Progress {
                            fraction: 0.5,
                            text: "half".into(),
                        },
                    )
                };
                let request = Heartbeat {
                    incarnation: incarnation(*worker),
                    progress: progress.map(report).into_iter().collect(),
                };
                self.same(what, |store| ask(store, request.clone(), Store::heartbeat))
                    .await
                    .ok();
            }
            other => self.apply_simple(what, other).await,
        }
    }

    async fn claim(&self, what: &str, operation: &Operation, attempts: &mut Vec<AttemptRef>) {
        let Operation::Claim {
            worker,
            queues,
            weighed,
            kinds,
            run,
            prefetch,
            suspect,
            turn,
        } = operation
        else {
            return;
        };
        let request = Claim {
            weights: (1..4)
                .cycle()
                .take(if *weighed { queues.len() } else { 0 })
                .collect(),
            incarnation: incarnation(*worker),
            queues: queues.iter().map(|n| queue(*n)).collect(),
            kinds: kinds.iter().map(|n| kind(*n)).collect(),
            run: *run,
            prefetch: *prefetch,
            suspect: *suspect,
            turn: *turn,
        };
        // Now and then, so that claims also find what explanations have not looked at before.
        let closed = match turn {
            1 => self.closed(what).await,
            _ => Vec::new(),
        };
        let claim = |store| {
            let request = request.clone();
            async move {
                let mut claimed = ask(store, request, Store::claim).await?;
                claimed.next_at = claimed.next_at.filter(|_| self.alone);
                Ok::<_, ClaimError>(claimed)
            }
        };
        let claimed = self.same(what, claim).await;
        let leases = claimed.iter().flat_map(|claimed| &claimed.leases);
        for task in leases.map(|lease| lease.attempt.task) {
            assert!(
                !closed.contains(&task),
                "{what}: {task} was closed, and started"
            );
        }
        attempts.extend(
            claimed
                .iter()
                .flat_map(|c| &c.leases)
                .map(|lease| lease.attempt),
        );
    }

    async fn apply_simple(&self, what: &str, operation: &Operation) {
        match operation.clone() {
            Operation::Submit { tasks } => {
                let request = Submit {
                    tasks: tasks.iter().map(new_task).collect(),
                };
                self.same(what, |store| ask(store, request.clone(), Store::submit))
                    .await
                    .ok();
            }
            Operation::Register { worker } => {
                let request = registration(worker);
                self.same(what, |store| ask(store, request.clone(), Store::register))
                    .await
                    .ok();
            }
            Operation::CancelRequests { worker } => {
                let worker = incarnation(worker);
                self.same(what, |store| ask(store, worker, Store::cancel_requests))
                    .await
                    .ok();
            }
            Operation::TakeBack {
                worker,
                beats,
                limit,
            } => {
                let request = TakeBack {
                    incarnation: incarnation(worker),
                    beats,
                    limit,
                };
                self.same(what, |store| ask(store, request, Store::take_back))
                    .await
                    .ok();
            }
            Operation::KeepHouse { duty, limit } => {
                let request = KeepHouse { duty, limit };
                self.same(what, |store| ask(store, request, Store::keep_house))
                    .await
                    .ok();
            }
            Operation::Lead { holder, ttl } => {
                let request = Lead {
                    name: "lead".into(),
                    holder: incarnation(holder),
                    ttl,
                };
                self.same(what, |store| ask(store, request.clone(), Store::lead))
                    .await
                    .ok();
            }
            other => self.apply_change(what, other).await,
        }
    }

    async fn apply_change(&self, what: &str, operation: Operation) {
        match operation {
            Operation::Change { task, change } => {
                let change = |store: Arc<dyn Store>| {
                    let change = change.clone();
                    async move { store.change(id(task), change).await }
                };
                self.same(what, change).await.ok();
            }
            Operation::ChangeMatching {
                filter,
                change,
                limit,
            } => self.change_matching(what, filter, change, limit).await,
            Operation::PutSchedule { .. }
            | Operation::RemoveSchedule { .. }
            | Operation::AdvanceSchedule { .. }
            | Operation::DueSchedules { .. } => self.on_schedules(what, operation).await,
            Operation::Configure { queue: n, change } => {
                let change =
                    |store: Arc<dyn Store>| async move { store.configure(queue(n), change).await };
                self.same(what, change).await.ok();
            }
            Operation::ConfigureKind { kind: n, change } => {
                let change = |store: Arc<dyn Store>| async move {
                    store.configure_kind(kind(n), change).await
                };
                self.same(what, change).await.ok();
            }
            Operation::ConfigureTenant { tenant: n, change } => {
                let change = |store: Arc<dyn Store>| async move {
                    store.configure_tenant(tenant(n), change).await
                };
                self.same(what, change).await.ok();
            }
            other => self.apply_limits(what, other).await,
        }
    }

    async fn apply_limits(&self, what: &str, operation: Operation) {
        match operation {
            Operation::ConfigureLimit { limit: n, bounds } => {
                let change = |store: Arc<dyn Store>| async move {
                    store.configure_limit(limit(n), bounds).await
                };
                self.same(what, change).await.ok();
            }
            Operation::Attach {
                what: sort,
                subject: n,
                change,
            } => {
                let subject = match sort {
                    0 => Subject::Queue(queue(n)),
                    1 => Subject::Kind(kind(n)),
                    _ => Subject::Tenant(tenant(n)),
                };
                let attach = |store: Arc<dyn Store>| {
                    let (subject, change) = (subject.clone(), change.clone());
                    async move { store.attach(subject, change).await }
                };
                self.same(what, attach).await.ok();
            }
            Operation::Order { queue: n, order } => self.order(what, queue(n), order).await,
            other => self.look(what, other).await,
        }
    }

    /// Changes the order of a queue, and moves all that stand in line.
    async fn order(&self, what: &str, queue: Name, order: OrderPolicy) {
        let change = QueueChange {
            order: Some(order),
            ..QueueChange::default()
        };
        let configure = |store: Arc<dyn Store>| {
            let queue = queue.clone();
            async move { store.configure(queue, change).await }
        };
        self.same(what, configure).await.ok();
        let step = KeepHouse {
            duty: Duty::Rekey,
            limit: 5,
        };
        let keep = |store: Arc<dyn Store>| async move { store.keep_house(step).await };
        while self.same(what, keep).await.is_ok_and(|kept| kept.more) {}
    }

    async fn look(&self, what: &str, operation: Operation) {
        match operation {
            Operation::List {
                filter,
                limit,
                brief,
            } => {
                let list = List {
                    filter,
                    after: None,
                    limit,
                    brief,
                };
                self.same(what, |store| ask(store, list.clone(), Store::list))
                    .await
                    .ok();
            }
            Operation::Queues => {
                self.same(what, |store| async move { store.queues().await })
                    .await
                    .ok();
            }
            Operation::Kinds(request) => {
                self.same(what, |store| ask(store, request.clone(), Store::kinds))
                    .await
                    .ok();
            }
            Operation::Tenants(request) => {
                self.same(what, |store| ask(store, request.clone(), Store::tenants))
                    .await
                    .ok();
            }
            Operation::Limits(request) => {
                self.same(what, |store| ask(store, request.clone(), Store::limits))
                    .await
                    .ok();
            }
            Operation::Attachments(request) => {
                self.same(what, |store| {
                    ask(store, request.clone(), Store::attachments)
                })
                .await
                .ok();
            }
            Operation::TaskEvents { task, after, limit } => {
                let look = |store: Arc<dyn Store>| async move {
                    store
                        .task_events(id(task), EventCursor::after(after), limit)
                        .await
                };
                self.same(what, look).await.ok();
            }
            Operation::Events { after, limit } => {
                let look = |store: Arc<dyn Store>| async move {
                    store.events(EventCursor::after(after), limit).await
                };
                self.same(what, look).await.ok();
            }
            other => self.explain(what, other).await,
        }
    }

    async fn explain(&self, what: &str, operation: Operation) {
        match operation {
            Operation::ExplainTask { task } => {
                self.same(what, |store| ask(store, id(task), Store::explain_task))
                    .await
                    .ok();
            }
            Operation::ExplainQueue { queue: n } => {
                self.same(what, |store| ask(store, queue(n), Store::explain_queue))
                    .await
                    .ok();
            }
            Operation::ExplainWorker { worker } => {
                let name = Name::from(format!("worker-{worker}"));
                self.same(what, |store| {
                    ask(store, name.clone(), Store::explain_worker)
                })
                .await
                .ok();
            }
            other => unreachable!("{other:?} is applied elsewhere"),
        }
    }

    /// The tasks that something closes. That no worker serves them does not count: here workers ask for what
    /// they did not register for.
    async fn closed(&self, what: &str) -> Vec<TaskId> {
        let all = List {
            filter: Filter::default(),
            after: None,
            limit: crate::bounds::PAGE_MAX,
            brief: true,
        };
        let page = self.model.list(all).await.expect("a page of tasks");
        let mut closed = Vec::new();
        for task in page.tasks.iter().filter(|task| !task.state.is_final()) {
            let explained = self
                .same(what, |store| ask(store, task.id, Store::explain_task))
                .await
                .expect("it is explained");
            let mut reasons = explained.into_iter().flat_map(|why| why.reasons);
            if reasons.any(|why| why.is_closing() && !matches!(why, Reason::NoWorker { .. })) {
                closed.push(task.id);
            }
        }
        closed
    }

    async fn compare_at_rest(&self) {
        let what = "at rest";
        let mut after: Option<ListCursor> = None;
        loop {
            let list = List {
                filter: Filter::default(),
                after,
                limit: 100,
                brief: false,
            };
            let page = self
                .same(what, |store| ask(store, list.clone(), Store::list))
                .await;
            after = page.expect("a page of tasks").next;
            if after.is_none() {
                break;
            }
        }
        let events = |store: Arc<dyn Store>| async move {
            store
                .events(EventCursor::START, crate::bounds::PAGE_MAX)
                .await
        };
        self.same(what, events).await.expect("a page of events");
        self.same(what, |store| async move { store.queues().await })
            .await
            .expect("the queues");
        let all = ListNames::first(crate::bounds::PAGE_MAX);
        self.same(what, |store| ask(store, all.clone(), Store::kinds))
            .await
            .expect("the kinds");
        self.same(what, |store| ask(store, all.clone(), Store::tenants))
            .await
            .expect("the tenants");
        self.same(what, |store| ask(store, all.clone(), Store::limits))
            .await
            .expect("the limits");
        self.same(what, |store| async move { store.workers().await })
            .await
            .expect("the workers");
        self.compare_schedules(what).await;
    }
}

type Asked<'a, R> = crate::BoxFuture<'a, R>;

/// Asks a store that the future owns.
pub(super) async fn ask<Q, R>(
    store: Arc<dyn Store>,
    request: Q,
    operation: impl for<'a> FnOnce(&'a dyn Store, Q) -> Asked<'a, R>,
) -> R {
    operation(&*store, request).await
}
