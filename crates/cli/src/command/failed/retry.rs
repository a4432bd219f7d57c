//! `duly failed retry`.

use duly_api::FailedRetry;
use duly_core::TaskId;
use serde_json::value::RawValue;

use crate::client::Client;
use crate::command::bulk::{self, Bulk, Step, Words};
use crate::command::filter;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly failed retry 01932f5e-7c1a-7b3e-9d55-0242ac120002
  duly failed retry --queue mail --dry-run
  duly failed retry --all --yes";

const WORDS: Words = Words {
    what: "Put back in line",
    done: "put back in line",
};

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The dead letters; or say with options which are meant
    #[arg(value_parser = crate::command::id, value_name = "ID",
          conflicts_with_all = filter::OPTIONS, conflicts_with_all = bulk::OPTIONS)]
    ids: Vec<TaskId>,
    /// What their handlers get from now on, as JSON [default: what they got before]
    #[arg(long, value_parser = crate::command::json, value_name = "JSON")]
    payload: Option<Box<RawValue>>,
    #[command(flatten)]
    bulk: Bulk,
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let (ids, filter) = asked.bulk.which(&asked.ids)?;
    let retry = FailedRetry {
        ids,
        filter,
        all: asked.bulk.how.all,
        payload: asked.payload.clone(),
        ..FailedRetry::default()
    };
    let step = async |Step { dry_run, cursor }: Step| {
        let retry = FailedRetry {
            dry_run,
            cursor,
            ..retry.clone()
        };
        client.retry_failed(&retry).await
    };
    asked.bulk.how.run(WORDS, json, step).await
}
