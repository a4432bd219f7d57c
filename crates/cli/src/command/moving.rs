//! `duly move` (a word that Rust keeps for itself).

use std::time::Duration;

use duly::{Clock, SystemClock};
use duly_api::{Action, Task, TaskChange};
use duly_core::{Priority, TaskId, Timestamp};

use super::bulk::{self, Bulk, Words};
use super::{each, filter, millis};
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly move 01932f5e-7c1a-7b3e-9d55-0242ac120002 --priority critical --delay 0s
  duly move --queue mail --priority low
  duly move --label team=data --at 2026-01-31T12:00:00Z --dry-run";

const WORDS: Words = Words {
    what: "Move",
    done: "moved",
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
    whither: Whither,
    #[command(flatten)]
    bulk: Bulk,
}

/// Where in line.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Whither {
    /// The new priority, of what is not finished
    #[arg(long, value_parser = super::priority())]
    priority: Option<Priority>,
    /// When it is due, of what waits
    #[arg(long, value_parser = super::instant, conflicts_with = "delay", value_name = "TIME")]
    at: Option<Timestamp>,
    /// How long from now it is due, of what waits
    #[arg(long, value_parser = super::duration, value_name = "DURATION",
          allow_hyphen_values = true)]
    delay: Option<Duration>,
}

impl Whither {
    fn change(&self) -> TaskChange {
        TaskChange {
            priority: self.priority,
            run_at: self.at,
            delay_ms: self.delay.map(millis),
        }
    }

    /// What is done to all that a filter means: one thing at a time, as the server counts it.
    fn bulk(&self, filter: duly_api::Filter) -> Result<duly_api::Bulk, Failure> {
        let TaskChange {
            priority,
            run_at,
            delay_ms,
        } = self.change();
        let is_time = run_at.is_some() || delay_ms.is_some();
        let action = match (priority, is_time) {
            (Some(_), true) => {
                return Err(Failure::Usage(
                    "--priority and a time (--at, --delay) go together for single tasks only: \
                     expected one of them, then the other"
                        .to_owned(),
                ));
            }
            (Some(_), false) => Action::Reprioritise,
            (None, _) => Action::Reschedule,
        };
        Ok(duly_api::Bulk {
            priority,
            run_at,
            delay_ms,
            ..duly_api::Bulk::new(action, filter)
        })
    }
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    if !asked.ids.is_empty() {
        let change = asked.whither.change();
        let change = async |id| client.change(id, &change).await;
        return each::each(&asked.ids, json, change, said).await;
    }
    let bulk = duly_api::Bulk {
        all: asked.bulk.how.all,
        ..asked.whither.bulk(asked.bulk.wire()?)?
    };
    asked
        .bulk
        .how
        .run(WORDS, json, bulk::steps_of(client, &bulk))
        .await
}

fn said(task: &Task) -> String {
    let due = output::when(task.due_at, SystemClock.now(), output::is_terminal());
    format!("{}  {}  due {due}", each::state(task), task.priority)
}
