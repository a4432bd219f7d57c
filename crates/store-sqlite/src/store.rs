//! The store: a door to the writer and the readers.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use duly_core::{AttemptRef, Incarnation, TaskId, Timestamp};
use duly_store::{
    BoxFuture, Change, ChangeError, ChangeMatching, ChangedMatching, Claim, ClaimError, Claimed,
    EventCursor, EventPage, Heartbeat, Hints, KeepHouse, Kept, Lead, Leadership, List, Listener,
    Name, Promote, Promoted, QueueChange, QueueRecord, QueueSettings, Registration, Renewed,
    RequestError, Restore, Restored, Save, SavedPage, Settle, Settled, Store, StoreError, Submit,
    SubmitError, SubmitReply, TakeBack, TakenBack, TaskPage, TaskRecord, Traits, WorkerRecord,
};
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::connection::{self, Role};
use crate::error::{Fault, OpenError, closed};
use crate::file::{self, Kind};
use crate::message::{self, Work};
use crate::options::Options;
use crate::pens::Pens;
use crate::writer::{self, Writer};
use crate::{
    change, claim, event, house, list, migration, queue, reader, record, settle, submit, worker,
};

/// SQLite before this version may damage a database that several connections write.
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// A store in one SQLite file. Several processes may open the same file at once.
///
/// ```
/// use duly_store::{NewTask, Payload, Store, Submit, SystemClock, id};
/// use duly_store_sqlite::{Options, SqliteStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("duly.db");
/// let store = SqliteStore::open(file, Options::default()).await?;
/// let task = NewTask::new(id::task_id(&SystemClock), "greet", Payload::json(r#""world""#));
/// let reply = store.submit(Submit::one(task)).await?;
/// assert!(store.task(reply.tasks[0].id).await?.is_some());
/// store.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    writer: Sender<writer::Letter>,
    writer_places: Arc<Semaphore>,
    readers: Sender<reader::Letter>,
    reader_places: Arc<Semaphore>,
    hints: Arc<Hints>,
}

