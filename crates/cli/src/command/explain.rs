//! `duly explain`.

use clap::Subcommand;
use duly_api::{Explanation, QueueExplanation, Reason, WorkerExplanation, time};
use duly_core::TaskId;

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly explain 01932f5e-7c1a-7b3e-9d55-0242ac120002
  duly explain queue mail
  duly explain worker web-1
  duly explain queue mail --json | jq '.reasons[] | select(.closing)'";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(
    after_help = EXAMPLES,
    subcommand_negates_reqs = true,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Arguments {
    /// The task
    #[arg(value_parser = super::id, required = true)]
    id: Option<TaskId>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Why what stands in a queue does not start
    Queue {
        /// The queue
        name: String,
    },
    /// Why a worker is idle, or has no more to do
    Worker {
        /// Its name, or its incarnation
        name: String,
    },
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    match (&asked.what, asked.id) {
        (Some(What::Queue { name }), _) => {
            let why = client.explain_queue(name).await?;
            match json {
                true => output::print_json(&why),
                false => output::print(&of_queue(&why)),
            }
        }
        (Some(What::Worker { name }), _) => {
            let workers = client.explain_worker(name).await?.workers;
            match json {
                true => workers.iter().try_for_each(output::stream_json),
                false => workers
                    .iter()
                    .try_for_each(|why| output::print(&of_worker(why))),
            }
        }
        (None, Some(id)) => {
            let why = client.explain_task(id).await?;
            match json {
                true => output::print_json(&why),
                false => output::print(&of_task(&why)),
            }
        }
        (None, None) => unreachable!("the id is required where no queue or worker is named"),
    }
}

fn of_task(why: &Explanation) -> String {
    let mut lines = vec![format!(
        "{} is {}: kind {}, queue {}",
        why.id,
        output::state(why.state),
        output::printable(&why.kind),
        output::printable(&why.queue)
    )];
    if why.reasons.is_empty() {
        lines.push("  nothing keeps it from starting".to_owned());
    }
    lines.extend(why.reasons.iter().map(line));
    if let Some(position) = &why.position {
        lines.push(format!("  {}", position.text));
    }
    if let Some(start) = &why.estimated_start {
        let at = time::format(start.at);
        lines.push(format!("  may start at {at}, {}", start.basis));
    }
    lines.join("\n")
}

fn of_queue(why: &QueueExplanation) -> String {
    let at_least = if why.exact { "" } else { "at least " };
    let mut lines = vec![
        format!(
            "queue {}: {} in line, {} not due, {} assigned, {} running",
            output::printable(&why.queue),
            output::count(why.pending),
            output::count(why.waiting),
            output::count(why.assigned),
            output::count(why.running)
        ),
        format!("  {at_least}{} may start at once", output::count(why.ready)),
    ];
    lines.extend(why.reasons.iter().map(line));
    lines.join("\n")
}

fn of_worker(why: &WorkerExplanation) -> String {
    let at_least = if why.exact { "" } else { "at least " };
    let mut lines = vec![
        format!(
            "worker {} ({}): runs {} of {}, holds {} more",
            output::printable(&why.worker),
            why.incarnation,
            why.running,
            why.capacity,
            why.assigned
        ),
        format!(
            "  {at_least}{} wait that it could start",
            output::count(why.ready)
        ),
    ];
    lines.extend(why.reasons.iter().map(line));
    lines.join("\n")
}

/// A reason; what does not close is only to be known.
fn line(reason: &Reason) -> String {
    let note = if reason.closing { "" } else { "note: " };
    let text = output::printable(&reason.text);
    match reason.tasks.filter(|tasks| *tasks > 0) {
        Some(tasks) => format!("  {}: {note}{text}", output::many(tasks, "task")),
        None => format!("  {note}{text}"),
    }
}
