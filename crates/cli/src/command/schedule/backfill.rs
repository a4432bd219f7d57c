//! `duly schedule backfill`.

use duly::schedule::Overlap;
use duly_api::ScheduleBackfill;
use duly_core::Timestamp;

use crate::client::Client;
use crate::command::instant;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  duly schedule backfill digest --from 2026-01-01T00:00:00Z --to 2026-01-08T00:00:00Z
  duly schedule backfill digest --from 2026-01-01T00:00:00Z --to 2026-01-08T00:00:00Z --overlap queue_one

Whoever keeps house runs it, step by step; `duly schedule show` tells how many ticks are left.";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The schedule
    #[arg(value_name = "NAME")]
    name: String,
    /// The beginning of the period, which is in it
    #[arg(long, value_parser = instant, value_name = "TIME")]
    from: Timestamp,
    /// Its end, which is not
    #[arg(long, value_parser = instant, value_name = "TIME")]
    to: Timestamp,
    /// What a tick does while a former run of the period is unfinished [default: allow]
    #[arg(long, value_name = "POLICY", value_parser = super::overlap())]
    overlap: Option<Overlap>,
    /// Run ticks although their tasks are there already
    #[arg(long)]
    again: bool,
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let period = ScheduleBackfill {
        from: Some(asked.from),
        to: Some(asked.to),
        overlap: asked.overlap.map(|overlap| overlap.name().to_owned()),
        again: asked.again,
    };
    let schedule = client.backfill_schedule(&asked.name, &period).await?;
    if json {
        return output::print_json(&schedule);
    }
    let left = schedule.backfill.map_or(0, |filling| filling.left);
    output::print(&format!("{} to run", output::many(left, "tick")))
}
