//! Writing everything that a store holds.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;

use super::error::ExportError;
use super::line::{
    Counted, write_attachment, write_end, write_header, write_kind, write_limit, write_queue,
    write_schedule, write_task, write_tenant,
};
use crate::bounds::PAGE_MAX;
use crate::{
    KindSettings, ListAttachments, ListNames, ListSchedules, Name, QueueRecord, RequestError, Save,
    SaveCursor, SavedPage, SavedTask, Store, StoreError, Subject, TenantSettings,
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
    /// The kinds behind this name.
    Kinds(Option<Name>),
    /// The tenants behind this name.
    Tenants(Option<Name>),
    /// The limits behind this name.
    Limits(Option<Name>),
    /// What is attached to what, behind this.
    Attachments(Option<Subject>),
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
                None => self.stage = Stage::Kinds(None),
            },
            Stage::Kinds(after) => {
                let after = after.clone();
                self.stage = match self.kinds(after).await? {
                    Some(next) => Stage::Kinds(Some(next)),
                    None => Stage::Tenants(None),
                };
            }
            Stage::Tenants(after) => {
                let after = after.clone();
                self.stage = match self.tenants(after).await? {
                    Some(next) => Stage::Tenants(Some(next)),
                    None => Stage::Limits(None),
                };
            }
            Stage::Limits(after) => {
                let after = after.clone();
                self.stage = match self.limits(after).await? {
                    Some(next) => Stage::Limits(Some(next)),
                    None => Stage::Attachments(None),
                };
            }
            Stage::Attachments(after) => {
                let after = after.clone();
                self.stage = match self.attachments(after).await? {
                    Some(next) => Stage::Attachments(Some(next)),
                    None => Stage::Schedules(None),
                };
            }
            Stage::Schedules(after) => {
                let after = after.clone();
                self.stage = match self.schedules(after).await? {
                    Some(next) => Stage::Schedules(Some(next)),
                    None => Stage::Page(None),
                };
            }
            Stage::Page(_) | Stage::Tasks(..) | Stage::LastTasks(_) => self.step_tasks().await?,
            Stage::Over => {}
        }
        Ok(())
    }

    /// The same, of tasks.
    async fn step_tasks(&mut self) -> Result<(), StoreError> {
        match &mut self.stage {
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
            _ => {}
        }
        Ok(())
    }

    /// Writes those of a page of kinds whose settings are not the defaults; answers where the next begins.
    async fn kinds(&mut self, after: Option<Name>) -> Result<Option<Name>, StoreError> {
        let page = self.store.kinds(names(after)).await.map_err(failed)?;
        for kind in &page.kinds {
            if kind.settings != KindSettings::default() {
                write_kind(&kind.name, kind.settings, &mut self.out);
                self.counted.kinds += 1;
            }
        }
        Ok(page.next)
    }

    /// Tenants likewise.
    async fn tenants(&mut self, after: Option<Name>) -> Result<Option<Name>, StoreError> {
        let page = self.store.tenants(names(after)).await.map_err(failed)?;
        for tenant in &page.tenants {
            if tenant.settings != TenantSettings::default() {
                write_tenant(&tenant.name, tenant.settings, &mut self.out);
                self.counted.tenants += 1;
            }
        }
        Ok(page.next)
    }

    /// Writes a page of limits; answers where the next begins.
    async fn limits(&mut self, after: Option<Name>) -> Result<Option<Name>, StoreError> {
        let page = self.store.limits(names(after)).await.map_err(failed)?;
        for limit in &page.limits {
            write_limit(&limit.name, &limit.limit, &mut self.out);
            self.counted.limits += 1;
        }
        Ok(page.next)
    }

    /// What is attached to what likewise.
    async fn attachments(&mut self, after: Option<Subject>) -> Result<Option<Subject>, StoreError> {
        let request = ListAttachments {
            after,
            ..ListAttachments::first(PAGE_MAX)
        };
        let page = self.store.attachments(request).await.map_err(failed)?;
        for (subject, limits) in &page.attachments {
            write_attachment(subject, limits, &mut self.out);
            self.counted.attachments += 1;
        }
        Ok(page.next)
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

const fn names(after: Option<Name>) -> ListNames {
    ListNames {
        only: None,
        after,
        limit: PAGE_MAX,
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
