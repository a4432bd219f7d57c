//! `duly workers`.

use duly::{Clock, SystemClock};
use duly_api::Worker;
use duly_core::Timestamp;

use crate::client::Client;
use crate::failure::Failure;
use crate::output::{self, Table};

const EXAMPLES: &str = "\
Examples:
  duly workers
  duly workers --json | jq -r '.tasks[].id'";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {}

pub(crate) async fn run(client: &Client, _asked: &Arguments, json: bool) -> Result<(), Failure> {
    let workers = client.workers().await?.workers;
    if json {
        return workers.iter().try_for_each(output::stream_json);
    }
    let Some(text) = table(&workers).render() else {
        if output::is_terminal() {
            return output::print("no workers: `duly serve` has one, and `duly worker` is one");
        }
        return Ok(());
    };
    output::print(&text)?;
    match held(&workers).render() {
        // In a pipe each line is a worker.
        Some(text) if output::is_terminal() => output::print(&format!("\n{text}")),
        _ => Ok(()),
    }
}

fn table(workers: &[Worker]) -> Table {
    let (now, for_people) = (SystemClock.now(), output::is_terminal());
    let mut table = Table::new(&[
        "WORKER", "RUNNING", "OF", "BUSY", "SINCE", "HEARD OF", "QUEUES", "KINDS",
    ]);
    for worker in workers {
        table.row(vec![
            output::printable(&worker.name).into_owned(),
            worker.running.to_string(),
            worker.capacity.to_string(),
            format!("{:.0} %", worker.utilisation * 100.0),
            output::when(worker.registered_at, now, for_people),
            output::when(worker.renewed_at, now, for_people),
            output::printable(&worker.queues.join(",")).into_owned(),
            output::printable(&worker.kinds.join(",")).into_owned(),
        ]);
    }
    table
}

/// What the workers hold.
fn held(workers: &[Worker]) -> Table {
    let now = SystemClock.now();
    let mut table = Table::new(&[
        "TASK", "STATE", "KIND", "QUEUE", "ATTEMPT", "STARTED", "WORKER", "PROGRESS",
    ]);
    for worker in workers {
        for task in &worker.tasks {
            table.row(row(worker, task, now));
        }
    }
    table
}

fn row(worker: &Worker, task: &duly_api::WorkerTask, now: Timestamp) -> Vec<String> {
    let progress = task.progress.as_ref().map(output::progress);
    vec![
        task.id.to_string(),
        output::state(task.state),
        output::printable(&task.kind).into_owned(),
        output::printable(&task.queue).into_owned(),
        task.attempt.to_string(),
        task.started_at
            .map_or_else(String::new, |at| output::ago(at, now)),
        output::printable(&worker.name).into_owned(),
        output::printable(&progress.unwrap_or_default()).into_owned(),
    ]
}
