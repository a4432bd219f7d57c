//! `duly kind`.

mod list;

use clap::Subcommand;
use duly_api::Kind;

use super::subject::Control;
use crate::client::Client;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly kind list
  duly kind pause email.send
  duly kind drain email.send --wait";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the kinds, with how many of their tasks are not finished
    #[command(visible_alias = "ls")]
    List,
    #[command(flatten)]
    Control(Control),
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    match &asked.command {
        Command::List => list::run(client, json).await,
        Command::Control(asked) => asked.run::<Kind>(client, json).await,
    }
}
