//! Explanations, as they are shown.

use duly_core::Timestamp;

use crate::port::{self, Reason};

pub(crate) fn explanation(why: port::Explanation) -> duly_api::Explanation {
    let closed = why.is_closed();
    let reasons = why.reasons.iter();
    duly_api::Explanation {
        id: why.task,
        kind: why.kind.to_string(),
        queue: why.queue.to_string(),
        state: why.state,
        at: why.at,
        closed,
        reasons: reasons.map(|one| reason(one, why.at, None)).collect(),
        position: why.position.map(|position| duly_api::Position {
            ahead: position.ahead,
            exact: position.exact,
            text: position.to_string(),
        }),
        estimated_start: why.estimated_start.map(|start| duly_api::EstimatedStart {
            at: start.at,
            basis: start.basis.to_string(),
        }),
    }
}

pub(crate) fn queue_explanation(why: &port::QueueExplanation) -> duly_api::QueueExplanation {
    duly_api::QueueExplanation {
        queue: why.queue.to_string(),
        at: why.at,
        pending: why.pending,
        waiting: why.waiting,
        assigned: why.assigned,
        running: why.running,
        ready: why.ready,
        exact: why.exact,
        reasons: counted(&why.reasons, why.at),
    }
}

pub(crate) fn worker_explanation(why: &port::WorkerExplanation) -> duly_api::WorkerExplanation {
    duly_api::WorkerExplanation {
        worker: why.worker.to_string(),
        incarnation: why.incarnation,
        at: why.at,
        capacity: why.capacity,
        running: why.running,
        assigned: why.assigned,
        ready: why.ready,
        exact: why.exact,
        reasons: counted(&why.reasons, why.at),
    }
}

fn counted(counts: &[port::ReasonCount], at: Timestamp) -> Vec<duly_api::Reason> {
    let counts = counts.iter();
    counts
        .map(|count| reason(&count.reason, at, Some(count.tasks)))
        .collect()
}

fn reason(reason: &Reason, at: Timestamp, tasks: Option<u64>) -> duly_api::Reason {
    duly_api::Reason {
        code: reason.code().to_owned(),
        closing: reason.is_closing(),
        text: reason.sentence(at).to_string(),
        name: name(reason),
        until: match reason {
            Reason::StartBy { at } | Reason::FinishBy { at } => Some(*at),
            _ => reason.until(),
        },
        in_use: match reason {
            Reason::LimitFull { in_use, .. } => Some(*in_use),
            Reason::WorkersBusy { running, .. } => Some(*running),
            _ => None,
        },
        at_most: match reason {
            Reason::LimitFull { at_most, .. } | Reason::TooHeavy { at_most, .. } => {
                Some(u64::from(*at_most))
            }
            Reason::WorkersBusy { capacity, .. } => Some(*capacity),
            _ => None,
        },
        weight: match reason {
            Reason::LimitFull { weight, .. }
            | Reason::RateSpent { weight, .. }
            | Reason::TooHeavy { weight, .. } => Some(*weight),
            _ => None,
        },
        tasks,
    }
}

/// What a reason is about.
fn name(reason: &Reason) -> Option<String> {
    let name = match reason {
        Reason::QueuePaused { queue } | Reason::NothingWaits { queue } => queue,
        Reason::KindPaused { kind } | Reason::NoWorker { kind, .. } => kind,
        Reason::TenantPaused { tenant } => tenant,
        Reason::LimitFull { limit, .. }
        | Reason::RateSpent { limit, .. }
        | Reason::TooHeavy { limit, .. }
        | Reason::LimitUndefined { limit } => limit,
        Reason::Running { worker, .. } | Reason::Assigned { worker } => worker.as_ref()?,
        _ => return None,
    };
    Some(name.to_string())
}
