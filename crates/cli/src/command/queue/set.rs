//! `duly queue set`.

use std::time::Duration;

use duly_api::{Order, QueueChange};
use duly_core::{InvalidOrder, OrderPolicy};

use super::show;
use crate::client::Client;
use crate::command::millis;
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly queue set mail --bound 100000
  duly queue set mail --order aging:30s --fair
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
    /// In which order its tasks run: by priority and age (strict), with a head start of so long for each
    /// priority (aging:30s), or by priority and deadline, so long after they are due for those without one
    /// (deadline:10s)
    #[arg(long, value_name = "ORDER", value_parser = order)]
    order: Option<Order>,
    /// Let its tenants take turns, by weight
    #[arg(long, conflicts_with = "no_fair")]
    fair: bool,
    /// Let its tasks run in order, whosever they are
    #[arg(long)]
    no_fair: bool,
    /// How long completed, cancelled and expired tasks are kept
    #[arg(long, value_name = "DURATION", value_parser = crate::command::retention,
          allow_hyphen_values = true)]
    keep_completed: Option<Duration>,
    /// How long failed and timed out tasks are kept
    #[arg(long, value_name = "DURATION", value_parser = crate::command::retention,
          allow_hyphen_values = true)]
    keep_failed: Option<Duration>,
}

impl Settings {
    fn fair(&self) -> Option<bool> {
        (self.fair || self.no_fair).then_some(self.fair)
    }
}

fn order(text: &str) -> Result<Order, InvalidOrder> {
    text.parse::<OrderPolicy>().map(Order::from)
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let change = QueueChange {
        paused: None,
        draining: None,
        order: asked.settings.order,
        fair: asked.settings.fair(),
        bound: asked.settings.bound,
        retention_completed_ms: asked.settings.keep_completed.map(millis),
        retention_failed_ms: asked.settings.keep_failed.map(millis),
    };
    show::say(&client.configure(&asked.name, &change).await?, json)
}
