//! What a broken store does to the one that keeps all rules.

use duly_core::{AttemptRef, Priority, State, Timestamp};
use duly_store::{
    Admission, Filter, KindChange, List, ListNames, Name, NewTask, QueueChange, Settle, Settlement,
    Store, Submit, SubmitReply, Submitted, TakeBack, TaskRecord, TenantChange,
};

use crate::wire::{Answer, Ask, perform, ready};

pub(super) fn weigh(store: &dyn Store, tenant: &Name, weight: u32) {
    let change = TenantChange {
        weight: Some(weight),
        ..TenantChange::default()
    };
    let _ = ready(store.configure_tenant(tenant.clone(), change));
}

pub(super) fn lost(request: &Submit, store: &dyn Store) -> Answer {
    let at = ready(store.submit(Submit::default())).map(|reply| reply.at);
    let told = |task: &NewTask| Submitted {
        id: task.id,
        state: State::Pending,
        admission: Admission::New,
    };
    Answer::Submit(at.map(|at| SubmitReply {
        tasks: request.tasks.iter().map(told).collect(),
        at,
    }))
}

pub(super) fn reverse(task: &mut NewTask) {
    task.priority = match task.priority {
        Priority::Critical => Priority::Low,
        Priority::High => Priority::Normal,
        Priority::Normal => Priority::High,
        Priority::Low => Priority::Critical,
    };
}

/// Does something while nothing is paused and nothing drains.
pub(super) fn while_open(store: &dyn Store, ask: Ask) -> Answer {
    let all = ListNames::first(duly_store::bounds::PAGE_MAX);
    let queues = ready(store.queues()).unwrap_or_default();
    let kinds = ready(store.kinds(all.clone())).unwrap_or_default().kinds;
    let tenants = ready(store.tenants(all)).unwrap_or_default().tenants;
    let set = |open: bool| {
        let flag = |flag: bool| Some(flag && !open);
        for queue in &queues {
            let change = QueueChange {
                paused: flag(queue.settings.paused),
                draining: flag(queue.settings.draining),
                ..QueueChange::default()
            };
            let _ = ready(store.configure(queue.name.clone(), change));
        }
        for kind in &kinds {
            let change = KindChange {
                paused: flag(kind.settings.paused),
                draining: flag(kind.settings.draining),
            };
            let _ = ready(store.configure_kind(kind.name.clone(), change));
        }
        for tenant in &tenants {
            let change = TenantChange {
                paused: flag(tenant.settings.paused),
                draining: flag(tenant.settings.draining),
                weight: None,
            };
            let _ = ready(store.configure_tenant(tenant.name.clone(), change));
        }
    };
    set(true);
    let answer = perform(store, ask);
    set(false);
    answer
}

/// Does something while no limit bounds anything; afterwards, no rate has given out anything.
pub(super) fn without_limits<T>(store: &dyn Store, what: impl FnOnce() -> T) -> T {
    let all = ListNames::first(duly_store::bounds::PAGE_MAX);
    let limits = ready(store.limits(all)).unwrap_or_default().limits;
    let set = |open: bool| {
        for record in &limits {
            let limit = (!open).then_some(record.limit);
            let _ = ready(store.configure_limit(record.name.clone(), limit));
        }
    };
    set(true);
    let done = what();
    set(false);
    done
}

/// The earliest instant that a task waits for.
pub(super) fn next_due(store: &dyn Store) -> Option<Timestamp> {
    let waiting = tasks(store, &[State::Scheduled, State::Retrying]);
    waiting.into_iter().map(|task| task.due_at).min()
}

pub(super) fn is_running(store: &dyn Store, end: &Settlement) -> bool {
    let task = ready(store.task(end.attempt.task));
    matches!(task, Ok(Some(task)) if task.state == State::Running)
}

/// Ends whatever attempt is current.
pub(super) fn settle_current(store: &dyn Store, end: &Settlement) -> Option<State> {
    let task = ready(store.task(end.attempt.task)).ok()??;
    let incarnation = task.incarnation?;
    let settlement = Settlement {
        attempt: attempt(&task),
        ..end.clone()
    };
    let settled = ready(store.settle(Settle {
        incarnation,
        settlements: vec![settlement],
    }));
    settled.ok()?.attempts.pop()?.ok()
}

pub(super) fn is_silent(store: &dyn Store, request: &TakeBack) -> bool {
    let workers = ready(store.workers()).unwrap_or_default();
    let mut workers = workers.into_iter();
    let worker = workers.find(|w| w.registration.incarnation == request.incarnation);
    worker.is_some_and(|worker| request.beats == Some(worker.beats))
}

pub(super) const fn attempt(task: &TaskRecord) -> AttemptRef {
    AttemptRef {
        task: task.id,
        attempt: task.attempt,
    }
}

pub(super) fn tasks(store: &dyn Store, states: &[State]) -> Vec<TaskRecord> {
    let request = List {
        filter: Filter {
            states: states.to_vec(),
            ..Filter::default()
        },
        limit: duly_store::bounds::PAGE_MAX,
        ..List::default()
    };
    ready(store.list(request)).map_or_else(|_| Vec::new(), |page| page.tasks)
}
