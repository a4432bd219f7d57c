//! `duly bench`: first figures for a store on this machine.

mod figures;
mod load;

use duly::Duly;
use tempfile::TempDir;

use crate::failure::Failure;
use crate::{output, store};

use figures::Figures;
use load::Load;

const EXAMPLES: &str = "\
Examples:
  duly bench
  duly bench --store sqlite:/mnt/disk/bench.db --tasks 100000";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The store to measure; what is put into it is removed afterwards [default: a SQLite file in a
    /// temporary folder in the current one]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// How many tasks each measurement takes
    #[arg(long, value_name = "N", default_value_t = 20_000,
          value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    tasks: u32,
    /// How many single tasks the idle latency is measured with
    #[arg(long, value_name = "N", default_value_t = 200,
          value_parser = clap::value_parser!(u32).range(10..=10_000))]
    samples: u32,
}

pub(crate) async fn run(asked: &Arguments, json: bool) -> Result<(), Failure> {
    let (url, _folder) = place(asked)?;
    let duly = store::open(&url).await?;
    let measured = measure(&duly, asked).await;
    let tidied = load::tidy(&duly).await;
    let closed = store::close(&duly, tidied).await;
    let figures = measured?;
    closed?;
    let named = asked
        .store
        .as_deref()
        .unwrap_or("a new SQLite file in this folder");
    if json {
        return output::print_json(&figures.json(named));
    }
    output::print(&figures.text(named))
}

/// A store's URL, and the folder that goes when it is done. Not the system's temporary folder: that
/// is often in memory, where a commit costs nothing.
fn place(asked: &Arguments) -> Result<(String, Option<TempDir>), Failure> {
    if let Some(url) = &asked.store {
        return Ok((url.clone(), None));
    }
    let folder = tempfile::Builder::new()
        .prefix("duly-bench-")
        .tempdir_in(".")
        .map_err(|error| {
            Failure::Usage(format!(
                "cannot make a folder here: {error}; name a store with --store"
            ))
        })?;
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    Ok((url, Some(folder)))
}

async fn measure(duly: &Duly, asked: &Arguments) -> Result<Figures, Failure> {
    let load = Load::prepare(duly).await?;
    let submit = load.submit(asked.tasks).await?;
    let drain = load.drain(asked.tasks).await?;
    let cycle = load.cycle(asked.tasks).await?;
    let latency = load.idle_latency(asked.samples).await?;
    Ok(Figures {
        tasks: asked.tasks,
        submit,
        drain,
        cycle,
        latency,
    })
}
