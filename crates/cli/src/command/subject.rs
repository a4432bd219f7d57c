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
pub(super) async fn switch<S: Subject>(
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
pub(super) async fn drain<S: Subject>(
    client: &Client,
    asked: &Drain,
    json: bool,
) -> Result<(), Failure> {
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
pub(super) async fn purge<S: Subject>(
    client: &Client,
    asked: &Empty,
    json: bool,
) -> Result<(), Failure> {
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
