//! `duly kind`.

mod list;

use clap::Subcommand;
use duly_api::Kind;

use super::subject::{self, Drain, Empty, Names};
use crate::client::{Client, Switch};
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly kind list
  duly kind pause email.send
  duly kind drain email.send --wait";
const PAUSE: &str = "\
Examples:
  duly kind pause email.send report.make
  duly kind resume email.send report.make";
const DRAIN: &str = "\
Examples:
  duly kind drain email.send --wait
  duly kind undrain email.send";
const PURGE: &str = "\
Examples:
  duly kind purge email.send --dry-run
  duly kind purge email.send --finished --yes";

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
    /// Let nothing of kinds start any more, whatever its queue; what runs goes on
    #[command(after_help = PAUSE)]
    Pause(Names),
    /// Let work of kinds start again
    #[command(after_help = PAUSE)]
    Resume(Names),
    /// Let kinds take in no new tasks; those that are there are worked off
    #[command(after_help = DRAIN)]
    Drain(Drain),
    /// Let kinds take in new tasks again
    #[command(after_help = DRAIN)]
    Undrain(Names),
    /// Call off everything of a kind that waits
    #[command(after_help = PURGE)]
    Purge(Empty),
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    match &asked.command {
        Command::List => list::run(client, json).await,
        Command::Pause(asked) => subject::switch::<Kind>(client, asked, Switch::Pause, json).await,
        Command::Resume(asked) => {
            subject::switch::<Kind>(client, asked, Switch::Resume, json).await
        }
        Command::Drain(asked) => subject::drain::<Kind>(client, asked, json).await,
        Command::Undrain(asked) => {
            subject::switch::<Kind>(client, asked, Switch::Undrain, json).await
        }
        Command::Purge(asked) => subject::purge::<Kind>(client, asked, json).await,
    }
}
