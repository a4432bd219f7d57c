//! `duly failed`: the dead letters.

mod discard;
mod list;
mod retry;

use clap::Subcommand;

use crate::client::Client;
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
#[group(skip)]
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
