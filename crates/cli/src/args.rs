//! What can be typed. Each command's own arguments stand with the command.

use clap::{Parser, Subcommand};

use crate::client::Client;
use crate::command::{bench, cancel, list, serve, show, stats, submit};
use crate::failure::Failure;
use crate::{logs, target};

const AFTER: &str = "\
Exit codes:
  0  done
  1  failed
  2  the command line, or a file that it names, makes no sense
  3  the server cannot be reached, or not in time
  4  the server refused
  5  there is no such task

Durations are written as 500ms, 30s, 5m, 2h or 7d; times as in RFC 3339: 2026-01-31T12:00:00Z.
With --json, answers are JSON on stdout and errors are JSON on stderr.";

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

    /// Answer in JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) logs: logs::Arguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server: API and workers
    Serve(serve::Arguments),
    #[command(flatten)]
    Client(ClientCommand),
    /// Measure a store on this machine: tasks a second, and latency
    Bench(bench::Arguments),
}

/// Commands that ask a server, or a store through the server's own routes.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Submit a task, or a file of them
    Submit(submit::Arguments),
    /// List tasks, the newest submission first
    #[command(visible_alias = "ls")]
    List(list::Arguments),
    /// Show a task with its attempts and events
    Show(show::Arguments),
    /// Call tasks off: at once, or by asking their worker if they run
    Cancel(cancel::Arguments),
    /// Count tasks by queue and state, and show the workers
    Stats,
}

impl Command {
    /// It is the server, whose logs are what it says.
    pub(crate) const fn is_serve(&self) -> bool {
        matches!(self, Self::Serve(_))
    }
}

impl ClientCommand {
    /// Whether it makes the store that it is given, if there is none.
    pub(crate) const fn may_make_store(&self) -> bool {
        matches!(self, Self::Submit(_))
    }

    pub(crate) async fn run(self, client: &Client, json: bool) -> Result<(), Failure> {
        match self {
            Self::Submit(asked) => submit::run(client, asked, json).await,
            Self::List(asked) => list::run(client, &asked, json).await,
            Self::Show(asked) => show::run(client, &asked, json).await,
            Self::Cancel(asked) => cancel::run(client, &asked, json).await,
            Self::Stats => stats::run(client, json).await,
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
}
