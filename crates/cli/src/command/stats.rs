//! `duly stats`.

mod watch;

use duly_api::Stats;

use super::counts;
use crate::client::Client;
use crate::failure::Failure;
use crate::output::{self, Table};

const EXAMPLES: &str = "\
Examples:
  duly stats
  duly stats --watch
  duly stats --watch --json | jq .throughput.completed_per_s";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Every second anew, until Ctrl-C; with --json, a line each time
    #[arg(long, short)]
    watch: bool,
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    if asked.watch {
        return watch::run(client, json).await;
    }
    let stats = client.stats().await?;
    if json {
        return output::print_json(&stats);
    }
    match text(&stats) {
        text if text.is_empty() => Ok(()),
        text => output::print(&text),
    }
}

/// The figures, for people or for a pipe.
fn text(stats: &Stats) -> String {
    let for_people = output::is_terminal();
    let parts: Vec<_> = [
        ("queue", queues(stats)),
        ("workers", workers(stats)),
        ("throughput", throughput(stats)),
    ]
    .iter()
    .filter_map(|(what, table)| Some((what, table.render()?)))
    // In a pipe nothing else tells what a line is about.
    .map(|(what, text)| if for_people { text } else { named(what, &text) })
    .collect();
    if parts.is_empty() && for_people {
        return "no queues yet: submit a task with `duly submit`".to_owned();
    }
    parts.join(if for_people { "\n\n" } else { "\n" })
}

/// Lines that begin with what they are about.
fn named(what: &str, lines: &str) -> String {
    let lines: Vec<_> = lines
        .lines()
        .map(|line| format!("{what}\t{line}"))
        .collect();
    lines.join("\n")
}

fn queues(stats: &Stats) -> Table {
    let mut table = counts::table(&stats.queues);
    if stats.queues.len() > 1 && output::is_terminal() {
        table.row(counts::row("all", &stats.tasks, String::new(), ""));
    }
    table
}

fn workers(stats: &Stats) -> Table {
    let mut table = Table::new(&["WORKERS", "IDLE", "RUNNING", "OF"]);
    let workers = &stats.workers;
    if workers.total > 0 {
        let counts = [
            workers.total,
            workers.idle,
            workers.running,
            workers.capacity,
        ];
        table.row(counts.map(counts::figure).to_vec());
    }
    table
}

/// Nothing, unless it was measured for long enough.
fn throughput(stats: &Stats) -> Table {
    let mut table = Table::new(&["SUBMITTED/S", "COMPLETED/S", "FAILED/S"]);
    let pace = &stats.throughput;
    if pace.window_ms > 0 {
        let rates = [
            pace.submitted_per_s,
            pace.completed_per_s,
            pace.failed_per_s,
        ];
        table.row(rates.map(|rate| format!("{rate:.1}")).to_vec());
    }
    table
}
