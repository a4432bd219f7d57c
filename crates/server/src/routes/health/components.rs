//! What a server is made of, and how well each part does.

use std::collections::BTreeSet;
use std::time::Duration;

use duly_api::{Component, Status};
use duly_core::{State, Timestamp, duration};

use crate::App;
use crate::app::Backlog;
use crate::bounds::{NAMED_MAX, READY_WAIT_MAX};
use crate::port::{House, Lead, Leadership, QueueRecord, StoreError, WorkerRecord, id};

/// What the store says of them.
struct Found {
    queues: Vec<QueueRecord>,
    workers: Vec<WorkerRecord>,
    lead: Leadership,
    now: Timestamp,
}

pub(super) async fn all(app: &App) -> Vec<Component> {
    let found = match tokio::time::timeout(READY_WAIT_MAX, look(app)).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return unknown(error.to_string()),
        Err(_) => return unknown(format!("no answer within {READY_WAIT_MAX:?}")),
    };
    vec![
        component("store", Status::Healthy, "it answers"),
        queues(&found, &app.backlog()),
        workers(&found),
        housekeeping(&found),
    ]
}

async fn look(app: &App) -> Result<Found, StoreError> {
    let store = app.store();
    // Whoever asks for no time at all learns who leads, and changes nothing.
    let ask = Lead {
        name: House::LEAD.into(),
        holder: id::incarnation(app.clock()),
        ttl: Duration::ZERO,
    };
    let (queues, workers, lead) =
        tokio::try_join!(store.queues(), store.workers(), store.lead(ask))?;
    Ok(Found {
        queues,
        workers,
        lead,
        now: app.clock().now(),
    })
}

fn unknown(reason: String) -> Vec<Component> {
    let rest = ["queues", "workers", "housekeeping"];
    let rest = rest.map(|name| {
        let detail = "not known, because the store does not answer";
        component(name, Status::Degraded, detail)
    });
    let store = component("store", Status::Unhealthy, reason);
    [vec![store], rest.to_vec()].concat()
}

fn queues(found: &Found, backlog: &Backlog) -> Component {
    let active = found.queues.iter().filter(|queue| !queue.settings.paused);
    let backed_up = active.filter_map(|queue| {
        let pending = queue.counts.of(State::Pending);
        let age = found.now.since(queue.oldest_due_at?);
        let name = &queue.name;
        if pending > backlog.pending_max {
            Some(format!("{name:?} has {pending} pending tasks"))
        } else if age > backlog.age_max {
            Some(format!(
                "{name:?} has a task that was due {} ago",
                duration::rough(age)
            ))
        } else {
            None
        }
    });
    let backed_up: Vec<_> = backed_up.collect();
    if backed_up.is_empty() {
        return component("queues", Status::Healthy, "none backs up");
    }
    component("queues", Status::Degraded, some(&backed_up))
}

/// Whether every queue in which tasks wait is served.
fn workers(found: &Found) -> Component {
    let registered = found.workers.len();
    let queues = found
        .workers
        .iter()
        .flat_map(|worker| &worker.registration.queues);
    let served: BTreeSet<_> = queues.collect();
    let waits = |queue: &&QueueRecord| {
        queue.counts.of(State::Pending) > 0
            && !queue.settings.paused
            && !served.contains(&queue.name)
    };
    let alone = found.queues.iter().filter(waits);
    let alone: Vec<_> = alone
        .map(|queue| format!("nobody serves {:?}", queue.name))
        .collect();
    if alone.is_empty() {
        return component(
            "workers",
            Status::Healthy,
            format!("{registered} registered"),
        );
    }
    component("workers", Status::Degraded, some(&alone))
}

fn housekeeping(found: &Found) -> Component {
    if found.lead.until > found.now {
        return component("housekeeping", Status::Healthy, "an instance keeps house");
    }
    let detail = "no instance keeps house: leases of lost workers are not taken back, and nothing \
                  is removed";
    component("housekeeping", Status::Degraded, detail)
}

/// The first of them, and how many more there are.
fn some(all: &[String]) -> String {
    let shown = all[..all.len().min(NAMED_MAX)].join(", ");
    match all.len().saturating_sub(NAMED_MAX) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

fn component(name: &str, status: Status, detail: impl Into<String>) -> Component {
    Component {
        name: name.to_owned(),
        status,
        detail: detail.into(),
    }
}
