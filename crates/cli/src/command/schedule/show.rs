//! `duly schedule show`.

use std::time::Duration;

use duly_api::{NewTask, OnConflict, Replaces, Schedule, ScheduleDefinition, duration, time};

use super::list::state;
use crate::client::Client;
use crate::command::show::{alert, limit, unique_key};
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly schedule show digest
  duly list --label duly.schedule=digest";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The schedule
    #[arg(value_name = "NAME")]
    name: String,
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    say(&client.schedule(&asked.name).await?, json)
}

/// A schedule, with all that is known of it.
pub(super) fn say(schedule: &Schedule, json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json(schedule);
    }
    output::print(&output::facts(&facts(schedule)))
}

/// Which ticks, on one line.
pub(super) fn rule(definition: &ScheduleDefinition) -> String {
    let zone = definition.zone.as_deref();
    match (&definition.cron, definition.every_ms, definition.at) {
        (Some(pattern), _, _) => format!("{pattern} ({})", zone.unwrap_or("UTC")),
        (_, Some(every), _) => format!("every {}", duration::format(Duration::from_millis(every))),
        (_, _, Some(at)) => format!("at {}", time::format(at)),
        _ => "-".to_owned(),
    }
}

fn facts(schedule: &Schedule) -> Vec<(String, String)> {
    let definition = &schedule.definition;
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        facts.extend(value.map(|value| (name.to_owned(), value)));
    };
    let text = |text: &str| output::printable(text).into_owned();
    fact("schedule", Some(text(&schedule.name)));
    fact("rule", Some(rule(definition)));
    fact("state", Some(state(schedule).to_owned()));
    fact("owner", schedule.owner.as_deref().map(text));
    for (name, value) in definition.task.iter().flat_map(created) {
        fact(name, Some(value));
    }
    fact("missed", definition.missed.clone());
    fact("overlap", definition.overlap.clone());
    let jitter = definition.jitter_ms.map(Duration::from_millis);
    fact("jitter", jitter.map(duration::format));
    fact("start", definition.start.map(time::format));
    fact("end", definition.end.map(time::format));
    let most = definition.max_runs;
    let runs = most.map_or_else(String::new, |most| format!(" of {most}"));
    fact("runs", Some(format!("{}{runs}", schedule.runs)));
    fact("next", schedule.next_at.map(time::format));
    fact("last", schedule.last_at.map(time::format));
    fact("held", schedule.held_at.map(time::format));
    fact("last task", schedule.last_task.map(|id| id.to_string()));
    fact(
        "backfill",
        schedule.backfill.map(|filling| {
            format!(
                "{} left, to {}",
                output::many(filling.left, "tick"),
                time::format(filling.to)
            )
        }),
    );
    fact(
        "refused",
        schedule.refused.as_ref().map(|refused| {
            format!(
                "{} ({}), {} in all",
                time::format(refused.tick),
                text(&refused.reason),
                refused.count
            )
        }),
    );
    fact(
        "passed over",
        schedule.missed.map(|missed| {
            format!(
                "{} to {}",
                time::format(missed.first),
                time::format(missed.last)
            )
        }),
    );
    fact("created", Some(time::format(schedule.created_at)));
    fact("changed", Some(time::format(schedule.changed_at)));
    facts
}

/// What is said of the tasks that it creates.
fn created(task: &NewTask) -> Vec<(&'static str, String)> {
    let text = |text: &str| output::printable(text).into_owned();
    let said = |name: &'static str, value: &Option<String>| {
        let value = value.as_deref();
        value.map(|value| (name, text(value)))
    };
    let span = |name: &'static str, ms: Option<u64>| {
        let span = ms.map(Duration::from_millis);
        span.map(|span| (name, duration::format(span)))
    };
    let unique = unique_key(
        task.unique_key.clone(),
        task.unique_while,
        task.unique_for_ms,
    );
    let limits = task.limits.iter();
    let limits = limits.map(|(name, weight)| ("limit", limit(&text(name), *weight)));
    let facts = [
        said("kind", &task.kind),
        said("queue", &task.queue),
        task.priority.map(|p| ("priority", p.name().to_owned())),
        task.payload.as_ref().map(|p| ("payload", text(p.get()))),
        said("tenant", &task.tenant),
        unique.map(|key| ("unique key", text(&key))),
        conflict(task).map(|what| ("on conflict", what)),
        span("deadline", task.deadline_in_ms),
        span("finish by", task.finish_in_ms),
        span("timeout", task.timeout_ms),
        alert("not started", task.alert_unstarted_ms, false).map(|told| ("alert", told)),
        alert("not ended", task.alert_unfinished_ms, false).map(|told| ("alert", told)),
        task.attempts_max
            .map(|most| ("attempts", format!("at most {most}"))),
    ];
    let labels = task.labels.iter();
    let labels = labels.map(|(name, value)| ("label", text(&format!("{name}={value}"))));
    let facts = facts.into_iter().flatten();
    facts.chain(limits).chain(labels).collect()
}

/// What becomes of a task whose key another holds, unless it is refused.
fn conflict(task: &NewTask) -> Option<String> {
    match task.on_conflict? {
        OnConflict::Reject => None,
        OnConflict::Keep => Some("keep".to_owned()),
        OnConflict::Replace => {
            let named = |what: &Replaces| match what {
                Replaces::Payload => "payload",
                Replaces::Priority => "priority",
                Replaces::Time => "time",
            };
            let what: Vec<_> = task.replace.iter().map(named).collect();
            let said = format!("replace {}", what.join(", "));
            Some(said.trim_end().to_owned())
        }
    }
}
