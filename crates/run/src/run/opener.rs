//! How a run comes to be ready: a round is begun, resumed, or run again in part.

use duly::{Duly, EventCursor, Name, QueueChange, RequestError, Timestamp};

use super::{Asked, Crew, Opening, Run, RunError, place_digest, settings};
use crate::TaskFile;
use crate::board::Board;
use crate::bounds::{RETENTION, ROUNDS_KEPT};
use crate::plan::Choice;
use crate::round::{self, Round};

/// What opening a run takes.
pub(super) struct Opener<'a> {
    duly: &'a Duly,
    file: &'a TaskFile,
    asked: &'a Asked,
    queue: Name,
    crew: Crew,
    opened_at: Timestamp,
}

impl<'a> Opener<'a> {
    pub(super) fn new(duly: &'a Duly, file: &'a TaskFile, asked: &'a Asked) -> Self {
        Self {
            duly,
            file,
            asked,
            queue: file.queue(asked.is_shared),
            crew: Crew::new(file.name(), &place_digest(file)),
            opened_at: duly.clock().now(),
        }
    }

    pub(super) async fn open(&self) -> Result<Run, RunError> {
        let (duly, asked) = (self.duly, self.asked);
        let choice = self.file.choose(&asked.only)?;
        if asked.is_shared {
            settings::weigh(duly, self.file, &choice.groups).await?;
        }
        round::bury(duly, &self.crew).await?;
        let last = self.last().await?;
        match last {
            Some(last) if asked.retry_failed => self.retry(last, &choice).await,
            None if asked.retry_failed => Err(self.nothing_failed()),
            Some(last) if last.left() > 0 && !asked.fresh => self.resume(&last, &choice).await,
            last => self.begin(last, choice).await,
        }
    }

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
            round::prune(self.duly, &self.queue, old).await?;
        }
        self.settle().await?;
        let cursor = self.duly.store().events_end().await?;
        let name = self.file.name();
        let submission = round::submit(self.duly, name, &self.queue, number, &plan, about).await?;
        let groups: Vec<_> = plan
            .groups
            .iter()
            .map(|group| group.name.as_str())
            .collect();
        let board = Board::new(&groups, submission.entrants);
        let mut run = self.run(number, board, Opening::Begun, cursor).await?;
        run.left_out = submission.left_out;
        Ok(run)
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
        self.settle().await?;
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
            left_out: 0,
            cursor,
            opened_at: self.opened_at,
        };
        run.catch_up(&mut |_, _| {}).await?;
        run.over_before = run.board.counts().1;
        Ok(run)
    }

    /// Brings to the store what the file says of limits, tenants and its queue.
    async fn settle(&self) -> Result<(), RequestError> {
        let settings = &self.file.settings;
        settings::bring(self.duly, &self.queue, settings, self.asked.is_shared).await
    }

    fn nothing_failed(&self) -> RunError {
        let file = self.file_name();
        RunError::NothingFailed { file }
    }

    fn file_name(&self) -> String {
        self.file.path().display().to_string()
    }
}
