//! A run: a round begun or taken up again, worked on, and followed by its events.

mod drive;

use std::time::Duration;

use duly::{
    Duly, EventCursor, InvalidWorker, Name, QueueChange, RequestError, StoreError, SubmitError,
    Timestamp,
};
use duly_server::kinds::KindsError;

pub use drive::{Notice, Pace, Stop};

use crate::board::Board;
use crate::bounds::{RETENTION, ROUNDS_KEPT};
use crate::plan::{Choice, PlanError};
use crate::round::{self, Round};
use crate::{FileError, TaskFile, identity};

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
        let choice = file.choose(&asked.only)?;
        let opener = Opener {
            duly,
            file,
            queue: file.queue(asked.is_shared),
            crew: Crew::new(file.name(), &place_digest(file)),
            opened_at: duly.clock().now(),
        };
        round::bury(duly, &opener.crew).await?;
        let last = opener.last().await?;
        match last {
            Some(last) if asked.retry_failed => opener.retry(last, &choice).await,
            None if asked.retry_failed => Err(opener.nothing_failed()),
            Some(last) if last.left() > 0 && !asked.fresh => opener.resume(&last, &choice).await,
            last => opener.begin(last, choice).await,
        }
    }

    /// How it came to be ready.
    #[must_use]
    pub const fn opening(&self) -> Opening {
        self.opening
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

/// What opening a run takes.
struct Opener<'a> {
    duly: &'a Duly,
    file: &'a TaskFile,
    queue: Name,
    crew: Crew,
    opened_at: Timestamp,
}

impl Opener<'_> {
    /// The last round. One that was never submitted whole never began, and is removed.
    async fn last(&self) -> Result<Option<Round>, RequestError> {
        loop {
            match Round::last(self.duly, &self.queue).await? {
                Some(round) if !round.is_whole() => {
                    round.call_off(self.duly, &self.queue).await?;
                    round::discard(self.duly, &self.queue, round.number).await?;
                }
                last => return Ok(last),
            }
        }
    }

    async fn begin(&self, last: Option<Round>, choice: Choice<'_>) -> Result<Run, RunError> {
        let about = (choice.digest, choice.selection);
        let mut plan = choice.plan()?;
        plan.prioritise(&self.duly.prioritiser().rules(), &self.queue);
        let number = last.as_ref().map_or(1, |last| last.number + 1);
        let kept = QueueChange {
            retention_completed: Some(RETENTION),
            retention_failed: Some(RETENTION),
            ..QueueChange::default()
        };
        self.duly.configure(self.queue.clone(), kept).await?;
        if let Some(last) = last {
            last.call_off(self.duly, &self.queue).await?;
        }
        if let Some(old) = number.checked_sub(ROUNDS_KEPT).filter(|old| *old > 0) {
            round::discard(self.duly, &self.queue, old).await?;
        }
        let cursor = self.duly.store().events_end().await?;
        let name = self.file.name();
        let entrants = round::submit(self.duly, name, &self.queue, number, &plan, about).await?;
        let groups: Vec<_> = plan
            .groups
            .iter()
            .map(|group| group.name.as_str())
            .collect();
        let board = Board::new(&groups, entrants);
        self.run(number, board, Opening::Begun, cursor).await
    }

    async fn resume(&self, last: &Round, choice: &Choice<'_>) -> Result<Run, RunError> {
        let (file, round) = (self.file_name(), last.number);
        let (left, total) = (last.left(), last.tasks.len());
        if !last.is_same(choice) {
            return Err(RunError::Changed {
                file,
                round,
                left,
                total,
            });
        }
        if !last.has_groups_of(choice) {
            return Err(RunError::OtherGroups {
                file,
                round,
                groups: last.groups().join(", "),
                left,
                total,
            });
        }
        let opening = Opening::Resumed { over: total - left };
        self.take_up(last, choice, opening).await
    }

    async fn retry(&self, last: Round, choice: &Choice<'_>) -> Result<Run, RunError> {
        let tasks = last.not_done();
        if tasks == 0 {
            return match last.left() {
                0 => Err(self.nothing_failed()),
                _ => self.resume(&last, choice).await,
            };
        }
        if !last.is_same(choice) || !last.has_groups_of(choice) {
            return Err(RunError::NotTheSame {
                file: self.file_name(),
                round: last.number,
            });
        }
        last.revive(self.duly, &self.queue).await?;
        self.take_up(&last, choice, Opening::Retried { tasks })
            .await
    }

    /// Takes a round up again: what became of it is read from its events.
    async fn take_up(
        &self,
        round: &Round,
        choice: &Choice<'_>,
        opening: Opening,
    ) -> Result<Run, RunError> {
        let groups: Vec<_> = choice
            .groups
            .iter()
            .map(|group| group.name.as_str())
            .collect();
        let mut board = Board::new(&groups, round.entrants());
        let mut cursor = EventCursor::START;
        if let Some(first) = round.tasks.first() {
            let first = self
                .duly
                .task_events(first.id, EventCursor::START, 1)
                .await?;
            for event in &first.events {
                board.take(event);
                cursor = event.cursor;
            }
        }
        self.run(round.number, board, opening, cursor).await
    }

    async fn run(
        &self,
        round: u32,
        board: Board,
        opening: Opening,
        cursor: EventCursor,
    ) -> Result<Run, RunError> {
        let mut run = Run {
            duly: self.duly.clone(),
            queue: self.queue.clone(),
            crew: self.crew.clone(),
            round,
            board,
            opening,
            over_before: 0,
            cursor,
            opened_at: self.opened_at,
        };
        run.catch_up(&mut |_, _| {}).await?;
        run.over_before = run.board.counts().1;
        Ok(run)
    }

    fn nothing_failed(&self) -> RunError {
        let file = self.file_name();
        RunError::NothingFailed { file }
    }

    fn file_name(&self) -> String {
        self.file.path().display().to_string()
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
