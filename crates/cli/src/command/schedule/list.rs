//! `duly schedule list`.

use duly::{Clock, SystemClock};
use duly_api::Schedule;
use duly_core::Timestamp;

use super::show::rule;
use crate::client::Client;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Schedules of a page where all are asked for.
const PAGE: u32 = 1_000;

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
    let limit = if asked.all { PAGE } else { asked.limit };
    let (mut after, mut is_empty) = (asked.after.clone(), true);
    loop {
        let mut query = vec![("limit", limit.to_string())];
        query.extend(after.map(|after| ("after", after)));
        let page = client.schedules(&query).await?;
        is_empty &= page.schedules.is_empty();
        if json {
            page.schedules.iter().try_for_each(output::stream_json)?;
        } else if let Some(text) = table(&page.schedules).render() {
            output::stream(&text)?;
        }
        after = page.next;
        if after.is_none() || !asked.all {
            break;
        }
    }
    if let Some(next) = &after {
        output::more("--after", next, json);
    }
    if is_empty && !json && output::is_terminal() {
        output::print("no schedules yet: make one with `duly schedule add`")?;
    }
    Ok(())
}

fn table(schedules: &[Schedule]) -> Table {
    let mut table = Table::new(&["NAME", "RULE", "KIND", "NEXT", "LAST", "RUNS", "STATE"]);
    let (now, people) = (SystemClock.now(), output::is_terminal());
    let when = |at: Option<Timestamp>| {
        at.map_or_else(|| "-".to_owned(), |at| output::when(at, now, people))
    };
    for schedule in schedules {
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
