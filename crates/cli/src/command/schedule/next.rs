//! `duly schedule next`.

use duly::schedule::{InvalidRule, Rule, Zone};
use duly::{Clock, SystemClock};
use duly_api::{ScheduleNext, time};
use duly_core::Timestamp;

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly schedule next digest -n 10
  duly schedule next '0 9 * * 1-5' --zone Europe/Berlin
  duly schedule next @hourly --json | jq -r .ticks[0]

What has five words, or begins with @, is a pattern and not the name of a schedule; it needs no
server.";

/// The fields of a pattern, at least.
const FIELDS: usize = 5;

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The schedule, or a cron pattern that need not be stored
    #[arg(value_name = "NAME|PATTERN")]
    what: String,
    /// How many ticks
    #[arg(long, short = 'n', default_value_t = 5, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    number: u32,
    /// The time zone whose clocks are shown, and that a pattern means; those of the schedule, or UTC,
    /// unless given
    #[arg(long)]
    zone: Option<String>,
}

impl Arguments {
    /// A pattern is looked at here; a schedule is asked for.
    pub(super) fn alone(&self, json: bool) -> Option<Result<(), Failure>> {
        let text = self.what.trim();
        let words = text.split_whitespace().count();
        let is_pattern =
            text.starts_with('@') || words >= FIELDS || words > 1 && text.contains('*');
        is_pattern.then(|| self.preview(json))
    }

    fn preview(&self, json: bool) -> Result<(), Failure> {
        let zone = self.zone()?.unwrap_or(Zone::UTC);
        let rule = Rule::cron(&self.what, zone.clone()).map_err(wrong)?;
        let now = SystemClock.now();
        let ticks = rule.ticks_after(now).take(self.number as usize).collect();
        say(&ScheduleNext { ticks }, &zone, json)
    }

    fn zone(&self) -> Result<Option<Zone>, Failure> {
        let zone = self.zone.as_deref().map(str::parse).transpose();
        zone.map_err(|error| wrong(InvalidRule::from(error)))
    }
}

fn wrong(error: InvalidRule) -> Failure {
    Failure::Usage(error.to_string())
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let zone = asked.zone()?;
    let next = client.next_of_schedule(&asked.what, asked.number).await?;
    let zone = match zone {
        Some(zone) => zone,
        None => {
            let schedule = client.schedule(&asked.what).await?;
            let zone = schedule.definition.zone.and_then(|zone| zone.parse().ok());
            zone.unwrap_or(Zone::UTC)
        }
    };
    say(&next, &zone, json)
}

fn say(next: &ScheduleNext, zone: &Zone, json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json(next);
    }
    if next.ticks.is_empty() {
        return output::print("none: no tick is still to come");
    }
    let (now, people) = (SystemClock.now(), output::is_terminal());
    let line = |at: &Timestamp| {
        let shown = zone.show(*at);
        if people {
            format!("{shown}  {}", output::when(*at, now, true))
        } else {
            format!("{}\t{shown}", time::format(*at))
        }
    };
    let lines: Vec<_> = next.ticks.iter().map(line).collect();
    output::print(&lines.join("\n"))
}
