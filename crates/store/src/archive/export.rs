//! Writing everything that a store holds.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;

use super::error::ExportError;
use super::line::{Counted, write_end, write_header, write_queue, write_schedule, write_task};
use crate::bounds::PAGE_MAX;
use crate::{
    ListSchedules, Name, QueueRecord, RequestError, Save, SaveCursor, SavedPage, SavedTask, Store,
    StoreError,
};

/// Bytes that make a piece; it ends with the line that reaches them.
const PIECE_BYTES: usize = 256 << 10;

/// An archive of a store, piece by piece: at any time, no more than a page of tasks is in memory.
pub struct Export {
    store: Arc<dyn Store>,
    stage: Stage,
    counted: Counted,
    out: Vec<u8>,
}

/// What is written next.
enum Stage {
    Header,
    Queues(VecDeque<QueueRecord>),
    /// The schedules behind this name.
    Schedules(Option<Name>),
    /// Tasks of a page, and then those of the page that lies behind it.
    Tasks(VecDeque<SavedTask>, Option<SaveCursor>),
    /// The page that lies here.
    Page(Option<SaveCursor>),
    /// Tasks of the last page.
    LastTasks(VecDeque<SavedTask>),
    Over,
}

impl Export {
    /// An archive of `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            stage: Stage::Header,
            counted: Counted::default(),
            out: Vec::new(),
        }
    }

    /// What has been written so far.
    #[must_use]
    pub const fn counted(&self) -> Counted {
        self.counted
    }

    /// The next piece, of whole lines; `None`: that was all. Safe to drop and call anew.
    ///
    /// # Errors
    /// [`StoreError`]; asking again goes on where it failed.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        while self.out.len() < PIECE_BYTES && !matches!(self.stage, Stage::Over) {
            self.step().await?;
        }
        let piece = std::mem::take(&mut self.out);
        Ok((!piece.is_empty()).then_some(piece))
    }

    /// Writes a line, or gets what the next ones are made of.
    async fn step(&mut self) -> Result<(), StoreError> {
        match &mut self.stage {
            Stage::Header => {
                let at = self.page(None, 1).await?.at;
                let queues = self.store.queues().await?;
                write_header(at, &mut self.out);
                self.stage = Stage::Queues(queues.into());
            }
            Stage::Queues(queues) => match queues.pop_front() {
                Some(queue) => {
                    write_queue(&queue.name, &queue.settings, &mut self.out);
                    self.counted.queues += 1;
                }
                None => self.stage = Stage::Schedules(None),
            },
            Stage::Schedules(after) => {
                let after = after.clone();
                self.stage = match self.schedules(after).await? {
                    Some(next) => Stage::Schedules(Some(next)),
                    None => Stage::Page(None),
                };
            }
            Stage::Page(after) => {
                let after = *after;
                let page = self.page(after, PAGE_MAX).await?;
                let tasks = page.tasks.into();
                self.stage = match page.next {
                    Some(next) => Stage::Tasks(tasks, Some(next)),
                    None => Stage::LastTasks(tasks),
                };
            }
            Stage::Tasks(tasks, next) => match tasks.pop_front() {
                Some(task) => self.task(&task),
                None => self.stage = Stage::Page(*next),
            },
            Stage::LastTasks(tasks) => match tasks.pop_front() {
                Some(task) => self.task(&task),
                None => {
                    write_end(self.counted, &mut self.out);
                    self.stage = Stage::Over;
                }
            },
            Stage::Over => {}
        }
        Ok(())
    }

    /// Writes a page of schedules; answers where the next begins.
    async fn schedules(&mut self, after: Option<Name>) -> Result<Option<Name>, StoreError> {
        let limit = PAGE_MAX;
        let page = self.store.schedules(ListSchedules { after, limit }).await;
        let page = page.map_err(failed)?;
        for schedule in &page.schedules {
            write_schedule(schedule, &mut self.out);
            self.counted.schedules += 1;
        }
        Ok(page.next)
    }

    fn task(&mut self, task: &SavedTask) {
        write_task(task, &mut self.out);
        self.counted.task(task);
    }

    async fn page(&self, after: Option<SaveCursor>, limit: u32) -> Result<SavedPage, StoreError> {
        self.store.save(Save { after, limit }).await.map_err(failed)
    }
}

/// Pages are asked for as they may be.
fn failed(error: RequestError) -> StoreError {
    match error {
        RequestError::Store(error) => error,
        refused => StoreError::Corrupt {
            reason: format!("a page of everything was refused: {refused}"),
        },
    }
}

/// Writes an archive of `store`, and answers what it holds. Writing blocks: for files, and where nothing else
/// waits for the thread.
///
/// # Errors
/// [`ExportError`]. What was written until then is no whole archive, and a reader notices.
pub async fn export(
    store: Arc<dyn Store>,
    sink: &mut (dyn Write + Send),
) -> Result<Counted, ExportError> {
    let mut archive = Export::new(store);
    while let Some(piece) = archive.piece().await? {
        sink.write_all(&piece).map_err(ExportError::Write)?;
    }
    sink.flush().map_err(ExportError::Write)?;
    Ok(archive.counted())
}
