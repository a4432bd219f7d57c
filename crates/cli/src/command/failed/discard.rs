//! `duly failed discard`.

use duly_api::FailedDiscard;
use duly_core::TaskId;

use crate::client::Client;
use crate::command::bulk::{self, Bulk, Step, Words};
use crate::command::filter;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly failed discard 01932f5e-7c1a-7b3e-9d55-0242ac120002
  duly failed discard --kind http --submitted-before 2026-01-01T00:00:00Z --dry-run";

const WORDS: Words = Words {
    what: "Remove for good",
    done: "removed",
};

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The dead letters; or say with options which are meant
    #[arg(value_parser = crate::command::id, value_name = "ID",
          conflicts_with_all = filter::OPTIONS, conflicts_with_all = bulk::OPTIONS)]
    ids: Vec<TaskId>,
    #[command(flatten)]
    bulk: Bulk,
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let (ids, filter) = asked.bulk.which(&asked.ids)?;
    let discard = FailedDiscard {
        ids,
        filter,
        all: asked.bulk.how.all,
        ..FailedDiscard::default()
    };
    let step = async |Step { dry_run, cursor }: Step| {
        let discard = FailedDiscard {
            dry_run,
            cursor,
            ..discard.clone()
        };
        client.discard_failed(&discard).await
    };
    asked.bulk.how.run(WORDS, json, step).await
}
