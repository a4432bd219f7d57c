//! `duly queue`.

mod list;
mod set;
mod show;

use clap::Subcommand;
use duly_api::Queue;

use super::subject::{self, Drain, Empty, Names};
use crate::client::{Client, Switch};
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly queue list
  duly queue pause mail
  duly queue drain mail --wait
  duly queue set mail --bound 100000 --keep-failed 30d";
const PAUSE: &str = "\
Examples:
  duly queue pause mail reports
  duly queue resume mail reports";
const DRAIN: &str = "\
Examples:
  duly queue drain mail --wait
  duly queue undrain mail";
const PURGE: &str = "\
Examples:
  duly queue purge mail --dry-run
  duly queue purge mail --finished --yes";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the queues with their tasks by state
    #[command(visible_alias = "ls")]
    List,
    /// Show a queue: its settings, its tasks, and what has happened in it
    Show(show::Arguments),
    /// Let nothing start from queues any more; what runs goes on
    #[command(after_help = PAUSE)]
    Pause(Names),
    /// Let work start from queues again
    #[command(after_help = PAUSE)]
    Resume(Names),
    /// Let queues take in no new tasks; those that are there are worked off
    #[command(after_help = DRAIN)]
    Drain(Drain),
    /// Let queues take in new tasks again
    #[command(after_help = DRAIN)]
    Undrain(Names),
    /// Change the settings of a queue, which is made if there is none
    Set(set::Arguments),
    /// Call off everything that waits in a queue
    #[command(after_help = PURGE)]
    Purge(Empty),
}

impl Arguments {
    /// A queue is made by its first setting.
    pub(crate) const fn may_make_store(&self) -> bool {
        matches!(self.command, Command::Set(_) | Command::Pause(_))
    }
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    match &asked.command {
        Command::List => list::run(client, json).await,
        Command::Show(asked) => show::run(client, asked, json).await,
        Command::Set(asked) => set::run(client, asked, json).await,
        Command::Pause(asked) => subject::switch::<Queue>(client, asked, Switch::Pause, json).await,
        Command::Resume(asked) => {
            subject::switch::<Queue>(client, asked, Switch::Resume, json).await
        }
        Command::Drain(asked) => subject::drain::<Queue>(client, asked, json).await,
        Command::Undrain(asked) => {
            subject::switch::<Queue>(client, asked, Switch::Undrain, json).await
        }
        Command::Purge(asked) => subject::purge::<Queue>(client, asked, json).await,
    }
}
