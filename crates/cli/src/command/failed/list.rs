//! `duly failed list`.

use duly::{Clock, SystemClock};
use duly_api::{FailedPage, Task};
use duly_core::Timestamp;

use crate::client::{Client, Parameter};
use crate::command::pages::Pages;
use crate::failure::Failure;
use crate::output::{self, Table};

const EXAMPLES: &str = "\
Examples:
  duly failed list --queue mail
  duly failed list --all --json | jq -r '[.id, .error] | @tsv'";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Only in this queue
    #[arg(long)]
    queue: Option<String>,
    /// Only of this kind
    #[arg(long)]
    kind: Option<String>,
    #[command(flatten)]
    pages: Pages,
}

impl Arguments {
    fn query(&self) -> Vec<Parameter> {
        let pairs = [("queue", &self.queue), ("kind", &self.kind)];
        let given = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.clone()?)));
        given.collect()
    }
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let page = async |query: &[Parameter]| {
        let FailedPage { tasks, next } = client.failed(query).await?;
        Ok((tasks, next))
    };
    let is_empty = asked.pages.read(&asked.query(), json, page, table).await?;
    if is_empty && !json && output::is_terminal() {
        output::print("nothing has failed")?;
    }
    Ok(())
}

fn table(tasks: &[Task]) -> Table {
    let (now, for_people) = (SystemClock.now(), output::is_terminal());
    let mut table = Table::new(&["ID", "STATE", "KIND", "QUEUE", "ATTEMPTS", "ENDED", "ERROR"]);
    for task in tasks {
        table.row(row(task, now, for_people));
    }
    table
}

fn row(task: &Task, now: Timestamp, for_people: bool) -> Vec<String> {
    let ended = task.finished_at;
    vec![
        task.id.to_string(),
        output::state(task.state),
        output::printable(&task.kind).into_owned(),
        output::printable(&task.queue).into_owned(),
        format!("{}/{}", task.spent, task.attempts_max),
        ended.map_or_else(String::new, |at| output::when(at, now, for_people)),
        output::printable(task.error.as_deref().unwrap_or_default()).into_owned(),
    ]
}
