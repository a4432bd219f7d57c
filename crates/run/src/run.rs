//! A run: a round begun or taken up again, worked on, and followed by its events.

mod drive;
mod opener;
mod settings;

use std::time::Duration;

use duly::{
    Duly, EventCursor, InvalidWorker, Name, RequestError, StoreError, SubmitError, Timestamp,
};
use duly_server::kinds::KindsError;

pub use drive::{Notice, Pace, Stop};

use crate::board::Board;
use crate::plan::PlanError;
use crate::{FileError, TaskFile, identity};
use opener::Opener;

/// What is asked of a run.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// These groups; empty: all.
    pub only: Vec<String>,
    /// Call off what an earlier round left, and begin a new one.
    pub fresh: bool,
    /// Run again what is over and not done in the last round, instead of beginning a new one.
    pub retry_failed: bool,
    /// The store is not the file's own: files of the same name elsewhere may use it too.
    pub is_shared: bool,
}

/// A round that is ready to be worked on.
#[derive(Debug)]
pub struct Run {
    duly: Duly,
    queue: Name,
    crew: Crew,
    round: u32,
    board: Board,
    opening: Opening,
    /// How many tasks were over when it was opened.
    over_before: usize,
    /// How many tasks of the file were not taken in.
    left_out: usize,
    /// Where the events begin that the board has not seen.
    cursor: EventCursor,
    opened_at: Timestamp,
}

/// How a round came to be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It is new.
    Begun,
    /// It was left unfinished: so many of its tasks are over.
    Resumed {
        /// How many tasks are over.
        over: usize,
    },
    /// So many of its tasks are put back in line.
    Retried {
        /// How many.
        tasks: usize,
    },
}

/// Why there is no run, or it cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The file makes no sense, or has no such group.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The file is not what an unfinished round was begun with.
    #[error(
        "{file} has changed since round {round} began, of which {left} of {total} tasks are left: \
         put it back as it was to resume, or give --fresh to call them off and begin anew"
    )]
    Changed {
        /// The file.
        file: String,
        /// The number of the round.
        round: u32,
        /// How many tasks are left.
        left: usize,
        /// How many it has.
        total: usize,
    },
    /// An unfinished round has other groups than those that are asked for.
    #[error(
        "{file} has an unfinished round {round} of other groups ({groups}), of which {left} of \
         {total} tasks are left: ask for those to resume, or give --fresh to call them off"
    )]
    OtherGroups {
        /// The file.
        file: String,
        /// The number of the round.
        round: u32,
        /// The groups of the round.
        groups: String,
        /// How many tasks are left.
        left: usize,
        /// How many it has.
        total: usize,
    },
    /// The last round cannot be run again with this file.
    #[error(
        "{file} has changed since round {round}: its tasks would run as they were written then; run \
         it without --retry-failed to begin a new round"
    )]
    NotTheSame {
        /// The file.
        file: String,
        /// The number of the round.
        round: u32,
    },
    /// Tasks could never start: they weigh more than a limit of the store ever lets through.
    #[error(
        "{file}: group {group:?} weighs {weight} in the limit {limit:?}, whose {what} in the store is \
         {most}: it could never start; expected at most {most}"
    )]
    TooHeavy {
        /// The file.
        file: String,
        /// The group.
        group: String,
        /// The limit.
        limit: String,
        /// What each task weighs there.
        weight: u32,
        /// Which bound of the limit: `concurrency` or `burst`.
        what: &'static str,
        /// How much that is.
        most: u32,
    },
    /// There is nothing to run again.
    #[error("nothing to run again: {file} has no round yet, or all of the last one is done")]
    NothingFailed {
        /// The file.
        file: String,
    },
    /// The store refuses what is submitted.
    #[error("the store refuses the tasks: {0}")]
    Submit(#[from] SubmitError),
    /// The store fails.
    #[error("the store fails: {0}")]
    Request(#[from] RequestError),
    /// The store fails.
    #[error("the store fails: {0}")]
    Store(#[from] StoreError),
    /// The kinds cannot be executed.
    #[error(transparent)]
    Kinds(#[from] KindsError),
    /// There is no worker.
    #[error(transparent)]
    Worker(#[from] InvalidWorker),
}

impl From<FileError> for RunError {
    fn from(error: FileError) -> Self {
        Self::Plan(error.into())
    }
}

impl Run {
    /// Resumes what an earlier round left, or begins a new round. The caller holds the file's
    /// [`Lock`](crate::Lock), unless nobody else can see the store.
    ///
    /// # Errors
    /// [`RunError`]; then nothing was begun.
    pub async fn open(duly: &Duly, file: &TaskFile, asked: &Asked) -> Result<Self, RunError> {
        Opener::new(duly, file, asked).open().await
    }

    /// How it came to be ready.
    #[must_use]
    pub const fn opening(&self) -> Opening {
        self.opening
    }

    /// How many tasks of the file it has not, because others hold their unique keys; of a round that is
    /// taken up again, nobody knows any more.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// The number of its round.
    #[must_use]
    pub const fn round(&self) -> u32 {
        self.round
    }

    /// The queue that its tasks wait in.
    #[must_use]
    pub const fn queue(&self) -> &Name {
        &self.queue
    }

    /// Where its tasks stand.
    #[must_use]
    pub const fn board(&self) -> &Board {
        &self.board
    }
}

impl TaskFile {
    /// The queue that its tasks wait in; `is_shared`: in a store that is not the file's own.
    #[must_use]
    pub fn queue(&self, is_shared: bool) -> Name {
        let name = self.name();
        match is_shared {
            true => format!("run.{name}.{}", place_digest(self)).into(),
            false => format!("run.{name}").into(),
        }
    }
}

/// Tells files of the same name apart by where they are.
fn place_digest(file: &TaskFile) -> String {
    let folder = std::fs::canonicalize(file.folder()).unwrap_or_else(|_| file.folder().to_owned());
    let path = folder.join(file.path().file_name().unwrap_or_default());
    let digest = identity::of_names([path.to_string_lossy().as_ref()].into_iter());
    digest.text()[..8].to_owned()
}

/// The names of those who work on a file. There are two, taken in turns: the next process knows what
/// was held by the one before, and events tell the work of one from that of the other.
#[derive(Clone, Debug)]
pub(crate) struct Crew([Name; 2]);

impl Crew {
    fn new(run: &str, digest: &str) -> Self {
        Self([1, 2].map(|turn| Name::from(format!("run-{run}-{digest}.{turn}"))))
    }

    /// Whether a worker of this name worked on the file.
    pub(crate) fn has(&self, worker: &Name) -> bool {
        self.0.contains(worker)
    }

    /// Whose turn it is after this one.
    fn next(&self, last: Option<&Name>) -> Name {
        let [first, second] = &self.0;
        match last {
            Some(last) if last == first => second.clone(),
            _ => first.clone(),
        }
    }
}

/// How much at once, unless told otherwise: as many tasks as there are cores.
#[must_use]
pub fn concurrency_default() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX)
}

/// How long what runs may take to end once a run is stopped, unless told otherwise.
pub const GRACE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
