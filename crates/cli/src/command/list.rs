//! `duly list`.

use duly::{Clock, SystemClock};
use duly_api::{Task, TaskPage};
use duly_core::Timestamp;

use super::filter::Filter;
use super::pages::Pages;
use crate::client::{Client, Parameter};
use crate::failure::Failure;
use crate::output::{self, Table};

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
    #[command(flatten)]
    pages: Pages,
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let page = async |query: &[Parameter]| {
        let TaskPage { tasks, next } = client.tasks(query).await?;
        Ok((tasks, next))
    };
    let query = asked.filter.query();
    let is_empty = asked.pages.read(&query, json, page, table).await?;
    if is_empty && !json && output::is_terminal() {
        output::print("no tasks")?;
    }
    Ok(())
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
