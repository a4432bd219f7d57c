//! `duly limit show`.

use std::time::Duration;

use duly_api::{Attachment, Limit, Rate, duration, time};

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly limit show mailer
  duly limit show mailer --json | jq .in_use";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The limit
    #[arg(value_name = "LIMIT")]
    name: String,
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    say(&client.limit(&asked.name).await?, json)
}

/// A limit, with all that is known of it.
pub(super) fn say(limit: &Limit, json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json(limit);
    }
    let mut facts = vec![("limit".to_owned(), limit.name.clone())];
    if let Some(at_once) = limit.concurrency {
        facts.push(("at once".to_owned(), output::count(at_once.into())));
    }
    if let Some(of) = limit.rate {
        facts.push(("rate".to_owned(), rate(of)));
    }
    facts.push(("in use".to_owned(), output::count(limit.in_use)));
    if let Some(at) = limit.next_permit_at {
        facts.push(("next permit".to_owned(), time::format(at)));
    }
    if !limit.attached.is_empty() {
        facts.push(("attached to".to_owned(), attached(&limit.attached)));
    }
    output::print(&output::facts(&facts))
}

/// As in `50/1s, 10 at once`.
pub(super) fn rate(rate: Rate) -> String {
    let period = duration::format(Duration::from_millis(rate.period_ms));
    let burst = rate.burst.unwrap_or(rate.permits);
    format!("{}/{period}, {burst} at once", rate.permits)
}

/// As in `queue mail, kind email.send (2 each)`.
pub(super) fn attached(attached: &[Attachment]) -> String {
    let each = attached.iter().map(|to| {
        let names = [
            ("queue", &to.queue),
            ("kind", &to.kind),
            ("tenant", &to.tenant),
        ];
        let name = names
            .iter()
            .find_map(|(what, name)| Some(format!("{what} {}", name.as_deref()?)));
        let weight = match to.weight {
            Some(weight) if weight > 1 => format!(" ({weight} each)"),
            _ => String::new(),
        };
        format!("{}{weight}", name.unwrap_or_default())
    });
    each.collect::<Vec<_>>().join(", ")
}
