//! `duly schedule list`.

use duly::{Clock, SystemClock};
use duly_api::{AnySchedule, Schedule};
use duly_core::Timestamp;

use super::show::rule;
use crate::client::{Client, Parameter};
use crate::command::pages::Turning;
use crate::failure::Failure;
use crate::output::{self, Table};

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// How many at most
    #[arg(long, default_value_t = 50, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Only those whose names come after this one
    #[arg(long, value_name = "NAME")]
    after: Option<String>,
    /// All of them, page by page
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let page = async |query: &[Parameter]| {
        let page = client.schedules(query).await?;
        let schedules = page.schedules.into_iter().map(Box::new);
        let unreadable = page.unreadable.into_iter().map(AnySchedule::Unreadable);
        let mut all: Vec<_> = schedules
            .map(AnySchedule::Schedule)
            .chain(unreadable)
            .collect();
        all.sort_by(|one, other| one.name().cmp(other.name()));
        Ok((all, page.next))
    };
    let none = "no schedules yet: make one with `duly schedule add`";
    let mut turning = Turning::names(asked.after.clone());
    if !asked.all {
        turning = turning.only(asked.limit);
    }
    turning.say(json, page, table, none).await
}

fn table(schedules: &[AnySchedule]) -> Table {
    let mut table = Table::new(&["NAME", "RULE", "KIND", "NEXT", "LAST", "RUNS", "STATE"]);
    let (now, people) = (SystemClock.now(), output::is_terminal());
    let when = |at: Option<Timestamp>| {
        at.map_or_else(|| "-".to_owned(), |at| output::when(at, now, people))
    };
    for schedule in schedules {
        let schedule = match schedule {
            AnySchedule::Schedule(schedule) => schedule,
            AnySchedule::Unreadable(unreadable) => {
                let mut row = vec!["-".to_owned(); 7];
                row[0] = output::printable(&unreadable.name).into_owned();
                row[6] = format!(
                    "unreadable: it {}",
                    output::printable(&unreadable.unreadable)
                );
                table.row(row);
                continue;
            }
        };
        let kind = schedule.definition.task.as_ref();
        let kind = kind.and_then(|task| task.kind.as_deref());
        table.row(vec![
            output::printable(&schedule.name).into_owned(),
            rule(&schedule.definition),
            output::printable(kind.unwrap_or("-")).into_owned(),
            when(schedule.next_at.filter(|_| !schedule.paused)),
            when(schedule.last_at),
            schedule.runs.to_string(),
            state(schedule).to_owned(),
        ]);
    }
    table
}

/// How it is, in a word.
pub(super) const fn state(schedule: &Schedule) -> &'static str {
    if schedule.paused {
        "paused"
    } else if schedule.held_at.is_some() {
        "held"
    } else if schedule.next_at.is_none() {
        "over"
    } else {
        "on"
    }
}
