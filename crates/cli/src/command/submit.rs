//! `duly submit`.

mod batch;
mod delivery;
mod file;
mod stable;

use std::path::PathBuf;
use std::time::Duration;

use duly_api::{Admission, NewTask, Submitted};
use duly_core::{TaskId, Timestamp};
use serde_json::value::RawValue;

use super::{ending, show, task};
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const FILE_HELP: &str = "\
Examples:
  duly submit http '{\"url\": \"https://example.org/hook\"}' --priority high --delay 5m
  duly submit http '{\"url\": \"https://example.org/hook\"}' --wait --json | jq .result
  duly submit http --file deliveries.ndjson --run march --label run=march

With --file, each line is a task as POST /v1/tasks takes it, such as
  {\"payload\": {\"url\": \"https://example.org/hook\"}, \"priority\": \"high\"}
where `kind` may be left out if it is given on the command line, and what the other options say
holds for lines that do not say it themselves. Lines are sent in batches, each all or none. If the
server is away for a while (it was restarted, say), they are sent again, and nothing is doubled;
nor is it with --run, if the same file is submitted again under the same name.";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = FILE_HELP)]
pub(crate) struct Arguments {
    /// The name of the handler, such as http
    #[arg(required_unless_present = "file")]
    kind: Option<String>,
    /// What the handler gets, as JSON
    #[arg(conflicts_with = "file", value_name = "JSON")]
    payload: Option<String>,
    /// Submit a task per line of this file; - is stdin
    #[arg(long, value_name = "FILE", conflicts_with = "unique")]
    file: Option<PathBuf>,
    /// With --file: a name for this run, from which the ids of its tasks are made
    #[arg(long, requires = "file", value_name = "NAME")]
    run: Option<String>,
    /// With --file: how long to try again when the server is away or a queue is full
    #[arg(long, requires = "file", value_parser = super::duration, default_value = "60s",
          value_name = "DURATION", allow_hyphen_values = true)]
    patience: Duration,
    /// Wait until it has ended, and show its result; the exit code tells how it went
    #[arg(long, conflicts_with = "file")]
    wait: bool,
    #[command(flatten)]
    options: Options,
}

/// What may be said about a task beside kind and payload.
#[derive(Debug, clap::Args)]
#[group(skip)]
struct Options {
    /// An id, a UUID: submitting the same id twice is one task
    #[arg(long, conflicts_with = "file", value_parser = super::id)]
    id: Option<TaskId>,
    /// It may start after this long
    #[arg(long, value_parser = super::duration, conflicts_with = "at", value_name = "DURATION",
          allow_hyphen_values = true)]
    delay: Option<Duration>,
    /// It may start at this time
    #[arg(long, value_parser = super::instant, value_name = "TIME")]
    at: Option<Timestamp>,
    /// It must have started by then, or expires: a time, or a duration from now
    #[arg(long, value_parser = deadline, value_name = "TIME|DURATION", allow_hyphen_values = true)]
    deadline: Option<Deadline>,
    /// It must have ended by then, or expires or times out: a time, or a duration from now
    #[arg(long, value_parser = deadline, value_name = "TIME|DURATION", allow_hyphen_values = true)]
    finish_by: Option<Deadline>,
    #[command(flatten)]
    shared: task::Options,
}

#[derive(Clone, Copy, Debug)]
enum Deadline {
    In(Duration),
    At(Timestamp),
}

impl Deadline {
    /// As the wire says it: so many milliseconds from now, or an instant.
    fn wire(said: Option<Self>) -> (Option<u64>, Option<Timestamp>) {
        match said {
            Some(Self::In(after)) => (Some(super::millis(after)), None),
            Some(Self::At(at)) => (None, Some(at)),
            None => (None, None),
        }
    }
}

fn deadline(text: &str) -> Result<Deadline, String> {
    if let Ok(after) = super::duration(text) {
        return Ok(Deadline::In(after));
    }
    let at = super::instant(text).map(Deadline::At);
    at.map_err(|_| "expected a time such as 2026-01-31T12:00:00Z, or a duration such as 2h".into())
}

impl Options {
    /// Says what the task does not say itself.
    fn complete(&self, mut task: NewTask) -> NewTask {
        if task.delay_ms.is_none() && task.run_at.is_none() {
            task.delay_ms = self.delay.map(super::millis);
            task.run_at = self.at;
        }
        if task.deadline.is_none() && task.deadline_in_ms.is_none() {
            (task.deadline_in_ms, task.deadline) = Deadline::wire(self.deadline);
        }
        if task.finish_by.is_none() && task.finish_in_ms.is_none() {
            (task.finish_in_ms, task.finish_by) = Deadline::wire(self.finish_by);
        }
        self.shared.complete(&mut task);
        task
    }
}

