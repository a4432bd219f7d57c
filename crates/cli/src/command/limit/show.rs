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
        let mut to = attached(limit);
        if limit.attached_count > limit.attached.len() as u64 {
            to.push_str("; all: `duly limit attached`");
        }
        facts.push(("attached to".to_owned(), to));
    }
    output::print(&output::facts(&facts))
}

/// As in `50/1s, 10 at once`.
pub(super) fn rate(rate: Rate) -> String {
    let period = duration::format(Duration::from_millis(rate.period_ms));
    let burst = rate.burst.unwrap_or(rate.permits);
    format!("{}/{period}, {burst} at once", rate.permits)
}

/// As in `queue mail, kind email.send (2 each), and 40 more`.
pub(super) fn attached(limit: &Limit) -> String {
    let each = limit.attached.iter().map(shown);
    let more = limit
        .attached_count
        .saturating_sub(limit.attached.len() as u64);
    let more = (more > 0).then(|| format!("and {} more", output::count(more)));
    each.chain(more).collect::<Vec<_>>().join(", ")
}

/// What it is, and its name.
pub(super) fn subject(to: &Attachment) -> (&'static str, &str) {
    let names = [
        ("queue", &to.queue),
        ("kind", &to.kind),
        ("tenant", &to.tenant),
    ];
    let mut names = names.into_iter();
    let found = names.find_map(|(what, name)| Some((what, name.as_deref()?)));
    found.unwrap_or_default()
}

fn shown(to: &Attachment) -> String {
    let (what, name) = subject(to);
    let weight = match to.weight {
        Some(weight) if weight > 1 => format!(" ({weight} each)"),
        _ => String::new(),
    };
    format!("{what} {name}{weight}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_counted() {
        let kind = |kind: &str, weight| Attachment {
            kind: Some(kind.to_owned()),
            weight: Some(weight),
            ..Attachment::default()
        };
        let mut limit = Limit {
            name: "mailer".to_owned(),
            concurrency: Some(1),
            rate: None,
            in_use: 0,
            next_permit_at: None,
            attached: vec![kind("a", 1), kind("b", 2)],
            attached_count: 2,
        };
        assert_eq!(attached(&limit), "kind a, kind b (2 each)");
        limit.attached_count = 50_002;
        let more = format!(
            "kind a, kind b (2 each), and {} more",
            output::count(50_000)
        );
        assert_eq!(attached(&limit), more);
        limit.attached.clear();
        limit.attached_count = 0;
        assert_eq!(attached(&limit), "");
    }
}