impl SqliteStore {
    /// Opens a file, which is made if it is not there; its folder must be.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with the file and what to do. A file that is refused is left as
    /// it was.
    pub async fn open(path: impl Into<PathBuf>, options: Options) -> Result<Self, OpenError> {
        let path = path.into();
        let hints = Arc::new(Hints::default());
        let (writer, inbox) = channel();
        let writer_places = Arc::new(Semaphore::new(writer::QUEUE_MAX));
        let works = Writer {
            inbox,
            places: Arc::clone(&writer_places),
            hints: Arc::clone(&hints),
            clock: Arc::clone(&options.clock),
        };
        let opened = start("duly-sqlite-writer", &path, {
            let (path, options) = (path.clone(), options.clone());
            move |opened| write(&path, &options, works, opened)
        })?;
        wait(&path, opened).await?;
        let (readers, inbox) = channel();
        let inbox = Arc::new(Mutex::new(inbox));
        for _ in 0..reader::READERS {
            let opened = start("duly-sqlite-reader", &path, {
                let (path, options, inbox) = (path.clone(), options.clone(), Arc::clone(&inbox));
                move |opened| read(&path, &options, &inbox, opened)
            })?;
            wait(&path, opened).await?;
        }
        Ok(Self {
            path,
            writer,
            writer_places,
            readers,
            reader_places: Arc::new(Semaphore::new(reader::QUEUE_MAX)),
            hints,
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Asks the writer.
    fn write<Q, T, E>(&self, request: Q, work: Work<Q, T, E>) -> BoxFuture<'_, Result<T, E>>
    where
        Q: Send + 'static,
        T: Send + 'static,
        E: Send + From<StoreError> + 'static,
    {
        self.write_heavy(0, request, work)
    }

    /// Asks the writer, with a request that carries so many bytes: large ones take more places in the
    /// queue, so that it is bounded in bytes as well.
    fn write_heavy<Q, T, E>(
        &self,
        bytes: usize,
        request: Q,
        work: Work<Q, T, E>,
    ) -> BoxFuture<'_, Result<T, E>>
    where
        Q: Send + 'static,
        T: Send + 'static,
        E: Send + From<StoreError> + 'static,
    {
        Box::pin(async move {
            let places = Arc::clone(&self.writer_places).acquire_many_owned(places(bytes));
            let place = places.await.map_err(|_| closed(false))?;
            let (operation, answer) = message::call(request, work);
            self.writer
                .send(writer::Letter::Do(operation, place))
                .map_err(|_| closed(false))?;
            answer.await.map_err(|_| closed(true))?
        })
    }

    /// Asks a reader.
    fn read<T, E>(
        &self,
        read: impl FnOnce(&Connection, Timestamp) -> Result<T, Fault<E>> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, E>>
    where
        T: Send + 'static,
        E: Send + From<StoreError> + 'static,
    {
        let (question, answer) = reader::question(read);
        Box::pin(async move {
            let places = Arc::clone(&self.reader_places);
            let place = places.acquire_owned().await.map_err(|_| closed(false))?;
            self.readers
                .send(reader::Letter::Read(question, place))
                .map_err(|_| closed(false))?;
            answer.await.map_err(|_| closed(false))?
        })
    }
}

/// The places that a request of so many bytes takes in the writer's queue; at most all of them.
fn places(bytes: usize) -> u32 {
    let places = (1 + bytes / writer::PLACE_BYTES).min(writer::QUEUE_MAX);
    u32::try_from(places).expect("the queue has fewer than 2^32 places")
}

type Opened = oneshot::Receiver<Result<(), OpenError>>;

/// Starts a thread that says whether it could open its connection.
fn start(
    name: &str,
    path: &Path,
    body: impl FnOnce(oneshot::Sender<Result<(), OpenError>>) + Send + 'static,
) -> Result<Opened, OpenError> {
    let (sender, opened) = oneshot::channel();
    thread::Builder::new()
        .name(name.into())
        .spawn(move || body(sender))
        .map_err(|error| OpenError::Io {
            path: path.into(),
            reason: error.to_string(),
        })?;
    Ok(opened)
}

async fn wait(path: &Path, opened: Opened) -> Result<(), OpenError> {
    opened.await.unwrap_or_else(|_| {
        Err(OpenError::Io {
            path: path.into(),
            reason: "its thread ended".into(),
        })
    })
}

/// The life of the writer's thread.
fn write(
    path: &Path,
    options: &Options,
    writer: Writer,
    opened: oneshot::Sender<Result<(), OpenError>>,
) {
    let connection = match prepare(path, options) {
        Ok(connection) => connection,
        Err(error) => return drop(opened.send(Err(error))),
    };
    let stopped = match Pens::new(&connection) {
        Ok(_) if opened.is_closed() => return,
        Ok(pens) => {
            drop(opened.send(Ok(())));
            writer.run(&connection, pens)
        }
        Err(error) => return drop(opened.send(Err(OpenError::of(path, &error)))),
    };
    drop(connection);
    drop(stopped);
}

/// Looks at the file, opens it, and brings it up to date.
fn prepare(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(OpenError::OldSqlite {
            found: rusqlite::version(),
        });
    }
    let kind = file::inspect(path, options.share_file)?;
    let mut connection = connection::open(path, options, Role::Writer)?;
    migration::apply(
        &mut connection,
        path,
        options.clock.as_ref(),
        kind == Kind::Fresh,
    )?;
    Ok(connection)
}

/// The life of a reader's thread.
fn read(
    path: &Path,
    options: &Options,
    inbox: &reader::Inbox,
    opened: oneshot::Sender<Result<(), OpenError>>,
) {
    match connection::open(path, options, Role::Reader) {
        Ok(connection) => {
            if opened.send(Ok(())).is_ok() {
                let stopped = reader::run(&connection, inbox, options.clock.as_ref());
                drop(connection);
                drop(stopped);
            }
        }
        Err(error) => drop(opened.send(Err(error))),
    }
}

impl Store for SqliteStore {
    fn traits(&self) -> Traits {
        Traits {
            durable: true,
            shared_fate: true,
        }
    }

    fn submit(&self, request: Submit) -> BoxFuture<'_, Result<SubmitReply, SubmitError>> {
        let payloads = request.tasks.iter().map(|task| task.payload.bytes.len());
        self.write_heavy(payloads.sum(), request, submit::submit)
    }

    fn claim(&self, request: Claim) -> BoxFuture<'_, Result<Claimed, ClaimError>> {
        self.write(request, claim::claim)
    }

    fn promote(&self, request: Promote) -> BoxFuture<'_, Result<Promoted, StoreError>> {
        self.write(request, claim::promote)
    }

