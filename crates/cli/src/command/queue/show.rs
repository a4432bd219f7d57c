//! `duly queue show`.

use std::time::Duration;

use duly_api::{Order, Queue, duration, time};

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly queue show mail
  duly queue show mail --json | jq .tasks.pending";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The queue
    #[arg(value_name = "QUEUE")]
    name: String,
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    say(&client.subject(&asked.name).await?, json)
}

/// A queue, with all that is known of it.
pub(super) fn say(queue: &Queue, json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json(queue);
    }
    output::print(&output::facts(&facts(queue)))
}

fn yes_or_no(is_so: bool) -> String {
    if is_so { "yes" } else { "no" }.to_owned()
}

fn order(queue: &Queue) -> String {
    let long = |ms| duration::format(Duration::from_millis(ms));
    let order = match queue.order {
        Order::Strict => "strict".to_owned(),
        Order::Aging(aging) => format!("aging, {} a priority", long(aging.step_ms)),
        Order::Deadline(by) => format!(
            "by deadline, {} after it is due without one",
            long(by.default_slack_ms)
        ),
    };
    let fair = if queue.fair {
        "; tenants take turns"
    } else {
        ""
    };
    format!("{order}{fair}")
}

fn facts(queue: &Queue) -> Vec<(String, String)> {
    let kept = |ms| duration::format(Duration::from_millis(ms));
    let mut facts = vec![
        ("queue".to_owned(), queue.name.clone()),
        ("paused".to_owned(), yes_or_no(queue.paused)),
        ("draining".to_owned(), yes_or_no(queue.draining)),
        ("order".to_owned(), order(queue)),
        ("bound".to_owned(), output::count(queue.bound)),
        (
            "keeps".to_owned(),
            format!(
                "completed for {}, failed for {}",
                kept(queue.retention_completed_ms),
                kept(queue.retention_failed_ms)
            ),
        ),
    ];
    if let Some(at) = queue.oldest_due_at {
        facts.push(("oldest due".to_owned(), time::format(at)));
    }
    for (what, counts) in [("now", &queue.tasks), ("ever", &queue.totals)] {
        let there = counts.iter().filter(|(_, count)| **count > 0);
        let texts = there.map(|(name, count)| format!("{} {name}", output::count(*count)));
        let texts: Vec<_> = texts.collect();
        let text = if texts.is_empty() {
            "nothing".to_owned()
        } else {
            texts.join(", ")
        };
        facts.push((what.to_owned(), text));
    }
    facts
}
