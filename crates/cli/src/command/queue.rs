//! `duly queue`.

mod list;
mod set;
mod show;

use clap::Subcommand;
use duly_api::Queue;

use super::subject::Control;
use crate::client::Client;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly queue list
  duly queue pause mail
  duly queue drain mail --wait
  duly queue set mail --bound 100000 --keep-failed 30d";

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
    #[command(flatten)]
    Control(Control),
    /// Change the settings of a queue, which is made if there is none
    Set(set::Arguments),
}

impl Arguments {
    /// A queue is made by its first setting.
    pub(crate) const fn may_make_store(&self) -> bool {
        matches!(
            self.command,
            Command::Set(_) | Command::Control(Control::Pause(_))
        )
    }
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    match &asked.command {
        Command::List => list::run(client, json).await,
        Command::Show(asked) => show::run(client, asked, json).await,
        Command::Set(asked) => set::run(client, asked, json).await,
        Command::Control(asked) => asked.run::<Queue>(client, json).await,
    }
}
