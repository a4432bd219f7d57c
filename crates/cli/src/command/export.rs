//! `duly export`.

mod sink;
mod watch;

use std::path::PathBuf;

use serde_json::json;

use crate::client::Client;
use crate::failure::Failure;
use crate::output::{self, Bar};

use sink::Sink;
use watch::Watch;

const EXAMPLES: &str = "\
Examples:
  duly export duly.ndjson
  duly export --store sqlite:duly.db | gzip > duly.ndjson.gz
  duly export | duly import --store sqlite:copy.db

An archive is one JSON value per line: queues with their settings, schedules, and tasks with their histories. Each
task is as it was at one instant; for an archive of one instant, let nobody work meanwhile.";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file; - is stdout
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

/// Writes an archive. A file has its name only once it is whole.
pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    let mut sink = Sink::open(&asked.file, asked.force)?;
    let mut watch = Watch::default();
    let bar = Bar::bytes(None);
    let mut archive = client.export().await?;
    while let Some(piece) = archive.piece().await? {
        watch.see(&piece)?;
        sink.write(&piece)?;
        bar.at_bytes(watch.bytes(), watch.tasks());
    }
    drop(bar);
    let counted = watch.whole()?;
    if !sink.close()? {
        return Ok(());
    }
    if json {
        return output::print_json(&json!({
            "queues": counted.queues, "schedules": counted.schedules, "tasks": counted.tasks,
            "events": counted.events,
        }));
    }
    output::print(&format!(
        "{} of {} exported",
        output::many(counted.tasks, "task"),
        output::many(counted.queues, "queue")
    ))
}
