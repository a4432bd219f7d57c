//! What may be said about a task wherever one is submitted: at once, or by a schedule.

mod unique;

use std::collections::BTreeSet;
use std::time::Duration;

use duly_api::NewTask;
use duly_core::Priority;

use crate::failure::Failure;

/// What may be said beside kind, payload and times.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Options {
    /// The queue it waits in
    #[arg(long)]
    queue: Option<String>,
    /// How urgent it is
    #[arg(long, value_parser = super::priority())]
    priority: Option<Priority>,
    /// Tell, by an event, if it has not started after this long
    #[arg(long, value_parser = super::timeout, value_name = "DURATION", allow_hyphen_values = true)]
    alert_unstarted: Option<Duration>,
    /// Tell, by an event, if it has not ended after this long
    #[arg(long, value_parser = super::timeout, value_name = "DURATION", allow_hyphen_values = true)]
    alert_unfinished: Option<Duration>,
    /// How long one attempt may take
    #[arg(long, value_parser = super::timeout, value_name = "DURATION", allow_hyphen_values = true)]
    timeout: Option<Duration>,
    /// How often it is tried in all [default: 20]
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..))]
    max_attempts: Option<u32>,
    /// Whose work it is
    #[arg(long)]
    tenant: Option<String>,
    /// A limit that binds it, and how many slots or permits it takes (1 unless given); may be repeated
    #[arg(long, value_parser = limit, value_name = "NAME[:WEIGHT]")]
    limit: Vec<(String, u32)>,
    #[command(flatten)]
    unique: unique::Options,
    /// A label to find it by; may be repeated
    #[arg(long, value_parser = super::label, value_name = "NAME=VALUE")]
    label: Vec<(String, String)>,
}

/// A name, and a weight behind the last `:`, if a number is there.
fn limit(text: &str) -> Result<(String, u32), String> {
    let weight = text.rsplit_once(':').map(|(_, weight)| weight);
    let is_number = weight.is_some_and(|weight| weight.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_number {
        return Ok((text.to_owned(), 1));
    }
    let (name, weight) = text.rsplit_once(':').unwrap_or((text, "1"));
    match weight.parse() {
        Ok(weight) if weight > 0 => Ok((name.to_owned(), weight)),
        _ => Err("expected NAME, or NAME:WEIGHT with a whole number from 1".to_owned()),
    }
}

impl Options {
    /// Each label and each limit has one value: which of two is meant, nobody knows.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let mut limits = BTreeSet::new();
        if let Some((name, _)) = self.limit.iter().find(|(name, _)| !limits.insert(name)) {
            return Err(Failure::Usage(format!(
                "--limit: {name:?} is given twice: expected each limit once"
            )));
        }
        let mut names = BTreeSet::new();
        let mut labels = self.label.iter();
        match labels.find(|(name, _)| !names.insert(name)) {
            Some((name, _)) => Err(Failure::Usage(format!(
                "--label: {name:?} is given twice: expected one value for each name"
            ))),
            None => Ok(()),
        }
    }

    /// Refuses what makes no sense of one task that is typed: the lines of a file may say the rest.
    pub(super) fn check_typed(&self, task: &NewTask) -> Result<(), Failure> {
        self.unique.check(task)
    }

    /// Says what the task does not say itself.
    pub(super) fn complete(&self, task: &mut NewTask) {
        let or = |said: Option<u64>, age: Option<Duration>| said.or(age.map(super::millis));
        task.queue = task.queue.take().or_else(|| self.queue.clone());
        task.tenant = task.tenant.take().or_else(|| self.tenant.clone());
        task.priority = task.priority.or(self.priority);
        task.alert_unstarted_ms = or(task.alert_unstarted_ms, self.alert_unstarted);
        task.alert_unfinished_ms = or(task.alert_unfinished_ms, self.alert_unfinished);
        task.timeout_ms = or(task.timeout_ms, self.timeout);
        task.attempts_max = task.attempts_max.or(self.max_attempts);
        self.unique.complete(task);
        for (name, weight) in &self.limit {
            task.limits.entry(name.clone()).or_insert(*weight);
        }
        for (name, value) in &self.label {
            let label = task.labels.entry(name.clone());
            label.or_insert_with(|| value.clone());
        }
    }
}
