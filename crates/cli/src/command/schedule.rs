//! `duly schedule`.

mod add;
mod backfill;
mod each;
mod list;
mod next;
mod show;

use clap::Subcommand;
use clap::builder::TypedValueParser;
use duly::schedule::Overlap;

use crate::client::Client;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly schedule add digest http '{\"url\": \"https://example.org\"}' --cron '0 9 * * mon-fri' --zone Europe/Berlin
  duly schedule next '0 9 * * 1-5' --zone Europe/Berlin
  duly schedule list";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a schedule, or change one
    Add(Box<add::Arguments>),
    /// List the schedules with their next and last ticks
    #[command(visible_alias = "ls")]
    List(list::Arguments),
    /// Show a schedule: what it creates and when, and how far it is
    Show(show::Arguments),
    /// Show the next ticks of a schedule, or of a rule that is not stored
    Next(next::Arguments),
    /// Let nothing fire from schedules any more
    Pause(each::Arguments),
    /// Let schedules go on with their next tick
    Resume(each::Arguments),
    /// Run schedules once, now, beside all ticks
    Trigger(each::Arguments),
    /// Run the ticks of a period of the past
    Backfill(backfill::Arguments),
    /// Remove schedules; the tasks that they have created stay
    #[command(visible_alias = "rm")]
    Remove(each::Arguments),
}

/// An overlap policy as it is typed.
fn overlap() -> impl TypedValueParser<Value = Overlap> {
    super::words(Overlap::ALL.iter().copied().map(Overlap::name))
}

impl Arguments {
    /// A store may begin with a schedule.
    pub(crate) const fn may_make_store(&self) -> bool {
        matches!(self.command, Command::Add(_))
    }

    /// Whether it says what shall be submitted, about which priority rules may decide.
    pub(crate) const fn submits(&self) -> bool {
        matches!(self.command, Command::Add(_))
    }

    /// Answers without a store, if it can.
    pub(crate) fn alone(&self, json: bool) -> Option<Result<(), Failure>> {
        match &self.command {
            Command::Next(asked) => asked.alone(json),
            _ => None,
        }
    }
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    match &asked.command {
        Command::Add(asked) => add::run(client, asked, json).await,
        Command::List(asked) => list::run(client, asked, json).await,
        Command::Show(asked) => show::run(client, asked, json).await,
        Command::Next(asked) => next::run(client, asked, json).await,
        Command::Pause(asked) => each::set(client, asked, true, json).await,
        Command::Resume(asked) => each::set(client, asked, false, json).await,
        Command::Trigger(asked) => each::trigger(client, asked, json).await,
        Command::Backfill(asked) => backfill::run(client, asked, json).await,
        Command::Remove(asked) => each::remove(client, asked, json).await,
    }
}