pub(crate) async fn run(client: &Client, asked: Arguments, json: bool) -> Result<(), Failure> {
    asked.options.shared.check()?;
    if asked.file.is_some() {
        return file::run(client, &asked, json).await;
    }
    let payload = asked.payload.as_deref().map(payload).transpose()?;
    let task = asked.options.complete(NewTask {
        id: Some(asked.options.id.unwrap_or_else(fresh_id)),
        kind: asked.kind,
        payload,
        ..NewTask::default()
    });
    asked.options.shared.check_typed(&task)?;
    let submitted = client.submit(&task).await;
    let submitted = submitted.map_err(|failure| with_id(failure, task.id))?;
    if asked.wait {
        return wait(client, submitted.id, json).await;
    }
    if json {
        return output::print_json(&submitted);
    }
    say(&submitted)
}

/// Which task it is, and how it was taken.
pub(super) fn say(submitted: &Submitted) -> Result<(), Failure> {
    let note = match submitted.admission {
        Admission::New => "",
        Admission::Existed => "  (was there already)",
        Admission::Kept => "  (has the unique key, and stands for it)",
        Admission::Replaced => "  (has the unique key, and goes on with it)",
    };
    output::print(&format!(
        "{}  {}{note}",
        submitted.id,
        output::state(submitted.state)
    ))
}

/// Waits until it has ended, and shows with which result.
async fn wait(client: &Client, id: TaskId, json: bool) -> Result<(), Failure> {
    let task = ending::ended(client, id, |_| Ok(())).await?;
    if json {
        output::print_json(&task)?;
    } else {
        show::result(&task)?;
    }
    ending::outcome(&task)
}

/// The server may have the task although its answer got lost: the same id makes asking again safe.
fn with_id(failure: Failure, id: Option<TaskId>) -> Failure {
    match (failure, id) {
        (Failure::Unreachable(text), Some(id)) => Failure::Unreachable(format!(
            "{text}; submitting it again with --id {id} makes no second task"
        )),
        (failure, _) => failure,
    }
}

/// An id of the client's own: a request that is sent again makes no second task.
fn fresh_id() -> TaskId {
    duly::store::id::task_id(&duly::SystemClock)
}

fn payload(text: &str) -> Result<Box<RawValue>, Failure> {
    duly_api::parse(text.as_bytes()).map_err(|error| {
        Failure::Usage(format!(
            "the payload is not JSON: {error}; text needs quotes of its own: '\"text\"'"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn completed(task: &str, options: &[&str]) -> String {
        let options = Line::parse_from([&["duly", "kind"], options].concat())
            .arguments
            .options;
        let task = options.complete(duly_api::parse(task.as_bytes()).unwrap());
        serde_json::to_string(&task).unwrap()
    }

    #[test]
    fn options_say_what_a_task_does_not_say_itself() {
        let options = [
            "--queue",
            "q",
            "--priority",
            "low",
            "--delay",
            "2s",
            "--tenant",
            "acme",
            "--limit",
            "l",
            "--limit",
            "a:b:3",
            "--label",
            "a=b",
        ];
        assert_eq!(
            completed("{}", &options),
            r#"{"queue":"q","priority":"low","delay_ms":2000,"tenant":"acme","limits":{"a:b":3,"l":1},"labels":{"a":"b"}}"#
        );
        let task = r#"{"queue":"own","priority":"high","run_at":"2026-01-01T00:00:00.000000Z","tenant":"own","limits":{"a:b":1,"l":2},"labels":{"a":"own"}}"#;
        assert_eq!(completed(task, &options), task);
    }

    #[test]
    fn a_deadline_is_a_time_or_a_duration() {
        assert_eq!(
            completed("{}", &["--deadline", "2h"]),
            r#"{"deadline_in_ms":7200000}"#
        );
        assert_eq!(
            completed("{}", &["--deadline", "2026-01-01T00:00:00Z"]),
            r#"{"deadline":"2026-01-01T00:00:00.000000Z"}"#
        );
        assert!(deadline("soon").is_err());
    }

    #[test]
    fn the_end_and_the_alerts_are_said_unless_the_task_says_them() {
        let options = [
            "--finish-by",
            "2h",
            "--alert-unstarted",
            "1m",
            "--alert-unfinished",
            "90s",
        ];
        assert_eq!(
            completed("{}", &options),
            r#"{"finish_in_ms":7200000,"alert_unstarted_ms":60000,"alert_unfinished_ms":90000}"#
        );
        let task = r#"{"finish_by":"2026-01-01T00:00:00.000000Z","alert_unstarted_ms":1,"alert_unfinished_ms":2}"#;
        assert_eq!(completed(task, &options), task);
    }
}
