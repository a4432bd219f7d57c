//! `duly stats`.

use std::collections::BTreeMap;

use duly_api::Stats;
use duly_core::State;

use crate::client::Client;
use crate::failure::Failure;
use crate::output::{self, Table};

pub(crate) async fn run(client: &Client, json: bool) -> Result<(), Failure> {
    let stats = client.stats().await?;
    if json {
        return output::print_json(&stats);
    }
    let for_people = output::is_terminal();
    let parts: Vec<_> = [("queue", queues(&stats)), ("workers", workers(&stats))]
        .iter()
        .filter_map(|(what, table)| Some((what, table.render()?)))
        // In a pipe nothing else tells what a line is about.
        .map(|(what, text)| if for_people { text } else { named(what, &text) })
        .collect();
    if parts.is_empty() && for_people {
        return output::print("no queues yet: submit a task with `duly submit`");
    }
    output::print(&parts.join(if for_people { "\n\n" } else { "\n" }))
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
    let mut table = Table::new(&[
        "QUEUE",
        "PENDING",
        "RUNNING",
        "SCHEDULED",
        "RETRYING",
        "COMPLETED",
        "FAILED",
        "OTHER",
        "",
    ]);
    for queue in &stats.queues {
        let note = if queue.paused { "paused" } else { "" };
        table.row(row(&queue.name, &queue.tasks, note));
    }
    if stats.queues.len() > 1 && output::is_terminal() {
        table.row(row("all", &stats.tasks, ""));
    }
    table
}

fn row(name: &str, tasks: &BTreeMap<String, u64>, note: &str) -> Vec<String> {
    let of = |states: &[State]| -> u64 {
        let counts = states.iter().map(|state| tasks.get(state.name()));
        counts.map(|count| count.copied().unwrap_or(0)).sum()
    };
    let shown: [&[State]; 6] = [
        &[State::Pending],
        &[State::Running, State::Assigned],
        &[State::Scheduled],
        &[State::Retrying],
        &[State::Completed],
        &[State::Failed, State::TimedOut],
    ];
    let counts = shown.map(of);
    let other = tasks
        .values()
        .sum::<u64>()
        .saturating_sub(counts.iter().sum());
    let mut row = vec![output::printable(name).into_owned()];
    row.extend(counts.into_iter().chain([other]).map(output::count));
    row.push(note.to_owned());
    row
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
        table.row(counts.map(output::count).to_vec());
    }
    table
}
