//! Schedules as the settings want them.

use std::collections::{BTreeMap, BTreeSet};

use duly::schedule::{Converged, SchedulesError};
use duly::{
    Duly, InvalidInput, OnConflict, Payload, Replace, RetryPolicy, Schedule, Task, Unique,
    UniqueScope,
};
use duly_config::Settings;

/// Schedules by name, as settings say them.
type Declared = BTreeMap<String, duly_config::Schedule>;

/// Who declares those of configurations without a name.
const OWNER: &str = "config";

/// Makes the schedules of configurations of this name those that these settings declare, and no others:
/// what was taken out while no process ran is removed. Settings without a name that declare none leave all
/// be: they may be those of a process that schedules nothing.
pub(super) async fn begin(duly: &Duly, settings: &Settings) -> Result<(), SchedulesError> {
    if settings.schedules.is_empty() && settings.name.is_none() {
        return Ok(());
    }
    let declared = declared(&settings.schedules)?;
    let done = duly.schedules().converge(declared, owner(settings)).await?;
    tell(&done);
    Ok(())
}

/// Makes and changes schedules until they are as declared, and removes those that were until now and are
/// not any more. They belong to the name that the configuration had at the start.
pub(super) async fn set(
    duly: &Duly,
    started: &Settings,
    old: &BTreeSet<String>,
    new: &Declared,
) -> Result<(), SchedulesError> {
    let owner = owner(started);
    let mut done = duly.schedules().declare(declared(new)?, owner).await?;
    let gone = old.iter().filter(|name| !new.contains_key(*name));
    let gone = gone.map(String::as_str);
    let withdrawn = duly.schedules().withdraw(gone, owner).await?;
    done.removed = withdrawn.removed;
    done.unreadable.extend(withdrawn.unreadable);
    tell(&done);
    Ok(())
}

fn owner(settings: &Settings) -> &str {
    settings.name.as_deref().unwrap_or(OWNER)
}

fn declared(new: &Declared) -> Result<Vec<(&str, Schedule)>, SchedulesError> {
    let declared = new.iter();
    declared
        .map(|(name, said)| Ok((name.as_str(), schedule(said)?)))
        .collect()
}

fn tell(done: &Converged) {
    for (what, names) in [
        ("added", &done.added),
        ("changed", &done.changed),
        ("removed", &done.removed),
    ] {
        for schedule in names {
            tracing::info!(?schedule, what, "a schedule is as the configuration says");
        }
    }
    for unreadable in &done.unreadable {
        let (schedule, problem) = (&unreadable.name, &unreadable.problem);
        tracing::warn!(%schedule, problem, "a schedule is left as it is, for it cannot be read");
    }
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
