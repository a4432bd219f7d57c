//! `duly show`.

use std::fmt::Write;

use duly::{Clock, SystemClock};
use duly_api::{Attempt, Task, UniqueWhile, duration, time};
use duly_core::{TaskId, Timestamp};
use serde_json::value::RawValue;

use super::{each, ending, events};
use crate::client::Client;
use crate::failure::Failure;
use crate::output::{self, Table};

const EXAMPLES: &str = "\
Examples:
  duly show 01932f5e-7c1a-7b3e-9d55-0242ac120002
  duly show 01932f5e-7c1a-7b3e-9d55-0242ac120002 --follow
  duly show 01932f5e-7c1a-7b3e-9d55-0242ac120002 --json | jq .result";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The task
    #[arg(value_parser = super::id)]
    id: TaskId,
    /// Show its events as they happen, until it has ended; with --json, an event per line
    #[arg(long, short)]
    follow: bool,
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let task = client.task(asked.id).await?;
    if asked.follow {
        return follow(client, &task, json).await;
    }
    if json {
        return output::print_json(&task);
    }
    output::print(text(&task).trim_end())
}

async fn follow(client: &Client, task: &Task, json: bool) -> Result<(), Failure> {
    // Its events may be gone, so that none would tell that it has ended.
    if task.state.is_final() && !json {
        output::print(text(task).trim_end())?;
        return ending::outcome(task);
    }
    if !json {
        output::print(&output::facts(&facts(task)))?;
        output::print("")?;
    }
    let ended = if task.state.is_final() {
        history(client, task.id).await?;
        task.clone()
    } else {
        ending::ended(client, task.id, |event| events::say(event, json)).await?
    };
    if !json {
        output::print("")?;
        result(&ended)?;
    }
    ending::outcome(&ended)
}

/// The events of a task that has ended, in JSON.
async fn history(client: &Client, id: TaskId) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let mut query = vec![("task", id.to_string())];
        query.extend(after.map(|after| ("after", after)));
        let page = client.events(&query).await?;
        page.events
            .iter()
            .try_for_each(|event| events::say(event, true))?;
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// How a task has ended, and with which result.
pub(super) fn result(task: &Task) -> Result<(), Failure> {
    output::print(&each::state(task))?;
    match &task.result {
        Some(result) if result.get() != "null" => {
            output::print(&output::printable_lines(&pretty(result)))
        }
        _ => Ok(()),
    }
}

fn text(task: &Task) -> String {
    let mut text = output::facts(&facts(task));
    text.push('\n');
    for (name, body) in [("payload", &task.payload), ("result", &task.result)] {
        if let Some(body) = body.as_ref().filter(|body| body.get() != "null") {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name:<14}{}", output::printable_lines(&pretty(body)));
        }
    }
    for (name, table) in [("attempts", attempts(task)), ("events", history_of(task))] {
        if let Some(rows) = table.render() {
            let _ = writeln!(text, "\n{name}\n{rows}");
        }
    }
    text
}

