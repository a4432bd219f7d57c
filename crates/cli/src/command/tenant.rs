//! `duly tenant`.

mod list;
mod set;

use clap::Subcommand;
use duly_api::Tenant;

use super::subject::Control;
use crate::client::Client;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly tenant list
  duly tenant pause acme
  duly tenant set acme --weight 3
  duly tenant drain acme --wait";

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
    #[command(flatten)]
    Control(Control),
    /// Change the settings of a tenant, which is made if there is none
    Set(set::Arguments),
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
        Command::Control(asked) => asked.run::<Tenant>(client, json).await,
    }
}
