//! `duly show`.

use std::fmt::Write;

use duly_api::{Attempt, Event, Task, time};
use duly_core::{TaskId, Timestamp};
use serde_json::value::RawValue;

use crate::client::Client;
use crate::duration;
use crate::failure::Failure;
use crate::output::{self, Table};

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// The task
    #[arg(value_parser = super::id)]
    id: TaskId,
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let task = client.task(asked.id).await?;
    if json {
        return output::print_json(&task);
    }
    output::print(text(&task).trim_end())
}

fn text(task: &Task) -> String {
    let mut text = String::new();
    for (name, value) in facts(task) {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<14}{}", output::printable(&value));
    }
    for (name, body) in [("payload", &task.payload), ("result", &task.result)] {
        if let Some(body) = body.as_ref().filter(|body| body.get() != "null") {
            let _ = writeln!(text, "{name:<14}{}", output::printable_lines(&pretty(body)));
        }
    }
    for (name, table) in [("attempts", attempts(task)), ("events", events(task))] {
        if let Some(rows) = table.render() {
            let _ = writeln!(text, "\n{name}\n{rows}");
        }
    }
    text
}

fn facts(task: &Task) -> Vec<(&'static str, String)> {
    let charged = format!(
        "{} started; {} of {} charged, {} of {} lost",
        task.attempt, task.spent, task.attempts_max, task.lost, task.lost_max
    );
    let mut facts = vec![
        ("id", task.id.to_string()),
        ("state", task.state.to_string()),
        ("kind", task.kind.clone()),
        ("queue", task.queue.clone()),
        ("priority", task.priority.to_string()),
        ("attempts", charged),
        ("submitted", time::format(task.submitted_at)),
        ("due", time::format(task.due_at)),
    ];
    let at = |at: Option<Timestamp>| at.map(time::format);
    let progress = task.progress.as_ref();
    let asked = task.cancel_requested.then(|| "requested".to_owned());
    let limit = task.timeout_ms.map(std::time::Duration::from_millis);
    for (name, value) in [
        ("started", at(task.started_at)),
        ("finished", at(task.finished_at)),
        ("deadline", at(task.deadline)),
        ("timeout", limit.map(duration::show)),
        ("worker", task.worker.clone()),
        ("cancellation", asked),
        ("unique key", task.unique_key.clone()),
        ("tenant", task.tenant.clone()),
        (
            "progress",
            progress.map(|p| format!("{:.0} % {}", p.fraction * 100.0, p.text)),
        ),
        ("error", task.error.clone()),
    ] {
        facts.extend(value.map(|value| (name, value)));
    }
    let labels = task.labels.iter();
    facts.extend(labels.map(|(name, value)| ("label", format!("{name}={value}"))));
    facts
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

fn events(task: &Task) -> Table {
    let mut table = Table::new(&["AT", "EVENT", "ATTEMPT", "WHAT"]);
    for event in task.events.iter().flatten() {
        let what = what(event);
        let (at, kind) = (time::format(event.at), event.kind.to_string());
        table.row(vec![at, kind, event.attempt.to_string(), what]);
    }
    table
}

/// What an event says beside its kind; errors stand with the attempts.
fn what(event: &Event) -> String {
    let worker = event.worker.as_deref();
    let worker = worker.map(|worker| format!("worker {worker}"));
    let due = event.due_at.map(|at| format!("due {}", time::format(at)));
    let priority = event
        .priority
        .map(|priority| format!("priority {priority}"));
    let parts: Vec<_> = [worker, due, priority].into_iter().flatten().collect();
    output::printable(&parts.join("; ")).into_owned()
}

fn plain(text: Option<&str>) -> String {
    output::printable(text.unwrap_or_default()).into_owned()
}
