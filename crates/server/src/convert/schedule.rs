//! Schedules, in both directions.

use std::time::Duration;

use duly::schedule::{
    Overlap, PERIOD_MAX, PERIOD_MIN, Removed, Rule, ScheduleInfo, SchedulesError,
    UnreadableSchedule,
};
use duly::{Schedule, Task};
use duly_api::{
    Problem, ScheduleBackfill, ScheduleDefinition, ScheduleFilling, ScheduleMissed, ScheduleRefusal,
};
use duly_core::TaskId;
use serde_json::value::RawValue;

use super::asked::new_task;
use crate::port::priority::Prioritiser;
use crate::port::trace::is_reserved;
use crate::port::{Encoding, NewTask, When};
use crate::refusal::Refusal;

/// What a schedule shall create, and when.
pub(crate) fn schedule(
    wire: ScheduleDefinition,
    prioritiser: &Prioritiser,
) -> Result<Schedule, Refusal> {
    let mut schedule = when(&wire)?;
    if let Some(zone) = wire.zone {
        schedule = schedule.zone(zone);
    }
    if let Some(missed) = &wire.missed {
        schedule = schedule.missed(missed.parse().map_err(SchedulesError::from)?);
    }
    if let Some(overlap) = &wire.overlap {
        schedule = schedule.overlap(overlap.parse().map_err(SchedulesError::from)?);
    }
    if let Some(jitter) = wire.jitter_ms {
        schedule = schedule.jitter(Duration::from_millis(jitter));
    }
    if let Some(start) = wire.start {
        schedule = schedule.start(start);
    }
    if let Some(end) = wire.end {
        schedule = schedule.end(end);
    }
    if let Some(runs) = wire.max_runs {
        schedule = schedule.max_runs(runs);
    }
    match wire.task {
        Some(task) => Ok(schedule.task(template(task, prioritiser)?)),
        None => Err(missing(
            "task",
            "what each tick submits, such as {\"kind\": \"http\"}",
        )),
    }
}

fn when(wire: &ScheduleDefinition) -> Result<Schedule, Refusal> {
    match (&wire.cron, wire.every_ms, wire.at) {
        (Some(pattern), None, None) => Ok(Schedule::cron(pattern)),
        (None, Some(every), None) => interval(every),
        (None, None, Some(at)) => Ok(Schedule::at(at)),
        (None, None, None) => Err(missing("cron", "one of cron, every_ms and at")),
        _ => {
            let expected = "one of cron, every_ms and at, not several";
            let detail = format!("cron is given beside another: expected {expected}");
            Err(Problem::invalid("cron", expected, detail).into())
        }
    }
}

/// Told in the unit in which it was said.
fn interval(every_ms: u64) -> Result<Schedule, Refusal> {
    let every = Duration::from_millis(every_ms);
    if (PERIOD_MIN..=PERIOD_MAX).contains(&every) {
        return Ok(Schedule::every(every));
    }
    let (least, most) = (PERIOD_MIN.as_millis(), PERIOD_MAX.as_millis());
    let expected = format!("{least} to {most}");
    let detail = format!("every_ms is {every_ms}: expected {expected}");
    Err(Problem::invalid("every_ms", expected, detail).into())
}

fn missing(field: &str, expected: &str) -> Refusal {
    let detail = format!("{field} is missing: expected {expected}");
    Problem::invalid(field, expected, detail).into()
}

fn template(wire: duly_api::NewTask, prioritiser: &Prioritiser) -> Result<Task, Refusal> {
    let own = [
        ("task.id", wire.id.is_some()),
        ("task.delay_ms", wire.delay_ms.is_some()),
        ("task.run_at", wire.run_at.is_some()),
        ("task.deadline", wire.deadline.is_some()),
        ("task.finish_by", wire.finish_by.is_some()),
    ];
    if let Some((field, _)) = own.into_iter().find(|(_, is_given)| *is_given) {
        let expected = "none: each tick has its own";
        let detail = format!("{field} is given: expected {expected}");
        return Err(Problem::invalid(field, expected, detail).into());
    }
    let is_given = wire.priority.is_some();
    let mut task = new_task(wire, TaskId::from_bytes([0; 16]))?;
    prioritiser.apply(&mut task, is_given);
    Ok(Task::from(task))
}

/// A period to fill in.
pub(crate) fn period(wire: &ScheduleBackfill) -> Result<duly::schedule::BackfillPeriod, Refusal> {
    let overlap = wire.overlap.as_deref().map(str::parse::<Overlap>);
    let overlap = overlap.transpose().map_err(SchedulesError::from)?;
    Ok(duly::schedule::BackfillPeriod {
        from: wire
            .from
            .ok_or_else(|| missing("from", "the beginning of the period"))?,
        to: wire.to.ok_or_else(|| missing("to", "its end"))?,
        overlap: overlap.unwrap_or_default(),
        again: wire.again,
    })
}

