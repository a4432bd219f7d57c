//! `duly import`.

mod piece;
mod reader;

use std::path::PathBuf;
use std::time::Duration;

use duly::store::archive::bounds::LINE_BYTES_MAX;
use duly_api::Imported;

use super::lines::Lines;
use super::patience::patiently;
use crate::client::Client;
use crate::failure::Failure;
use crate::output::{self, Bar};

use piece::Piece;
use reader::Reader;

const EXAMPLES: &str = "\
Examples:
  duly import duly.ndjson
  gunzip -c duly.ndjson.gz | duly import - --store sqlite:copy.db

Tasks keep their ids, states, attempts, times and events; what ran when it was exported waits again. A
task that is there already stays as it is: importing an archive again, or after it broke off, doubles
nothing.";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file that `duly export` wrote; - is stdin
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// How long to try again when the server is away
    #[arg(long, value_parser = super::duration, default_value = "60s", value_name = "DURATION",
          allow_hyphen_values = true)]
    patience: Duration,
}

pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let mut reader = Reader::new(Lines::open(&asked.file, LINE_BYTES_MAX).await?);
    let mut sum = Imported::default();
    let outcome = all(client, asked, &mut reader, &mut sum).await;
    outcome.map_err(|failure| halfway(failure, &sum))?;
    sum.queues = reader.queues();
    if json {
        return output::print_json(&sum);
    }
    let existed = match sum.existed {
        0 => String::new(),
        existed => format!(", {} were there already", output::count(existed)),
    };
    let schedules = match sum.schedules {
        0 => String::new(),
        schedules => format!(", {} put", output::many(schedules, "schedule")),
    };
    output::print(&format!(
        "{} imported{existed}; {} set{schedules}",
        output::many(sum.restored, "task"),
        output::many(sum.queues, "queue")
    ))
}

/// Piece by piece, each an archive of its own.
async fn all(
    client: &Client,
    asked: &Arguments,
    reader: &mut Reader,
    sum: &mut Imported,
) -> Result<(), Failure> {
    let bar = Bar::bytes(reader.bytes_total());
    while let Some(piece) = reader.next().await? {
        let archive = piece.archive();
        let sent = patiently(asked.patience, async || {
            client.import(archive.clone()).await
        })
        .await;
        let imported = sent.map_err(|failure| placed(failure, &piece))?;
        sum.restored += imported.restored;
        sum.existed += imported.existed;
        sum.schedules += imported.schedules;
        bar.at_bytes(reader.bytes(), sum.restored + sum.existed);
    }
    Ok(())
}

/// A refusal by the line of the file, not of the piece that was sent.
fn placed(failure: Failure, piece: &Piece) -> Failure {
    let Failure::Refused { mut problem, .. } = failure else {
        return failure;
    };
    let Some(line) = problem.line.take() else {
        return Failure::Refused {
            problem,
            place: None,
        };
    };
    if let Some(rest) = problem.detail.strip_prefix(&format!("line {line}: ")) {
        problem.detail = rest.to_owned();
    }
    let place = piece.line(line).map(|line| format!("line {line}"));
    Failure::Refused { problem, place }
}

fn halfway(failure: Failure, sum: &Imported) -> Failure {
    let done = sum.restored + sum.existed;
    if done == 0 {
        return failure;
    }
    failure.followed_by(format!(
        "tasks imported so far: {}; importing the archive again doubles nothing",
        output::count(done)
    ))
}
