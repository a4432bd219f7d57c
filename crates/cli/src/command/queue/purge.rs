//! `duly queue purge`.

use duly_api::Purge;

use crate::client::Client;
use crate::command::bulk::{How, Step, Words};
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly queue purge mail --dry-run
  duly queue purge mail --yes";

const WORDS: Words = Words {
    what: "Cancel",
    done: "cancelled",
};

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The queue
    #[arg(value_name = "QUEUE")]
    name: String,
    /// Only count what would be called off
    #[arg(long)]
    dry_run: bool,
    /// Do not ask, however many tasks there are
    #[arg(long, short = 'y')]
    yes: bool,
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let how = How {
        all: true,
        dry_run: asked.dry_run,
        yes: asked.yes,
    };
    let step = async |Step { dry_run, cursor }: Step| {
        client
            .purge(
                &asked.name,
                &Purge {
                    finished: false,
                    dry_run,
                    cursor,
                },
            )
            .await
    };
    how.run(WORDS, json, step).await
}