fn facts(task: &Task) -> Vec<(String, String)> {
    let charged = format!(
        "{} started; {} of {} charged, {} of {} lost",
        task.attempt, task.spent, task.attempts_max, task.lost, task.lost_max
    );
    let at = |at: Option<Timestamp>| at.map(instant);
    let asked = task.cancel_requested.then(|| "requested".to_owned());
    let rule = task.priority_rule.as_ref();
    let rule = rule.map(|rule| format!("priority rule {rule}"));
    let timeout = task.timeout_ms.map(std::time::Duration::from_millis);
    let facts = [
        ("id", Some(task.id.to_string())),
        ("state", Some(task.state.to_string())),
        ("kind", Some(task.kind.clone())),
        ("queue", Some(task.queue.clone())),
        ("priority", Some(task.priority.to_string())),
        ("decided by", rule),
        ("attempts", Some(charged)),
        ("submitted", Some(instant(task.submitted_at))),
        ("due", Some(instant(task.due_at))),
        ("started", at(task.started_at)),
        ("finished", at(task.finished_at)),
        ("deadline", at(task.deadline)),
        ("finish by", at(task.finish_by)),
        ("timeout", timeout.map(duration::format)),
        (
            "alert",
            alert("not started", task.alert_unstarted_ms, task.late_to_start),
        ),
        (
            "alert",
            alert("not ended", task.alert_unfinished_ms, task.late_to_finish),
        ),
        ("schedule", task.schedule.clone()),
        ("tick", at(task.tick)),
        ("caught up", task.caught_up.then(|| "yes".to_owned())),
        ("worker", task.worker.clone()),
        ("cancellation", asked),
        (
            "unique key",
            unique_key(
                task.unique_key.clone(),
                task.unique_while,
                task.unique_for_ms,
            ),
        ),
        ("tenant", task.tenant.clone()),
        ("trace", task.traceparent.clone()),
        ("progress", task.progress.as_ref().map(output::progress)),
        ("error", task.error.clone()),
    ];
    let facts = facts.into_iter();
    let facts = facts.filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let limits = task.limits.iter();
    let limits = limits.map(|(name, weight)| ("limit".to_owned(), limit(name, *weight)));
    let labels = task.labels.iter();
    let labels = labels.map(|(name, value)| ("label".to_owned(), format!("{name}={value}")));
    facts.chain(limits).chain(labels).collect()
}

/// At which age somebody is told of what, and whether they were.
pub(super) fn alert(what: &str, age_ms: Option<u64>, told: bool) -> Option<String> {
    let age = duration::format(std::time::Duration::from_millis(age_ms?));
    let told = if told { ": it was told" } else { "" };
    Some(format!("{what} after {age}{told}"))
}

/// A limit that binds a task, and what it takes of it.
pub(super) fn limit(name: &str, weight: u32) -> String {
    match weight {
        1 => name.to_owned(),
        _ => format!("{name}, {weight} of it"),
    }
}

/// An instant; people see how far away it is, too.
fn instant(at: Timestamp) -> String {
    let text = time::format(at);
    if output::is_terminal() {
        let ago = output::ago(at, SystemClock.now());
        return format!("{text}  ({ago})");
    }
    text
}

/// JSON set out in lines.
fn pretty(json: &RawValue) -> String {
    output::set_out(json.get())
}

fn attempts(task: &Task) -> Table {
    let mut table = Table::new(&["ATTEMPT", "STARTED", "ENDED", "OUTCOME", "WORKER", "ERROR"]);
    for attempt in task.attempts.iter().flatten() {
        table.row(attempt_row(attempt));
    }
    table
}

fn attempt_row(attempt: &Attempt) -> Vec<String> {
    vec![
        attempt.attempt.to_string(),
        time::format(attempt.started_at),
        attempt.ended_at.map(time::format).unwrap_or_default(),
        attempt.outcome.map(|o| o.to_string()).unwrap_or_default(),
        plain(attempt.worker.as_deref()),
        plain(attempt.error.as_deref()),
    ]
}

fn history_of(task: &Task) -> Table {
    let mut table = Table::new(&["AT", "EVENT", "ATTEMPT", "WHAT"]);
    for event in task.events.iter().flatten() {
        let (at, kind) = (time::format(event.at), event.kind.to_string());
        table.row(vec![
            at,
            kind,
            event.attempt.to_string(),
            events::what(event),
        ]);
    }
    table
}

fn plain(text: Option<&str>) -> String {
    output::printable(text.unwrap_or_default()).into_owned()
}

/// The unique key, and how long it is held, if not until the task ends.
pub(super) fn unique_key(
    key: Option<String>,
    held_while: Option<UniqueWhile>,
    held_for_ms: Option<u64>,
) -> Option<String> {
    let held = match (held_while, held_for_ms) {
        (_, Some(ms)) => format!(
            "  (for {})",
            duration::format(std::time::Duration::from_millis(ms))
        ),
        (Some(UniqueWhile::Waiting), None) => "  (while waiting)".to_owned(),
        _ => String::new(),
    };
    Some(key? + &held)
}
