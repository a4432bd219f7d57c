//! `duly events`.

use duly_api::{EventPage, FeedEvent, time};
use duly_core::{EventKind, TaskId};

use crate::client::{Client, Parameter};
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly events --follow --kind failed,timed_out
  duly events --all --queue mail --json | jq -r .error
  duly events --follow --after CURSOR --json    # goes on where an earlier one ended";

/// Events of a page where all are asked for.
const PAGE: u64 = 1_000;
/// Events that are shown unless told otherwise.
const PAGE_DEFAULT: u64 = 100;

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Live: what happens from now on, or after --after; over restarts of the server, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// Only what happened after this: the cursor of an event, or what an earlier page ended with
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Only of this task
    #[arg(long, value_parser = super::id, value_name = "ID")]
    task: Option<TaskId>,
    /// Only in this queue
    #[arg(long)]
    queue: Option<String>,
    /// Only of these kinds, with commas between them; may be repeated
    #[arg(long, value_delimiter = ',', value_parser = super::event_kind(), value_name = "KIND")]
    kind: Vec<EventKind>,
    /// How many at most [default: 100, or without end if they are followed]
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = super::number(1))]
    limit: Option<u64>,
    /// All that there are, page by page
    #[arg(long, conflicts_with_all = ["limit", "follow"])]
    all: bool,
}

impl Arguments {
    fn query(&self) -> Vec<Parameter> {
        let kinds = self.kind.iter();
        let mut query: Vec<Parameter> = kinds.map(|kind| ("kind", kind.to_string())).collect();
        query.extend(self.task.map(|task| ("task", task.to_string())));
        query.extend(self.queue.clone().map(|queue| ("queue", queue)));
        query
    }
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    if asked.follow {
        return follow(client, asked, json).await;
    }
    let mut left = match asked.all {
        true => u64::MAX,
        false => asked.limit.unwrap_or(PAGE_DEFAULT),
    };
    let mut after = asked.after.clone();
    let mut is_empty = true;
    while left > 0 {
        let mut query = asked.query();
        query.push(("limit", left.min(PAGE).to_string()));
        query.extend(after.map(|after| ("after", after)));
        let EventPage { events, next } = client.events(&query).await?;
        left = left.saturating_sub(events.len() as u64);
        is_empty &= events.is_empty();
        events.iter().try_for_each(|event| say(event, json))?;
        after = next;
        if after.is_none() {
            break;
        }
    }
    match after {
        Some(next) => output::more("--after", &next, json),
        None if is_empty && !json && output::is_terminal() => output::print("no events")?,
        None => {}
    }
    Ok(())
}

async fn follow(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let mut events = client.follow(asked.query(), asked.after.clone()).await?;
    let mut left = asked.limit.unwrap_or(u64::MAX);
    while left > 0 {
        say(&events.next().await?, json)?;
        left -= 1;
    }
    Ok(())
}

/// An event on a line.
pub(super) fn say(event: &FeedEvent, json: bool) -> Result<(), Failure> {
    if json {
        output::stream_json(event)
    } else if output::is_terminal() {
        output::stream(&for_people(event))
    } else {
        output::stream(&cells(event).join("\t"))
    }
}

fn cells(event: &FeedEvent) -> [String; 7] {
    let plain = |text: &str| output::printable(text).into_owned();
    [
        time::format(event.event.at),
        event.event.kind.to_string(),
        event.task.to_string(),
        plain(&event.queue),
        plain(&event.task_kind),
        event.event.attempt.to_string(),
        what(&event.event),
    ]
}

/// To the second, with kinds one below the other.
fn for_people(event: &FeedEvent) -> String {
    let [at, kind, task, queue, task_kind, attempt, what] = cells(event);
    let at = at.split('.').next().unwrap_or(&at);
    let kind = output::event(event.event.kind, &format!("{kind:<16}"));
    let attempt = match attempt.as_str() {
        "0" => String::new(),
        attempt => format!("attempt {attempt}; "),
    };
    let line = format!("{at}Z  {kind}  {task}  {queue}  {task_kind}  {attempt}{what}");
    line.trim_end_matches([' ', ';']).to_owned()
}

/// What an event says beside its kind.
pub(super) fn what(event: &duly_api::Event) -> String {
    let worker = event.worker.as_ref();
    let worker = worker.map(|worker| format!("worker {worker}"));
    let due = event.due_at.map(|at| format!("due {}", time::format(at)));
    let priority = event.priority;
    let priority = priority.map(|priority| format!("priority {priority}"));
    let parts = [worker, due, priority, event.error.clone()];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    output::printable(&parts.join("; ")).into_owned()
}
