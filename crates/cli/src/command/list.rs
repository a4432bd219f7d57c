//! `duly list`.

use duly_api::{Task, TaskPage};
use duly_core::{State, Timestamp};

use crate::client::Client;
use crate::failure::Failure;
use crate::output::{self, Table};

/// Characters of an error that a table shows.
const ERROR_CHARS_MAX: usize = 60;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// Only in these states, with commas between them; may be repeated
    #[arg(long, value_delimiter = ',', value_parser = state, value_name = "STATE")]
    state: Vec<State>,
    /// Only in this queue
    #[arg(long)]
    queue: Option<String>,
    /// Only of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Only held by this worker, or held by it at the end
    #[arg(long)]
    worker: Option<String>,
    /// Only waiting, and due before this
    #[arg(long, value_parser = super::instant, value_name = "TIME")]
    due_before: Option<Timestamp>,
    /// Only unfinished although their deadline has passed
    #[arg(long)]
    overdue: bool,
    /// Only submitted at this or later
    #[arg(long, value_parser = super::instant, value_name = "TIME")]
    submitted_from: Option<Timestamp>,
    /// Only submitted before this
    #[arg(long, value_parser = super::instant, value_name = "TIME")]
    submitted_before: Option<Timestamp>,
    /// Only with this label
    #[arg(long, value_parser = super::label, value_name = "NAME=VALUE")]
    label: Option<(String, String)>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Where the page before ended
    #[arg(long)]
    cursor: Option<String>,
}

impl Arguments {
    fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![("limit", self.limit.to_string())];
        query.extend(self.state.iter().map(|state| ("state", state.to_string())));
        let time = |at: Option<Timestamp>| at.map(duly_api::time::format);
        let label = self
            .label
            .as_ref()
            .map(|(name, value)| format!("{name}={value}"));
        for (name, value) in [
            ("queue", self.queue.clone()),
            ("kind", self.kind.clone()),
            ("worker", self.worker.clone()),
            ("due_before", time(self.due_before)),
            ("overdue", self.overdue.then(|| "true".to_owned())),
            ("submitted_from", time(self.submitted_from)),
            ("submitted_before", time(self.submitted_before)),
            ("label", label),
            ("cursor", self.cursor.clone()),
        ] {
            query.extend(value.map(|value| (name, value)));
        }
        query
    }
}

fn state(text: &str) -> Result<State, String> {
    text.parse()
        .map_err(|_| format!("expected {}", <State as duly_api::text::Word>::EXPECTED))
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let page = client.tasks(&asked.query()).await?;
    if json {
        return output::print_json(&page);
    }
    let for_people = output::is_terminal();
    if let Some(text) = table(&page, for_people).render(for_people) {
        output::print(&text)?;
    } else if for_people {
        output::print("no tasks")?;
    }
    match &page.next {
        Some(next) if for_people => output::print(&format!("more: --cursor {next}")),
        _ => Ok(()),
    }
}

fn table(page: &TaskPage, for_people: bool) -> Table {
    let mut table = Table::new(&[
        "ID", "STATE", "KIND", "QUEUE", "PRIORITY", "ATTEMPTS", "DUE", "ERROR",
    ]);
    for task in &page.tasks {
        table.row(row(task, for_people));
    }
    table
}

fn row(task: &Task, for_people: bool) -> Vec<String> {
    vec![
        task.id.to_string(),
        output::state(task.state),
        output::printable(&task.kind).into_owned(),
        output::printable(&task.queue).into_owned(),
        task.priority.to_string(),
        format!("{}/{}", task.spent, task.attempts_max),
        due(task.due_at, for_people),
        error(task.error.as_deref()),
    ]
}

/// For people to the second: a line is long enough.
fn due(at: Timestamp, for_people: bool) -> String {
    let text = duly_api::time::format(at);
    match text.split_once('.') {
        Some((seconds, _)) if for_people => format!("{seconds}Z"),
        _ => text,
    }
}

fn error(text: Option<&str>) -> String {
    let text = output::printable(text.unwrap_or_default());
    match text.char_indices().nth(ERROR_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_seconds_and_pipes_see_all() {
        let at = Timestamp::from_micros(1_767_225_600_000_001);
        assert_eq!(due(at, true), "2026-01-01T00:00:00Z");
        assert_eq!(due(at, false), "2026-01-01T00:00:00.000001Z");
    }
}
