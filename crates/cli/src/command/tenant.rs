//! `duly tenant`.

mod list;
mod set;

use clap::Subcommand;
use duly_api::Tenant;

use super::subject::{self, Drain, Empty, Names};
use crate::client::{Client, Switch};
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly tenant list
  duly tenant pause acme
  duly tenant set acme --weight 3
  duly tenant drain acme --wait";
const PAUSE: &str = "\
Examples:
  duly tenant pause acme globex
  duly tenant resume acme globex";
const DRAIN: &str = "\
Examples:
  duly tenant drain acme --wait
  duly tenant undrain acme";
const PURGE: &str = "\
Examples:
  duly tenant purge acme --dry-run
  duly tenant purge acme --finished --yes";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the tenants, with their weights and how many of their tasks are not finished
    #[command(visible_alias = "ls")]
    List,
    /// Let nothing of tenants start any more, whatever its queue; what runs goes on
    #[command(after_help = PAUSE)]
    Pause(Names),
    /// Let work of tenants start again
    #[command(after_help = PAUSE)]
    Resume(Names),
    /// Let tenants submit nothing new; what is there is worked off
    #[command(after_help = DRAIN)]
    Drain(Drain),
    /// Let tenants submit again
    #[command(after_help = DRAIN)]
    Undrain(Names),
    /// Change the settings of a tenant, which is made if there is none
    Set(set::Arguments),
    /// Call off everything of a tenant that waits
    #[command(after_help = PURGE)]
    Purge(Empty),
}

impl Arguments {
    /// A tenant is made by its first setting.
    pub(crate) const fn may_make_store(&self) -> bool {
        matches!(self.command, Command::Set(_))
    }
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    match &asked.command {
        Command::List => list::run(client, json).await,
        Command::Set(asked) => set::run(client, asked, json).await,
        Command::Pause(asked) => {
            subject::switch::<Tenant>(client, asked, Switch::Pause, json).await
        }
        Command::Resume(asked) => {
            subject::switch::<Tenant>(client, asked, Switch::Resume, json).await
        }
        Command::Drain(asked) => subject::drain::<Tenant>(client, asked, json).await,
        Command::Undrain(asked) => {
            subject::switch::<Tenant>(client, asked, Switch::Undrain, json).await
        }
        Command::Purge(asked) => subject::purge::<Tenant>(client, asked, json).await,
    }
}