/// A schedule that cannot be read.
pub(crate) fn unreadable(schedule: &UnreadableSchedule) -> duly_api::UnreadableSchedule {
    duly_api::UnreadableSchedule {
        name: schedule.name.to_string(),
        owner: schedule.owner.as_ref().map(ToString::to_string),
        written_in: schedule.written_in,
        unreadable: schedule.problem.clone(),
    }
}

/// A schedule as it stood.
pub(crate) fn any_schedule(removed: &Removed) -> duly_api::AnySchedule {
    match removed {
        Removed::Schedule(info) => duly_api::AnySchedule::Schedule(Box::new(schedule_info(info))),
        Removed::Unreadable(one) => duly_api::AnySchedule::Unreadable(unreadable(one)),
    }
}

/// A schedule as it stands.
pub(crate) fn schedule_info(info: &ScheduleInfo) -> duly_api::Schedule {
    let standing = &info.standing;
    duly_api::Schedule {
        name: info.name.to_string(),
        owner: info.owner.as_ref().map(ToString::to_string),
        definition: definition(info),
        paused: info.is_paused(),
        next_at: info.next(),
        last_at: standing.progress.last,
        held_at: standing.progress.held,
        runs: standing.progress.runs,
        last_task: standing.last_task,
        backfill: standing.filling.as_ref().map(|filling| ScheduleFilling {
            to: filling.backfill.to,
            left: filling.backfill.left() as u64,
        }),
        refused: standing.refused.as_ref().map(|refused| ScheduleRefusal {
            tick: refused.tick,
            reason: refused.reason.clone(),
            count: refused.count,
        }),
        missed: standing.dropped.map(|dropped| ScheduleMissed {
            first: dropped.first,
            last: dropped.last,
        }),
        created_at: standing.created_at,
        changed_at: standing.changed_at,
    }
}

fn definition(info: &ScheduleInfo) -> ScheduleDefinition {
    let terms = &info.definition.terms;
    let mut wire = ScheduleDefinition {
        task: Some(task(&info.definition.task)),
        missed: Some(terms.missed.to_string()),
        overlap: Some(terms.overlap.to_string()),
        jitter_ms: Some(terms.jitter)
            .filter(|jitter| !jitter.is_zero())
            .map(millis),
        start: terms.start,
        end: terms.end,
        max_runs: terms.max_runs.map(std::num::NonZeroU64::get),
        ..ScheduleDefinition::default()
    };
    match &terms.rule {
        Rule::Cron { pattern, zone } => {
            wire.cron = Some(pattern.as_str().to_owned());
            wire.zone = Some(zone.name().to_owned());
        }
        Rule::Every { period, .. } => wire.every_ms = Some(millis(period.get())),
        Rule::Once { at } => wire.at = Some(*at),
        _ => {}
    }
    wire
}

/// What each tick submits; a payload that is no JSON is left out.
fn task(task: &NewTask) -> duly_api::NewTask {
    let is_json = task.payload.encoding == Encoding::Json;
    let payload = is_json.then(|| serde_json::from_slice::<Box<RawValue>>(&task.payload.bytes));
    let mut wire = duly_api::NewTask {
        kind: Some(task.kind.to_string()),
        payload: payload.and_then(Result::ok),
        queue: Some(task.queue.to_string()),
        priority: Some(task.priority),
        deadline_in_ms: task.deadline.and_then(after),
        finish_in_ms: task.finish_by.and_then(after),
        alert_unstarted_ms: task.alert_unstarted.map(millis),
        alert_unfinished_ms: task.alert_unfinished.map(millis),
        timeout_ms: task.timeout.map(millis),
        attempts_max: Some(task.retry.attempts_max),
        retry: Some((&task.retry).into()),
        lost_max: Some(task.lost_max),
        tenant: task.tenant.as_ref().map(ToString::to_string),
        limits: task
            .limits
            .iter()
            .map(|one| (one.name.to_string(), one.weight))
            .collect(),
        labels: task
            .labels
            .iter()
            .filter(|(name, _)| !is_reserved(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        ..duly_api::NewTask::default()
    };
    if let Some(unique) = &task.unique {
        super::unique::said(unique, &mut wire);
    }
    wire
}

fn after(when: When) -> Option<u64> {
    match when {
        When::After(delay) => Some(millis(delay)),
        When::Now | When::At(_) => None,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
