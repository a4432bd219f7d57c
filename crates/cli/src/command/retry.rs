//! `duly retry`.

use duly_api::{Action, TaskRetry};
use duly_core::TaskId;
use serde_json::value::RawValue;

use super::bulk::{self, Bulk, Words};
use super::{each, filter};
use crate::client::Client;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly retry 01932f5e-7c1a-7b3e-9d55-0242ac120002
  duly retry 01932f5e-7c1a-7b3e-9d55-0242ac120002 --payload '{\"url\": \"https://example.org\"}'
  duly retry --state failed,timed_out --kind http --dry-run";

const WORDS: Words = Words {
    what: "Put back in line",
    done: "put back in line",
};

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The tasks; or say with options which are meant
    #[arg(value_parser = super::id, value_name = "ID",
          conflicts_with_all = filter::OPTIONS, conflicts_with_all = bulk::OPTIONS)]
    ids: Vec<TaskId>,
    /// What their handlers get from now on, as JSON [default: what they got before]
    #[arg(long, value_parser = super::json, value_name = "JSON")]
    payload: Option<Box<RawValue>>,
    #[command(flatten)]
    bulk: Bulk,
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    if !asked.ids.is_empty() {
        let retry = TaskRetry {
            payload: asked.payload.clone(),
        };
        let retry = async |id| client.retry(id, &retry).await;
        return each::each(&asked.ids, json, retry, each::state).await;
    }
    let filter = asked.bulk.wire()?;
    let bulk = duly_api::Bulk {
        all: asked.bulk.how.all,
        payload: asked.payload.clone(),
        ..duly_api::Bulk::new(Action::Retry, filter)
    };
    asked
        .bulk
        .how
        .run(WORDS, json, bulk::steps_of(client, &bulk))
        .await
}
