//! What a task may not do beside another.

use std::time::Duration;

use clap::ValueEnum;
use duly_api::{NewTask, OnConflict, Replaces, UniqueWhile};

use crate::failure::Failure;

/// A unique key, and what becomes of who comes second.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Options {
    /// No two tasks of one kind hold this key at a time
    #[arg(long, value_name = "KEY")]
    unique: Option<String>,
    /// The unique key is made of these values of the payload: JSON pointers such as /user/id, with commas
    #[arg(
        long,
        conflicts_with = "unique",
        value_name = "POINTER",
        value_delimiter = ','
    )]
    unique_fields: Vec<String>,
    /// It holds the key for this long, whatever becomes of it
    #[arg(long, value_parser = crate::command::timeout, value_name = "DURATION",
          allow_hyphen_values = true, conflicts_with = "unique_while")]
    unique_for: Option<Duration>,
    /// It holds the key until it has ended, or only until it starts [default: unfinished]
    #[arg(long, value_enum)]
    unique_while: Option<While>,
    /// What becomes of it if another task holds the key [default: reject]
    #[arg(long, value_enum)]
    on_conflict: Option<Conflict>,
    /// What it replaces of that task, with commas [default: payload,priority,time]
    #[arg(long, value_enum, value_delimiter = ',')]
    replacing: Vec<What>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum While {
    Unfinished,
    Waiting,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Conflict {
    Reject,
    Keep,
    Replace,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    Payload,
    Priority,
    Time,
}

impl Options {
    /// Refuses what is said of a key where there is none.
    pub(super) fn check(&self, task: &NewTask) -> Result<(), Failure> {
        let has_key = task.unique_key.is_some() || !task.unique_fields.is_empty();
        let replaces = matches!(self.on_conflict, Some(Conflict::Replace));
        let key = ("--unique or --unique-fields", has_key);
        let stray = [
            ("--unique-for", self.unique_for.is_some(), key),
            ("--unique-while", self.unique_while.is_some(), key),
            ("--on-conflict", self.on_conflict.is_some(), key),
            (
                "--replacing",
                !self.replacing.is_empty(),
                ("--on-conflict replace", replaces),
            ),
        ];
        for (option, is_given, (other, is_there)) in stray {
            if is_given && !is_there {
                return Err(Failure::Usage(format!(
                    "{option} is given without {other}: expected both, or neither"
                )));
            }
        }
        Ok(())
    }

    /// Says what the task does not say itself.
    pub(super) fn complete(&self, task: &mut NewTask) {
        if task.unique_key.is_none() && task.unique_fields.is_empty() {
            task.unique_key.clone_from(&self.unique);
            task.unique_fields.clone_from(&self.unique_fields);
        }
        if task.unique_while.is_none() && task.unique_for_ms.is_none() {
            task.unique_for_ms = self.unique_for.map(crate::command::millis);
            task.unique_while = self.unique_while.map(|until| match until {
                While::Unfinished => UniqueWhile::Unfinished,
                While::Waiting => UniqueWhile::Waiting,
            });
        }
        task.on_conflict = task.on_conflict.or(self.on_conflict.map(|what| match what {
            Conflict::Reject => OnConflict::Reject,
            Conflict::Keep => OnConflict::Keep,
            Conflict::Replace => OnConflict::Replace,
        }));
        if task.replace.is_empty() {
            let what = self.replacing.iter().map(|what| match what {
                What::Payload => Replaces::Payload,
                What::Priority => Replaces::Priority,
                What::Time => Replaces::Time,
            });
            task.replace = what.collect();
        }
    }
}
