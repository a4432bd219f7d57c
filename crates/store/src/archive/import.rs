//! Reading an archive into a store.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;

use super::bounds::{LINE_BYTES_MAX, QUEUES_MAX};
use super::error::{ArchiveError, ImportError};
use super::line::{Counted, Line, parse_line};
use crate::bounds::{PAGE_MAX, QUEUE_BOUND, SAVE_BYTES_MAX};
use crate::{
    AttachmentChange, Name, PutSchedule, QueueChange, QueueSettings, RequestError, Restore,
    Restored, SavedTask, ScheduleError, Store, SubmitError,
};

/// Bytes that are read at once.
const READ_BYTES: usize = 64 << 10;

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many tasks are in the store now, and were not before.
    pub restored: u64,
    /// How many were there already, and were left as they are.
    pub existed: u64,
    /// How many queues have the settings that the archive says.
    pub queues: u64,
    /// How many schedules are in the store now, and were not before; those that were are left as they are.
    pub schedules: u64,
}

/// An archive on its way into a store. Bytes are fed as they come; at any time, no more than a page of tasks and
/// a line are in memory.
///
/// Tasks that are there already are left as they are, so importing an archive again, or going on after a
/// failure by feeding it again from its start, doubles nothing. While it is under way, a queue may hold as many unfinished tasks
/// as the larger of its bound and [`QUEUE_BOUND`]; it is paused from the start if the archive says so.
pub struct Import {
    store: Arc<dyn Store>,
    /// The line that has begun.
    line: Vec<u8>,
    /// The number of the line that has begun, from 1.
    number: u64,
    stage: Stage,
    queues: BTreeMap<Name, QueueSettings>,
    /// Tasks to restore, with their lines.
    batch: Vec<(u64, SavedTask)>,
    batch_bytes: usize,
    counted: Counted,
    imported: Imported,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Header,
    Elements,
    Over,
}

