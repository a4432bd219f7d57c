//! Submitting a file, batch by batch.

use std::path::Path;

use serde_json::json;

use super::batch::Batch;
use super::{Arguments, delivery};
use crate::client::Client;
use crate::command::lines::Lines;
use crate::failure::Failure;
use crate::output::{self, Bar};

/// Bytes of a line: a payload of 1 MiB, written with many escapes, and its options.
const LINE_BYTES_MAX: usize = 4 << 20;

/// How far it is.
#[derive(Debug, Default)]
struct Tally {
    submitted: u64,
    existed: u64,
    /// The last line of which the task is with the server.
    line: u64,
}

pub(super) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let path = asked.file.as_deref().unwrap_or(Path::new("-"));
    let mut lines = Lines::open(path, LINE_BYTES_MAX).await?;
    let mut tally = Tally::default();
    let outcome = all(client, asked, &mut lines, &mut tally).await;
    if let Err(failure) = outcome {
        return Err(tally.told_with(failure));
    }
    if json {
        return output::print_json(
            &json!({"submitted": tally.submitted, "existed": tally.existed}),
        );
    }
    output::print(&tally.done())
}

async fn all(
    client: &Client,
    asked: &Arguments,
    lines: &mut Lines,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let bar = Bar::bytes(lines.bytes_total);
    let mut batch = Batch::default();
    while let Some(line) = lines.next().await? {
        let added = batch.add(asked, &line, lines.number);
        if added.is_err() || batch.is_full() {
            send(client, asked, std::mem::take(&mut batch), tally).await?;
            bar.at_bytes(lines.bytes, tally.submitted + tally.existed);
        }
        added?;
    }
    send(client, asked, batch, tally).await
}

/// What came before a line that makes no sense is sent too: it stands before that line.
async fn send(
    client: &Client,
    asked: &Arguments,
    batch: Batch,
    tally: &mut Tally,
) -> Result<(), Failure> {
    if batch.tasks.is_empty() {
        return Ok(());
    }
    let answer = delivery::send(client, &batch, asked.patience).await?;
    let existed = answer.tasks.iter().filter(|task| task.existed).count() as u64;
    tally.existed += existed;
    tally.submitted += answer.tasks.len() as u64 - existed;
    tally.line = batch.lines.last().copied().unwrap_or(tally.line);
    Ok(())
}

impl Tally {
    fn done(&self) -> String {
        let submitted = output::count(self.submitted);
        match self.existed {
            0 => format!("{submitted} submitted; follow them with `duly stats` and `duly list`"),
            existed => format!(
                "{submitted} submitted, {} were there already",
                output::count(existed)
            ),
        }
    }

    /// The failure with what is with the server although it failed, and how to go on.
    fn told_with(&self, failure: Failure) -> Failure {
        if self.line == 0 {
            return failure;
        }
        failure.followed_by(self.left_behind())
    }

    fn left_behind(&self) -> String {
        let with_server = output::count(self.submitted + self.existed);
        format!(
            "submitted so far: {with_server}, up to line {}; to go on, submit the lines after it (or \
             the whole file, if it was submitted with --run)",
            self.line
        )
    }
}
