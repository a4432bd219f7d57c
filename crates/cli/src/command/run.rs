//! `duly run`.

mod bars;
mod hangup;
mod json;
mod lines;
mod outcome;
mod plan;
mod summary;
mod voice;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::builder::NonEmptyStringValueParser;
use duly::signal::Signals;
use duly_run::{Asked, HomeError, Pace, Run, RunError, Stop, TaskFile, concurrency_default};
use tokio::sync::watch;

use crate::failure::Failure;
use crate::{config, store};

use hangup::Hangup;
use outcome::Again;
use voice::Voice;

const AFTER: &str = "\
Examples:
  duly run photos.yaml                  run the tasks of the file, or resume what was left of them
  duly run photos.yaml --dry-run        show what would run, in order
  duly run photos.yaml --only hash      only this group
  duly run photos.yaml --retry-failed   run again what failed the last time
  duly run photos.yaml --store memory:  leave nothing behind

The store of a run is .duly/NAME.db beside the file, unless --store or the file names another.
Ctrl-C stops it in good order, a second one at once; the same command resumes it.

Exit codes: 0 all done, 1 something failed, 2 the file makes no sense, 130 interrupted, and
something is left.";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = AFTER)]
pub(crate) struct Arguments {
    /// The file of tasks, in YAML
    file: PathBuf,
    /// Only this group; may be repeated
    #[arg(long, value_name = "GROUP", value_parser = NonEmptyStringValueParser::new())]
    only: Vec<String>,
    /// How many tasks run at once [default: what the file says, or one per core]
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    concurrency: Option<u32>,
    /// Call off what an earlier run left, and begin anew
    #[arg(long, conflicts_with = "retry_failed")]
    fresh: bool,
    /// Run again what failed, or was called off, in the last run
    #[arg(long)]
    retry_failed: bool,
    /// The first task that fails for good calls off the rest
    #[arg(long)]
    fail_fast: bool,
    /// Show what a new run would do, in order, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Say nothing but what failed
    #[arg(long, short)]
    quiet: bool,
    /// How long running tasks may go on after Ctrl-C, before they are handed back
    #[arg(long, value_parser = duly_api::duration::parse, value_name = "DURATION", default_value = "10s",
          allow_hyphen_values = true)]
    grace: Duration,
}

/// Runs the tasks of a file, on this store or its own.
pub(crate) async fn run(asked: Arguments, own: Option<String>, json: bool) -> Result<(), Failure> {
    let file = TaskFile::read(&asked.file).map_err(|error| Failure::Usage(error.to_string()))?;
    let rules = config::rules()?;
    let is_shared = own.is_some() || file.store().is_some();
    let url = match &own {
        Some(url) => url.clone(),
        None => file.store_url().map_err(homeless)?,
    };
    let origin = match own {
        Some(_) => "--store".to_owned(),
        None => format!("{}: store", asked.file.display()),
    };
    store::check_as(&origin, &url)?;
    if asked.dry_run {
        let mut plan = plan::of(&file, &asked.only)?;
        plan.prioritise(&rules, &file.queue(is_shared));
        return plan::print(&plan, json);
    }
    // Nobody else sees a store in memory.
    let lock = match url.starts_with("memory:") {
        true => None,
        false => Some(file.lock().map_err(homeless)?),
    };
    let wanted = Asked {
        only: asked.only.clone(),
        fresh: asked.fresh,
        retry_failed: asked.retry_failed,
        is_shared,
    };
    let again = Again::new(&asked, &file, own.as_deref(), &url);
    let duly = store::open(&url).await?;
    duly.prioritiser().set(rules);
    let outcome = work(&asked, &wanted, &file, again, &duly, json).await;
    let outcome = store::close(&duly, outcome).await;
    drop(lock);
    outcome
}

async fn work(
    asked: &Arguments,
    wanted: &Asked,
    file: &TaskFile,
    again: Again,
    duly: &duly::Duly,
    json: bool,
) -> Result<(), Failure> {
    let mut stops = Stops::listen().context("cannot listen for signals")?;
    let opened = tokio::select! {
        opened = Run::open(duly, file, wanted) => opened,
        () = stops.next() => return Err(Failure::Interrupted),
    };
    let mut run = match opened {
        Err(error @ RunError::NothingFailed { .. }) => return voice::nothing(&error, json),
        opened => opened.map_err(failed)?,
    };
    let pace = Pace {
        concurrency: asked
            .concurrency
            .or(file.concurrency())
            .unwrap_or_else(concurrency_default),
        grace: asked.grace,
        fail_fast: asked.fail_fast,
    };
    let mut voice = Voice::new(file.name(), &run, asked.quiet, json);
    voice.opened(&run, pace.concurrency);
    let (stop, stopped) = watch::channel(Stop::No);
    let hearing = tokio::spawn(hear(stops, stop));
    let speaker = voice.speaker();
    let heeded = |stop| match stop {
        Stop::No => {}
        Stop::Gracefully => speaker.stopping(asked.grace),
        Stop::Now => speaker.ending(),
    };
    let driven = run
        .drive(pace, stopped, &heeded, &mut |board, notice| {
            voice.tell(board, notice);
        })
        .await;
    hearing.abort();
    voice.close();
    let again = again.in_queue(run.queue());
    outcome::report(
        driven.map_err(failed)?,
        file.name(),
        &again,
        asked.quiet,
        json,
    )
}

/// What asks a run to stop.
struct Stops {
    signals: Signals,
    hangup: Hangup,
}

impl Stops {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            signals: Signals::listen()?,
            hangup: Hangup::listen()?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            () = self.signals.next() => {}
            () = self.hangup.next() => {}
        }
    }
}

/// The first signal stops the run in good order, the second at once.
async fn hear(mut stops: Stops, stop: watch::Sender<Stop>) {
    stops.next().await;
    stop.send_replace(Stop::Gracefully);
    stops.next().await;
    stop.send_replace(Stop::Now);
    // Whoever still listens for a stop hears of it as long as this is held.
    std::future::pending::<()>().await;
}

fn homeless(error: HomeError) -> Failure {
    match error {
        HomeError::Unnameable(_) => Failure::Usage(error.to_string()),
        other => anyhow::anyhow!("{other}").into(),
    }
}

fn failed(error: RunError) -> Failure {
    match error {
        RunError::Plan(_)
        | RunError::Changed { .. }
        | RunError::OtherGroups { .. }
        | RunError::NotTheSame { .. }
        | RunError::TooHeavy { .. }
        | RunError::Worker(_) => Failure::Usage(error.to_string()),
        other => anyhow::anyhow!("{other}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duly_run::GRACE;

    #[test]
    fn the_default_grace_is_that_of_the_crate() {
        use clap::Parser;

        #[derive(Parser)]
        struct Typed {
            #[command(flatten)]
            run: Arguments,
        }
        let typed = Typed::try_parse_from(["run", "a.yaml"]).unwrap();
        assert_eq!(typed.run.grace, GRACE);
    }
}
