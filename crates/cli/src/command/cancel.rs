//! `duly cancel`.

use duly_api::{Action, Task};
use duly_core::TaskId;

use super::bulk::{self, Bulk, Words};
use super::{each, filter};
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly cancel 01932f5e-7c1a-7b3e-9d55-0242ac120002
  duly cancel --queue mail --state pending,scheduled --dry-run
  duly cancel --label team=data --yes";

const WORDS: Words = Words {
    what: "Cancel",
    done: "cancelled, or their workers asked to stop them",
};

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The tasks; or say with options which are meant
    #[arg(value_parser = super::id, value_name = "ID",
          conflicts_with_all = filter::OPTIONS, conflicts_with_all = bulk::OPTIONS)]
    ids: Vec<TaskId>,
    #[command(flatten)]
    bulk: Bulk,
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    if !asked.ids.is_empty() {
        let cancel = async |id| client.cancel(id).await;
        return each::each(&asked.ids, json, cancel, said).await;
    }
    let filter = asked.bulk.wire()?;
    let bulk = duly_api::Bulk {
        all: asked.bulk.how.all,
        ..duly_api::Bulk::new(Action::Cancel, filter)
    };
    asked
        .bulk
        .how
        .run(WORDS, json, bulk::steps_of(client, &bulk))
        .await
}

fn said(task: &Task) -> String {
    if task.cancel_requested && !task.state.is_final() {
        let worker = task.worker.as_deref().unwrap_or("its worker");
        return format!(
            "{}  runs; {} was asked to stop it",
            task.id,
            output::printable(worker)
        );
    }
    each::state(task)
}
