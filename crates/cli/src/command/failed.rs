//! `duly failed`: the dead letters.

mod discard;
mod list;
mod retry;

use clap::Subcommand;

use crate::client::Client;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly failed list --queue mail
  duly failed retry --kind http --dry-run
  duly failed discard --submitted-before 2026-01-01T00:00:00Z";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List what failed for good or timed out, with what went wrong each time
    #[command(visible_alias = "ls")]
    List(list::Arguments),
    /// Put dead letters back in line
    Retry(retry::Arguments),
    /// Remove dead letters with their events
    #[command(visible_alias = "rm")]
    Discard(discard::Arguments),
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    match &asked.command {
        Command::List(asked) => list::run(client, asked, json).await,
        Command::Retry(asked) => retry::run(client, asked, json).await,
        Command::Discard(asked) => discard::run(client, asked, json).await,
    }
}