impl Import {
    /// An archive on its way into `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            line: Vec::new(),
            number: 1,
            stage: Stage::Header,
            queues: BTreeMap::new(),
            batch: Vec::new(),
            batch_bytes: 0,
            counted: Counted::default(),
            imported: Imported::default(),
        }
    }

    /// Takes the next bytes. After an error, the import is over.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn feed(&mut self, mut bytes: &[u8]) -> Result<(), ImportError> {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.lengthen(&bytes[..end])?;
            bytes = &bytes[end + 1..];
            self.end_line().await?;
        }
        Ok(self.lengthen(bytes)?)
    }

    /// There are no more bytes: restores what is left, and checks that the archive is whole.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn finish(mut self) -> Result<Imported, ImportError> {
        if !self.line.is_empty() {
            self.end_line().await?;
        }
        if self.stage != Stage::Over {
            return Err(ImportError::Archive(ArchiveError::Truncated {
                line: self.number - 1,
                counted: self.counted,
            }));
        }
        Ok(self.imported)
    }

    fn lengthen(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        if self.line.len() + bytes.len() > LINE_BYTES_MAX {
            let problem = format!("too long: expected at most {LINE_BYTES_MAX} bytes");
            return Err(ArchiveError::line(
                self.number,
                LINE_BYTES_MAX,
                "",
                &problem,
            ));
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    async fn end_line(&mut self) -> Result<(), ImportError> {
        let number = self.number;
        self.number += 1;
        let line = std::mem::take(&mut self.line);
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let disorder = |problem| {
            Err(ArchiveError::Order {
                line: number,
                problem,
            }
            .into())
        };
        match (self.stage, parse_line(number, &line)?) {
            (Stage::Over, _) => disorder("expected nothing behind the line that counts"),
            (Stage::Header, Line::Header { .. }) => {
                self.stage = Stage::Elements;
                Ok(())
            }
            (Stage::Header, _) => {
                disorder("expected the first line of an archive, {\"archive\":{…}}")
            }
            (Stage::Elements, Line::Header { .. }) => {
                disorder("this is the first line of another archive: expected one at a time")
            }
            (Stage::Elements, Line::Queue { name, settings }) => {
                self.queue(number, name, settings).await
            }
            (Stage::Elements, Line::Kind { name, settings }) => {
                self.counted.kinds += 1;
                let done = self.store.configure_kind(name, settings.into()).await;
                set(number, done)
            }
            (Stage::Elements, Line::Tenant { name, settings }) => {
                self.counted.tenants += 1;
                let done = self.store.configure_tenant(name, settings.into()).await;
                set(number, done)
            }
            (Stage::Elements, Line::Limit { name, limit }) => {
                self.counted.limits += 1;
                let done = self.store.configure_limit(name, Some(limit)).await;
                set(number, done)
            }
            (Stage::Elements, Line::Attachment { subject, limits }) => {
                self.counted.attachments += 1;
                let change = AttachmentChange::Exactly(limits);
                set(number, self.store.attach(subject, change).await)
            }
            (Stage::Elements, Line::Schedule(put)) => self.schedule(number, *put).await,
            (Stage::Elements, Line::Task(saved)) => self.task(number, *saved).await,
            (Stage::Elements, Line::End(said)) => self.end(number, said).await,
        }
    }

    async fn queue(
        &mut self,
        line: u64,
        name: Name,
        settings: QueueSettings,
    ) -> Result<(), ImportError> {
        let problem = if self.queues.contains_key(&name) {
            "this queue has a line already: expected one for each"
        } else if self.queues.len() == QUEUES_MAX {
            "there are too many queues: expected at most 100000"
        } else {
            self.counted.queues += 1;
            let wide = QueueSettings {
                bound: settings.bound.max(QUEUE_BOUND),
                ..settings.clone()
            };
            self.configure(&name, &wide).await?;
            self.queues.insert(name, settings);
            return Ok(());
        };
        Err(ArchiveError::Order { line, problem }.into())
    }

    async fn configure(&self, name: &Name, settings: &QueueSettings) -> Result<(), ImportError> {
        match self
            .store
            .configure(name.clone(), QueueChange::from(settings))
            .await
        {
            Ok(_) => Ok(()),
            Err(crate::RequestError::Store(error)) => Err(error.into()),
            Err(source) => Err(ImportError::Settings {
                queue: name.clone(),
                source,
            }),
        }
    }

    async fn schedule(&mut self, line: u64, put: PutSchedule) -> Result<(), ImportError> {
        self.counted.schedules += 1;
        match self.store.put_schedule(put).await {
            Ok(_) => self.imported.schedules += 1,
            Err(ScheduleError::Conflict { .. }) => {}
            Err(ScheduleError::Store(error)) => return Err(error.into()),
            Err(source) => return Err(ImportError::Schedule { line, source }),
        }
        Ok(())
    }

    async fn task(&mut self, line: u64, saved: SavedTask) -> Result<(), ImportError> {
        self.counted.task(&saved);
        self.batch_bytes += saved.bytes();
        self.batch.push((line, saved));
        if self.batch.len() == PAGE_MAX as usize || self.batch_bytes >= SAVE_BYTES_MAX {
            self.restore().await?;
        }
        Ok(())
    }

    async fn restore(&mut self) -> Result<(), ImportError> {
        self.batch_bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        let (lines, tasks): (Vec<u64>, Vec<SavedTask>) = batch.into_iter().unzip();
        match self.store.restore(Restore { tasks }).await {
            Ok(Restored { restored, existed }) => {
                self.imported.restored += u64::from(restored);
                self.imported.existed += u64::from(existed);
                Ok(())
            }
            Err(SubmitError::Store(error)) => Err(error.into()),
            Err(source) => {
                let line = source.index().and_then(|index| lines.get(index));
                let line = line.copied().unwrap_or(self.number - 1);
                Err(ImportError::Refused { line, source })
            }
        }
    }

    async fn end(&mut self, line: u64, said: Counted) -> Result<(), ImportError> {
        self.restore().await?;
        let found = self.counted;
        if said != found {
            let (said, found) = (Box::new(said), Box::new(found));
            return Err(ArchiveError::Counts { line, said, found }.into());
        }
        for (name, settings) in std::mem::take(&mut self.queues) {
            if settings.bound < QUEUE_BOUND {
                self.configure(&name, &settings).await?;
            }
            self.imported.queues += 1;
        }
        self.stage = Stage::Over;
        Ok(())
    }
}

/// What a store says to settings of a line.
fn set<T>(line: u64, done: Result<T, RequestError>) -> Result<(), ImportError> {
    match done {
        Ok(_) => Ok(()),
        Err(RequestError::Store(error)) => Err(error.into()),
        Err(source) => Err(ImportError::Setting { line, source }),
    }
}

/// Imports a whole archive into `store`. Reading blocks: for files, and where nothing else waits for the thread.
///
/// # Errors
/// [`ImportError`].
pub async fn import(
    store: Arc<dyn Store>,
    source: &mut (dyn BufRead + Send),
) -> Result<Imported, ImportError> {
    let mut archive = Import::new(store);
    loop {
        let bytes = source.fill_buf().map_err(ImportError::Read)?;
        if bytes.is_empty() {
            return archive.finish().await;
        }
        let some = bytes.len().min(READ_BYTES);
        archive.feed(&bytes[..some]).await?;
        source.consume(some);
    }
}
