//! What can be typed. Each command's own arguments stand with the command.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::client::Client;
use crate::command::{
    bench, cancel, completions, config, events, explain, export, failed, import, kind, limit, list,
    man, moving, queue, retry, rules, run, schedule, serve, show, stats, submit, tenant, worker,
    workers,
};
use crate::failure::Failure;
use crate::{logs, target};

const AFTER: &str = "\
Exit codes:
  0    done
  1    failed
  2    the command line, or a file that it names, makes no sense
  3    the server cannot be reached, or not in time
  4    the server refused
  5    there is no such task, queue, kind, tenant, limit, schedule or worker
  6    the task that was waited for ended otherwise than completed
  130  interrupted (Ctrl-C)

Tables, colours and progress are for terminals. NO_COLOR and CLICOLOR=0 take colours
away, CLICOLOR_FORCE=1 has them in a pipe, too.

Durations are written as 500ms, 30s, 5m, 2h or 7d; times as in RFC 3339:
2026-01-31T12:00:00Z.

With --json, answers are JSON on stdout, one value per line, and errors are JSON on
stderr; so is the place where a list goes on that did not end: {\"next\": …}.";

/// Duly runs work when it is due, in the right order, and tells you why anything is still waiting.
#[derive(Parser)]
#[command(
    name = "duly",
    version,
    after_help = AFTER,
    propagate_version = true,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) target: target::Arguments,

    /// Answer in JSON, one value per line
    #[arg(long, global = true, help_heading = logs::HEADING)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) logs: logs::Arguments,
}

/// Whether `--json` is among what was typed, where the rest was not understood.
pub(crate) fn wants_json(typed: impl IntoIterator<Item = OsString>) -> bool {
    let mut options = typed.into_iter().take_while(|text| text != "--");
    options.any(|text| text == "--json")
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server: API and workers
    Serve(serve::Arguments),
    /// Run the tasks of a file, and sum up
    Run(run::Arguments),
    /// Run tasks of a store, without an API
    Worker(worker::Arguments),
    /// Check, show or begin the configuration of serve and worker
    Config(config::Arguments),
    /// Try the priority rules of the configuration
    Rules(rules::Arguments),
    #[command(flatten)]
    Client(ClientCommand),
    /// Measure a store on this machine: tasks a second, and latency
    Bench(bench::Arguments),
    /// Print what a shell needs to complete what is typed
    Completions(completions::Arguments),
    /// Print a page of the manual, or write them all
    Man(man::Arguments),
}

/// Commands that ask a server, or a store through the server's own routes.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Submit a task, or a file of them
    Submit(Box<submit::Arguments>),
    /// List tasks, the newest submission first
    #[command(visible_alias = "ls")]
    List(list::Arguments),
    /// Show a task with its attempts and events
    Show(show::Arguments),
    /// Tell why a task has not started, why a queue stands, or why a worker is idle
    Explain(explain::Arguments),
    /// Call tasks off: at once, or by asking their worker if they run
    Cancel(cancel::Arguments),
    /// Put tasks that have ended back in line
    Retry(retry::Arguments),
    /// Change the priority of tasks, or when they are due
    #[command(visible_alias = "mv")]
    Move(moving::Arguments),
    /// Show what happened to tasks, or follow what happens
    Events(events::Arguments),
    /// Show queues, pause or drain them, change their settings, empty them
    Queue(queue::Arguments),
    /// Show kinds, pause or drain them, call off what waits
    Kind(kind::Arguments),
    /// Show tenants, pause or drain them, change their weights, call off what waits
    Tenant(tenant::Arguments),
    /// Make, show and change schedules: what creates tasks by itself
    Schedule(schedule::Arguments),
    /// Show limits, define them, attach them to queues, kinds and tenants
    Limit(limit::Arguments),
    /// Show what failed for good, try it again, or remove it
    Failed(failed::Arguments),
    /// Show the workers and what they run
    Workers(workers::Arguments),
    /// Count tasks by queue and state, and show how fast it goes
    Stats(stats::Arguments),
    /// Write everything that a store holds into a file
    Export(export::Arguments),
    /// Put what was exported into a store; what is there already stays as it is
    Import(import::Arguments),
}

impl ClientCommand {
    /// Whether it makes the store that it is given, if there is none.
    pub(crate) const fn may_make_store(&self) -> bool {
        match self {
            Self::Submit(_) | Self::Import(_) => true,
            Self::Queue(asked) => asked.may_make_store(),
            Self::Tenant(asked) => asked.may_make_store(),
            Self::Schedule(asked) => asked.may_make_store(),
            Self::Limit(asked) => asked.may_make_store(),
            _ => false,
        }
    }

    /// Whether it submits tasks, about which priority rules may decide.
    pub(crate) const fn submits(&self) -> bool {
        match self {
            Self::Submit(_) => true,
            Self::Schedule(asked) => asked.submits(),
            _ => false,
        }
    }

    /// Answers without asking anybody, if it can.
    pub(crate) fn alone(&self, json: bool) -> Option<Result<(), Failure>> {
        match self {
            Self::Schedule(asked) => asked.alone(json),
            _ => None,
        }
    }

    pub(crate) async fn run(self, client: &Client, json: bool) -> Result<(), Failure> {
        match self {
            Self::Submit(asked) => submit::run(client, *asked, json).await,
            Self::List(asked) => list::run(client, &asked, json).await,
            Self::Show(asked) => show::run(client, &asked, json).await,
            Self::Explain(asked) => explain::run(client, &asked, json).await,
            Self::Cancel(asked) => cancel::run(client, &asked, json).await,
            Self::Retry(asked) => retry::run(client, &asked, json).await,
            Self::Move(asked) => moving::run(client, &asked, json).await,
            Self::Events(asked) => events::run(client, &asked, json).await,
            Self::Queue(asked) => queue::run(client, &asked, json).await,
            Self::Kind(asked) => kind::run(client, &asked, json).await,
            Self::Tenant(asked) => tenant::run(client, &asked, json).await,
            Self::Schedule(asked) => schedule::run(client, &asked, json).await,
            Self::Limit(asked) => limit::run(client, &asked, json).await,
            Self::Failed(asked) => failed::run(client, &asked, json).await,
            Self::Workers(asked) => workers::run(client, &asked, json).await,
            Self::Stats(asked) => stats::run(client, &asked, json).await,
            Self::Export(asked) => export::run(client, &asked, json).await,
            Self::Import(asked) => import::run(client, &asked, json).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_commands_are_put_together_rightly() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_guide_has_the_same_exit_codes() {
        let guide = include_str!("../../../docs/command-line.md");
        let codes = AFTER
            .lines()
            .skip(1)
            .map_while(|line| line.strip_prefix("  "));
        let rows: Vec<_> = codes
            .filter_map(|code| code.split_once(' '))
            .map(|(code, means)| format!("| {code} | {} |", means.trim()))
            .collect();
        assert_eq!(rows.len(), 8);
        for row in rows {
            assert!(guide.contains(&row), "{row}");
        }
    }

    #[test]
    fn every_command_that_asks_has_examples() {
        let asking = ClientCommand::augment_subcommands(clap::Command::new("duly"));
        for command in asking.get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string);
            let name = command.get_name();
            assert!(
                help.unwrap_or_default().contains(&format!("duly {name}")),
                "{name}"
            );
        }
    }
}
