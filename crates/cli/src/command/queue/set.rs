//! `duly queue set`.

use std::time::Duration;

use duly_api::QueueChange;

use super::show;
use crate::client::Client;
use crate::command::millis;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly queue set mail --bound 100000
  duly queue set mail --keep-completed 1h --keep-failed 30d";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The queue
    #[arg(value_name = "QUEUE")]
    name: String,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Settings {
    /// How many unfinished tasks it may hold; those that are there stay
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = crate::command::number(0))]
    bound: Option<u64>,
    /// How long completed, cancelled and expired tasks are kept
    #[arg(long, value_name = "DURATION", value_parser = crate::command::retention,
          allow_hyphen_values = true)]
    keep_completed: Option<Duration>,
    /// How long failed and timed out tasks are kept
    #[arg(long, value_name = "DURATION", value_parser = crate::command::retention,
          allow_hyphen_values = true)]
    keep_failed: Option<Duration>,
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let change = QueueChange {
        paused: None,
        draining: None,
        bound: asked.settings.bound,
        retention_completed_ms: asked.settings.keep_completed.map(millis),
        retention_failed_ms: asked.settings.keep_failed.map(millis),
    };
    show::say(&client.configure(&asked.name, &change).await?, json)
}
