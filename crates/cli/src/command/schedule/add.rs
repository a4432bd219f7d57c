//! `duly schedule add`.

use std::time::Duration;

use duly::schedule::{Overlap, PERIOD_MIN};
use duly_api::{Code, NewTask, ScheduleDefinition};
use duly_core::Timestamp;
use serde_json::value::RawValue;

use super::show;
use crate::client::Client;
use crate::command::{duration, instant, json as as_json, millis, task};
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  duly schedule add digest http '{\"url\": \"https://example.org\"}' --cron '0 9 * * mon-fri' --zone Europe/Berlin
  duly schedule add poll http '{\"url\": \"https://example.org\"}' --every 15m --overlap skip
  duly schedule add feed http '{\"url\": \"https://example.org\"}' --every 1m --limit api --unique feed --on-conflict keep
  duly schedule add launch http '{\"url\": \"https://example.org\"}' --at 2030-01-01T00:00:00Z
  duly schedule add poll http '{\"url\": \"https://example.org\"}' --every 5m --replace

A schedule that is replaced goes on from where it is.";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The schedule
    #[arg(value_name = "NAME")]
    name: String,
    /// The name of the handler, such as http
    kind: String,
    /// What the handler gets, as JSON
    #[arg(value_name = "JSON", value_parser = as_json)]
    payload: Option<Box<RawValue>>,
    #[command(flatten)]
    when: When,
    /// Change the schedule if there is one of this name
    #[arg(long)]
    replace: bool,
    /// What becomes of ticks that nobody could fire in time: skip, last, or "all 1h" [default: last]
    #[arg(long, value_name = "POLICY")]
    missed: Option<String>,
    /// What a tick does while a former run is unfinished [default: allow]
    #[arg(long, value_name = "POLICY", value_parser = super::overlap())]
    overlap: Option<Overlap>,
    /// Each tick runs later by a part of this
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    jitter: Option<Duration>,
    /// The first time that may be a tick
    #[arg(long, value_parser = instant, value_name = "TIME")]
    start: Option<Timestamp>,
    /// The first time that may no longer be a tick
    #[arg(long, value_parser = instant, value_name = "TIME")]
    end: Option<Timestamp>,
    /// How many ticks fire before it is over
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_runs: Option<u64>,
    #[command(flatten)]
    task: Task,
}

/// Which ticks: one of these says so.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false, id = "when")]
struct When {
    /// Times of a calendar, such as '0 9 * * mon-fri' or @daily
    #[arg(long, value_name = "PATTERN")]
    cron: Option<String>,
    /// An interval, at least 1s
    #[arg(long, value_parser = interval, value_name = "DURATION")]
    every: Option<Duration>,
    /// One time
    #[arg(long, value_parser = instant, value_name = "TIME")]
    at: Option<Timestamp>,
}

/// What may be said about the tasks beside kind and payload.
#[derive(Debug, clap::Args)]
#[group(skip)]
struct Task {
    /// The time zone whose clocks --cron means, such as Europe/Berlin [default: UTC]
    #[arg(long, requires = "cron")]
    zone: Option<String>,
    /// They must have started this long after their tick, or expire
    #[arg(long, value_parser = duration, value_name = "DURATION", allow_hyphen_values = true)]
    deadline: Option<Duration>,
    /// They must have ended this long after their tick, or expire or time out
    #[arg(long, value_parser = duration, value_name = "DURATION", allow_hyphen_values = true)]
    finish_by: Option<Duration>,
    #[command(flatten)]
    shared: task::Options,
}

fn interval(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        every if every < PERIOD_MIN => Err(format!(
            "expected at least {}",
            duly_api::duration::format(PERIOD_MIN)
        )),
        every => Ok(every),
    }
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let definition = asked.definition()?;
    let put = client.put_schedule(&asked.name, &definition, asked.replace);
    let schedule = put.await.map_err(|failure| match failure {
        Failure::Refused { problem, .. }
            if problem.code == Code::ScheduleConflict.name() && !asked.replace =>
        {
            let place = None;
            Failure::Refused { problem, place }.followed_by("--replace changes it".to_owned())
        }
        failure => failure,
    })?;
    show::say(&schedule, json)
}

impl Arguments {
    fn definition(&self) -> Result<ScheduleDefinition, Failure> {
        Ok(ScheduleDefinition {
            cron: self.when.cron.clone(),
            zone: self.task.zone.clone(),
            every_ms: self.when.every.map(millis),
            at: self.when.at,
            task: Some(self.template()?),
            missed: self.missed.clone(),
            overlap: self.overlap.map(|overlap| overlap.name().to_owned()),
            jitter_ms: self.jitter.map(millis),
            start: self.start,
            end: self.end,
            max_runs: self.max_runs,
        })
    }

    fn template(&self) -> Result<NewTask, Failure> {
        let task = &self.task;
        task.shared.check()?;
        let mut template = NewTask {
            kind: Some(self.kind.clone()),
            payload: self.payload.clone(),
            deadline_in_ms: task.deadline.map(millis),
            finish_in_ms: task.finish_by.map(millis),
            ..NewTask::default()
        };
        task.shared.complete(&mut template);
        task.shared.check_typed(&template)?;
        Ok(template)
    }
}
