//! Schedules as the settings want them.

use std::collections::{BTreeMap, BTreeSet};

use duly::schedule::SchedulesError;
use duly::store::bounds::PAGE_MAX;
use duly::store::{ListSchedules, RemoveSchedule, ScheduleError};
use duly::{
    Duly, InvalidInput, OnConflict, Payload, Replace, RetryPolicy, Schedule, Task, Unique,
    UniqueScope,
};

/// Schedules by name, as settings say them.
type Declared = BTreeMap<String, duly_config::Schedule>;

/// Who declares them: any process with a configuration.
const OWNER: &str = "config";

/// Makes and changes schedules until they are as these settings say, and removes those that were named
/// until now and are not any more. Those of other configurations stay.
pub(super) async fn set(
    duly: &Duly,
    old: &BTreeSet<String>,
    new: &Declared,
) -> Result<(), SchedulesError> {
    let declared = new
        .iter()
        .map(|(name, said)| Ok((name.as_str(), schedule(said)?)));
    let declared: Result<Vec<_>, SchedulesError> = declared.collect();
    let done = duly.schedules().declare(declared?, OWNER).await?;
    for (what, names) in [("added", &done.added), ("changed", &done.changed)] {
        for schedule in names {
            told(schedule, what);
        }
    }
    for name in old.iter().filter(|name| !new.contains_key(*name)) {
        if remove(duly, name).await? {
            told(name, "removed");
        }
    }
    Ok(())
}

/// Removes a schedule, unless it is gone, or somebody has made it theirs.
async fn remove(duly: &Duly, name: &str) -> Result<bool, SchedulesError> {
    let found = duly.store().schedule(name.into()).await?;
    if found.is_none_or(|schedule| schedule.owner.as_deref() != Some(OWNER)) {
        return Ok(false);
    }
    let request = RemoveSchedule {
        name: name.into(),
        version: None,
    };
    match duly.store().remove_schedule(request).await {
        Ok(_) => Ok(true),
        // Another process with the same configuration was faster.
        Err(ScheduleError::NotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Says which schedules a configuration has named once and these settings do not: they may be those of
/// another process, or may have been taken out while none was there to see it.
pub(super) async fn tell_others(duly: &Duly, new: &Declared) -> Result<(), SchedulesError> {
    let mut after = None;
    loop {
        let limit = PAGE_MAX;
        let page = duly
            .store()
            .schedules(ListSchedules { after, limit })
            .await?;
        let declared = page.schedules.iter();
        let declared = declared.filter(|schedule| schedule.owner.as_deref() == Some(OWNER));
        for schedule in declared.filter(|schedule| !new.contains_key(&*schedule.name)) {
            tracing::info!(
                schedule = %schedule.name,
                "a schedule of another or a former configuration stays until somebody removes it"
            );
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
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

fn told(schedule: &str, what: &str) {
    tracing::info!(schedule, what, "a schedule is as the configuration says");
}
