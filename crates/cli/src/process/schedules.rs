//! Schedules as the settings want them.

use std::collections::BTreeMap;

use duly::schedule::{Converged, SchedulesError};
use duly::{
    Duly, InvalidInput, OnConflict, Payload, Replace, RetryPolicy, Schedule, Task, Unique,
    UniqueScope,
};

/// Who declares them.
const OWNER: &str = "config";

/// Makes, changes and removes schedules until those that a configuration declares are those of these
/// settings.
pub(super) async fn set(
    duly: &Duly,
    schedules: &BTreeMap<String, duly_config::Schedule>,
) -> Result<(), SchedulesError> {
    let declared = schedules
        .iter()
        .map(|(name, said)| Ok((name.as_str(), schedule(said)?)));
    let declared: Result<Vec<_>, SchedulesError> = declared.collect();
    let done = duly.schedules().converge(declared?, OWNER).await?;
    told(&done);
    Ok(())
}

fn schedule(said: &duly_config::Schedule) -> Result<Schedule, SchedulesError> {
    let terms = said.terms().map_err(|expected| InvalidInput {
        field: "schedules",
        value: "contradictory".to_owned(),
        expected,
    })?;
    let payload = said.payload.as_ref();
    let payload = payload.map(|payload| Payload::json(payload.expose().to_owned()));
    let kind = said.kind.clone().unwrap_or_default();
    let mut task = Task::raw(kind, payload.unwrap_or_default());
    if let Some(queue) = &said.queue {
        task = task.queue(queue.as_str());
    }
    if let Some(priority) = said.priority {
        task = task.priority(priority);
    }
    if let Some(deadline) = said.deadline {
        task = task.deadline(deadline);
    }
    if let Some(timeout) = said.timeout {
        task = task.timeout(timeout);
    }
    if let Some(within) = said.finish_within {
        task = task.finish_within(within);
    }
    if let Some(age) = said.alert_unstarted {
        task = task.alert_unstarted(age);
    }
    if let Some(age) = said.alert_unfinished {
        task = task.alert_unfinished(age);
    }
    if let Some(unique) = unique(said) {
        task = task.unique(unique);
    }
    for (limit, weight) in &said.limits {
        task = task.limit_weight(limit.as_str(), *weight);
    }
    if let Some(tenant) = &said.tenant {
        task = task.tenant(tenant.as_str());
    }
    for (name, value) in &said.labels {
        task = task.label(name, value);
    }
    let most = RetryPolicy::default().attempts_max;
    let task = task.attempts_max(said.max_attempts.unwrap_or(most));
    Ok(Schedule::terms(terms).task(task))
}

fn unique(said: &duly_config::Schedule) -> Option<Unique> {
    let key = said.unique_key.as_deref()?;
    let scope = match said.unique_scope.as_deref() {
        None | Some("unfinished") => UniqueScope::Unfinished,
        Some("waiting") => UniqueScope::Waiting,
        Some(span) => duly_api::duration::parse(span)
            .map_or_else(|_| UniqueScope::default(), UniqueScope::Period),
    };
    let on_conflict = match said.on_conflict.as_deref() {
        Some("keep") => OnConflict::Keep,
        Some("replace") => OnConflict::Replace(Replace::ALL),
        _ => OnConflict::Reject,
    };
    Some(Unique {
        key: key.into(),
        scope,
        on_conflict,
    })
}

fn told(done: &Converged) {
    for (what, names) in [
        ("added", &done.added),
        ("changed", &done.changed),
        ("removed", &done.removed),
    ] {
        for schedule in names {
            tracing::info!(%schedule, what, "a schedule is as the configuration says");
        }
    }
}
