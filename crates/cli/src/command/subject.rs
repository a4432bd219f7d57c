//! What `duly queue`, `duly kind` and `duly tenant` have in common: pause, drain and purge.

use duly_api::Purge;

use super::bulk::{How, Step, Words};
use super::drained;
use crate::client::{Client, Subject, Switch};
use crate::failure::Failure;
use crate::output;

const WORDS: Words = Words {
    what: "Cancel",
    done: "cancelled",
};
const WORDS_FINISHED: Words = Words {
    what: "Cancel or remove",
    done: "cancelled or removed",
};

const PAUSE: &str = "\
Examples:
  duly queue pause mail reports
  duly kind resume email.send
  duly tenant pause acme";
const DRAIN: &str = "\
Examples:
  duly queue drain mail --wait
  duly kind undrain email.send
  duly tenant drain acme globex";
const PURGE: &str = "\
Examples:
  duly queue purge mail --dry-run
  duly kind purge email.send
  duly tenant purge acme --finished --yes";

/// What is done to one of them as a whole.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Control {
    /// Let nothing of them start any more; what runs goes on
    #[command(after_help = PAUSE)]
    Pause(Names),
    /// Let work of them start again
    #[command(after_help = PAUSE)]
    Resume(Names),
    /// Let them take in no new tasks; those that are there are worked off
    #[command(after_help = DRAIN)]
    Drain(Drain),
    /// Let them take in new tasks again
    #[command(after_help = DRAIN)]
    Undrain(Names),
    /// Call off everything of one that waits
    #[command(after_help = PURGE)]
    Purge(Empty),
}

impl Control {
    /// Does it to those of a sort.
    pub(super) async fn run<S: Subject>(&self, client: &Client, json: bool) -> Result<(), Failure> {
        match self {
            Self::Pause(asked) => switch::<S>(client, asked, Switch::Pause, json).await,
            Self::Resume(asked) => switch::<S>(client, asked, Switch::Resume, json).await,
            Self::Drain(asked) => drain::<S>(client, asked, json).await,
            Self::Undrain(asked) => switch::<S>(client, asked, Switch::Undrain, json).await,
            Self::Purge(asked) => purge::<S>(client, asked, json).await,
        }
    }
}

/// Some of them, by name.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Names {
    /// Their names
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
}

/// What is to be drained.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Drain {
    /// Their names
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Wait until nothing of them is left that is not finished
    #[arg(long)]
    wait: bool,
}

/// What is to be emptied.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Empty {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Before that, remove what has ended, with its events
    #[arg(long)]
    finished: bool,
    /// Only count what would be called off
    #[arg(long)]
    dry_run: bool,
    /// Do not ask, however many tasks there are
    #[arg(long, short = 'y')]
    yes: bool,
}

/// Pauses them, or lets them go on, or opens them to new tasks again.
async fn switch<S: Subject>(
    client: &Client,
    asked: &Names,
    to: Switch,
    json: bool,
) -> Result<(), Failure> {
    for name in &asked.names {
        let subject: S = client.switch(name, to).await?;
        if json {
            output::print_json(&subject)?;
        } else {
            let now = match state(&subject) {
                "" => "open",
                closed => closed,
            };
            output::print(&format!("{}  {now}", output::printable(subject.name())))?;
        }
    }
    Ok(())
}

/// Drains them; waits for the end if that is asked for.
async fn drain<S: Subject>(client: &Client, asked: &Drain, json: bool) -> Result<(), Failure> {
    let mut draining = Vec::new();
    for name in &asked.names {
        draining.push(client.switch::<S>(name, Switch::Drain).await?);
    }
    for mut subject in draining {
        if asked.wait {
            subject = drained::wait(client, subject).await?;
        }
        if json {
            output::print_json(&subject)?;
            continue;
        }
        let name = output::printable(subject.name());
        let left = match subject.unfinished() {
            0 => "drained".to_owned(),
            left => format!("{}, {} left", state(&subject), output::many(left, "task")),
        };
        output::print(&format!("{name}  {left}"))?;
    }
    Ok(())
}

/// Calls off all that waits.
async fn purge<S: Subject>(client: &Client, asked: &Empty, json: bool) -> Result<(), Failure> {
    let how = How {
        all: true,
        dry_run: asked.dry_run,
        yes: asked.yes,
    };
    let step = async |Step { dry_run, cursor }: Step| {
        let purge = Purge {
            finished: asked.finished,
            dry_run,
            cursor,
        };
        client.purge::<S>(&asked.name, &purge).await
    };
    let words = if asked.finished {
        WORDS_FINISHED
    } else {
        WORDS
    };
    how.run(words, json, step).await
}

/// Whether something is paused or draining, in words; empty if it is neither.
pub(super) fn state(subject: &impl Subject) -> &'static str {
    match (subject.paused(), subject.draining()) {
        (false, false) => "",
        (true, false) => "paused",
        (false, true) => "draining",
        (true, true) => "paused, draining",
    }
}
