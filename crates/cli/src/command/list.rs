//! `duly list`.

use duly::{Clock, SystemClock};
use duly_api::{Task, TaskPage};
use duly_core::Timestamp;

use super::filter::Filter;
use crate::client::Client;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Tasks of a page where all are asked for.
const PAGE: u32 = 1_000;

const EXAMPLES: &str = "\
Examples:
  duly list --state failed,timed_out --queue mail
  duly list --label team=data --due-before 2026-01-31T12:00:00Z
  duly list --all --json | jq -r .id";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    filter: Filter,
    /// How many at most
    #[arg(long, default_value_t = 50, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Where the page before ended
    #[arg(long)]
    cursor: Option<String>,
    /// All of them, page by page
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let limit = if asked.all { PAGE } else { asked.limit };
    let mut cursor = asked.cursor.clone();
    let mut is_empty = true;
    loop {
        let mut query = asked.filter.query();
        query.push(("limit", limit.to_string()));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let page = client.tasks(&query).await?;
        is_empty &= page.tasks.is_empty();
        show(&page, json)?;
        cursor = page.next;
        if cursor.is_none() || !asked.all {
            break;
        }
    }
    if let Some(next) = &cursor {
        output::more("--cursor", next, json);
    }
    if is_empty && !json && output::is_terminal() {
        output::print("no tasks")?;
    }
    Ok(())
}

fn show(page: &TaskPage, json: bool) -> Result<(), Failure> {
    if json {
        return page.tasks.iter().try_for_each(output::stream_json);
    }
    match table(&page.tasks).render() {
        Some(text) => output::stream(&text),
        None => Ok(()),
    }
}

fn table(tasks: &[Task]) -> Table {
    let (now, for_people) = (SystemClock.now(), output::is_terminal());
    let mut table = Table::new(&[
        "ID", "STATE", "KIND", "QUEUE", "PRIORITY", "ATTEMPTS", "DUE", "ERROR",
    ]);
    for task in tasks {
        table.row(row(task, now, for_people));
    }
    table
}

fn row(task: &Task, now: Timestamp, for_people: bool) -> Vec<String> {
    vec![
        task.id.to_string(),
        output::state(task.state),
        output::printable(&task.kind).into_owned(),
        output::printable(&task.queue).into_owned(),
        task.priority.to_string(),
        format!("{}/{}", task.spent, task.attempts_max),
        output::when(task.due_at, now, for_people),
        output::printable(task.error.as_deref().unwrap_or_default()).into_owned(),
    ]
}