    fn settle(&self, request: Settle) -> BoxFuture<'_, Result<Settled, StoreError>> {
        let results = request
            .settlements
            .iter()
            .filter_map(|end| end.result.as_ref());
        self.write_heavy(
            results.map(|result| result.bytes.len()).sum(),
            request,
            settle::settle,
        )
    }

    fn register(&self, request: Registration) -> BoxFuture<'_, Result<(), RequestError>> {
        self.write(request, worker::register)
    }

    fn heartbeat(&self, request: Heartbeat) -> BoxFuture<'_, Result<Renewed, StoreError>> {
        self.write(request, worker::heartbeat)
    }

    fn cancel_requests(
        &self,
        incarnation: Incarnation,
    ) -> BoxFuture<'_, Result<Vec<AttemptRef>, StoreError>> {
        self.read(move |connection, _| Ok(worker::cancel_requests(connection, incarnation)?))
    }

    fn take_back(&self, request: TakeBack) -> BoxFuture<'_, Result<TakenBack, StoreError>> {
        self.write(request, worker::take_back)
    }

    fn workers(&self) -> BoxFuture<'_, Result<Vec<WorkerRecord>, StoreError>> {
        self.read(|connection, _| Ok(worker::workers(connection)?))
    }

    fn change(&self, id: TaskId, change: Change) -> BoxFuture<'_, Result<TaskRecord, ChangeError>> {
        match change {
            Change::Cancel => self.write(id, change::cancel),
            Change::Retry { .. } => self.write(id, change::retry),
            Change::Reprioritise(priority) => self.write((id, priority), change::reprioritise),
            Change::Reschedule(due) => self.write((id, due), change::reschedule),
            Change::Discard => Box::pin(std::future::ready(Err(unbuilt().into()))),
        }
    }

    fn change_matching(
        &self,
        _: ChangeMatching,
    ) -> BoxFuture<'_, Result<ChangedMatching, RequestError>> {
        Box::pin(std::future::ready(Err(unbuilt().into())))
    }

    fn configure(
        &self,
        queue: Name,
        change: QueueChange,
    ) -> BoxFuture<'_, Result<QueueSettings, RequestError>> {
        self.write((queue, change), queue::configure)
    }

    fn queues(&self) -> BoxFuture<'_, Result<Vec<QueueRecord>, StoreError>> {
        self.read(|connection, now| Ok(queue::queues(connection, now)?))
    }

    fn task(&self, id: TaskId) -> BoxFuture<'_, Result<Option<TaskRecord>, StoreError>> {
        self.read(move |connection, now| Ok(record::by_id(connection, id, now)?))
    }

    fn list(&self, request: List) -> BoxFuture<'_, Result<TaskPage, RequestError>> {
        self.read(move |connection, now| list::list(connection, &request, now))
    }

    fn task_events(
        &self,
        id: TaskId,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>> {
        self.read(move |connection, _| event::of_task(connection, id, after, limit))
    }

    fn events(
        &self,
        after: EventCursor,
        limit: u32,
    ) -> BoxFuture<'_, Result<EventPage, RequestError>> {
        self.read(move |connection, _| event::all(connection, after, limit))
    }

    fn events_end(&self) -> BoxFuture<'_, Result<EventCursor, StoreError>> {
        self.read(|connection, _| Ok(event::end(connection)?))
    }

    fn keep_house(&self, request: KeepHouse) -> BoxFuture<'_, Result<Kept, StoreError>> {
        self.write(request, house::keep_house)
    }

    fn lead(&self, request: Lead) -> BoxFuture<'_, Result<Leadership, StoreError>> {
        self.write(request, house::lead)
    }

    fn listen(&self, queues: &[Name]) -> Listener {
        self.hints.listen(queues)
    }

    fn listen_events(&self) -> Listener {
        self.hints.listen(&[])
    }

    fn save(&self, _: Save) -> BoxFuture<'_, Result<SavedPage, RequestError>> {
        Box::pin(std::future::ready(Err(unbuilt().into())))
    }

    fn restore(&self, _: Restore) -> BoxFuture<'_, Result<Restored, SubmitError>> {
        Box::pin(std::future::ready(Err(unbuilt().into())))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.reader_places.close();
            self.writer_places.close();
            // The senders are dropped unsent when their threads have let go of the file.
            for _ in 0..reader::READERS {
                let (sender, stopped) = oneshot::channel();
                drop(self.readers.send(reader::Letter::Stop(sender)));
                drop(stopped.await);
            }
            let (sender, stopped) = oneshot::channel();
            drop(self.writer.send(writer::Letter::Stop(sender)));
            drop(stopped.await);
        })
    }
}

fn unbuilt() -> StoreError {
    StoreError::Unavailable {
        reason: "not built".into(),
        outcome_unknown: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_requests_take_more_places_but_never_more_than_there_are() {
        assert_eq!(places(0), 1);
        assert_eq!(places(writer::PLACE_BYTES - 1), 1);
        assert_eq!(places(64 << 20), 1_025);
        assert_eq!(places(usize::MAX) as usize, writer::QUEUE_MAX);
    }
}
