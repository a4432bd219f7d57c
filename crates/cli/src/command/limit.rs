//! `duly limit`.

mod attach;
mod attached;
mod list;
mod set;
mod show;

use clap::Subcommand;

use crate::client::Client;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly limit set mailer --concurrency 10 --rate 50/1s --burst 10
  duly limit attach mailer --kind email.send
  duly limit list";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the limits with what is in use
    #[command(visible_alias = "ls")]
    List,
    /// Show a limit: what it bounds, what is in use, and the first 100 of what it is attached to
    Show(show::Arguments),
    /// List all that a limit is attached to
    Attached(attached::Arguments),
    /// Say what a limit bounds, whether it was there before or not; it counts at once
    Set(set::Arguments),
    /// Remove limits: they bound nothing any more, and are attached to nothing
    Remove(set::Names),
    /// Let a limit bind all tasks of a queue, a kind or a tenant, at once
    Attach(attach::Attach),
    /// Let a limit no longer bind all tasks of a queue, a kind or a tenant
    Detach(attach::Detach),
}

impl Arguments {
    /// A limit may be defined before there is any task.
    pub(crate) const fn may_make_store(&self) -> bool {
        matches!(self.command, Command::Set(_))
    }
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    match &asked.command {
        Command::List => list::run(client, json).await,
        Command::Show(asked) => show::run(client, asked, json).await,
        Command::Attached(asked) => attached::run(client, asked, json).await,
        Command::Set(asked) => set::run(client, asked, json).await,
        Command::Remove(asked) => set::remove(client, asked, json).await,
        Command::Attach(asked) => attach::attach(client, asked, json).await,
        Command::Detach(asked) => attach::detach(client, asked, json).await,
    }
}
