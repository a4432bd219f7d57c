//! The store: a door to the writer and the readers.

mod port;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use duly_core::Timestamp;
use duly_store::{BoxFuture, Clock, Hints, StoreError, Submit, SubmitError, SubmitReply};
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::error::{Fault, OpenError, closed};
use crate::home::Home;
use crate::inside::{self, SubmitInError};
use crate::message::{self, Work};
use crate::options::Options;
use crate::writer::{self, Writer};
use crate::{open, reader};

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
/// store.close().await?;
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
    home: Arc<Home>,
    clock: Arc<dyn Clock>,
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
        let opened = open::start("duly-sqlite-writer", &path, {
            let (path, options) = (path.clone(), options.clone());
            move |opened| open::write(&path, &options, works, opened)
        })?;
        let home = open::wait(&path, opened).await?;
        let (readers, inbox) = channel();
        let inbox = Arc::new(Mutex::new(inbox));
        for _ in 0..reader::READERS {
            let opened = open::start("duly-sqlite-reader", &path, {
                let (path, options, inbox) = (path.clone(), options.clone(), Arc::clone(&inbox));
                move |opened| open::read(&path, &options, &inbox, opened)
            })?;
            open::wait(&path, opened).await?;
        }
        Ok(Self {
            path,
            writer,
            writer_places,
            readers,
            reader_places: Arc::new(Semaphore::new(reader::QUEUE_MAX)),
            hints,
            home,
            clock: options.clock,
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Submits tasks inside a transaction of the application's own, on its own connection to this file:
    /// they exist exactly if what else it wrote does. Workers wake within 50 ms of its commit.
    ///
    /// The connection may be given as a [`Transaction`](rusqlite::Transaction), a
    /// [`Savepoint`](rusqlite::Savepoint) or itself, after `BEGIN`. Rules, bounds and answers are those
    /// of [`submit`](duly_store::Store::submit); nothing of a batch that is refused is left in the transaction,
    /// which goes on. The tasks are as durable as that connection makes its commits, and they count as
    /// submitted (and due, unless they say otherwise) at the instant of this call.
    ///
    /// - Begin the transaction [`Immediate`](rusqlite::TransactionBehavior::Immediate), or write before
    ///   you read: SQLite lets a transaction that has read what is not the newest any more not write.
    /// - Keep it short, and await nothing of Duly meanwhile: everybody else who writes to the file waits
    ///   for its end.
    /// - Read `last_insert_rowid` of your own rows before: this inserts rows of its own.
    /// - A connection keeps 16 prepared statements unless told otherwise, and this uses about as many:
    ///   where it is called often,
    ///   [keep 64](rusqlite::Connection::set_prepared_statement_cache_capacity).
    ///
    /// ```
    /// use duly_store::{NewTask, Payload, Store, Submit, SystemClock, id};
    /// use duly_store_sqlite::rusqlite::{Connection, TransactionBehavior};
    /// use duly_store_sqlite::{Options, SqliteStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("shop.db");
    /// let mut shop = Connection::open(&file)?;
    /// shop.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT)")?;
    /// let options = Options { share_file: true, ..Options::default() };
    /// let store = SqliteStore::open(&file, options).await?;
    ///
    /// let order = shop.transaction_with_behavior(TransactionBehavior::Immediate)?;
    /// order.execute("INSERT INTO orders (customer) VALUES ('Ada')", [])?;
    /// let task = NewTask::new(id::task_id(&SystemClock), "order.confirm", Payload::json(r#""Ada""#));
    /// let reply = store.submit_in(&order, Submit::one(task))?;
    /// order.commit()?;
    ///
    /// assert!(store.task(reply.tasks[0].id).await?.is_some());
    /// # store.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SubmitInError`]: then nothing was submitted. After one of the store
    /// ([`SubmitError::Store`], [`SubmitInError::Stale`]) roll the transaction back.
    pub fn submit_in(
        &self,
        connection: &Connection,
        request: Submit,
    ) -> Result<SubmitReply, SubmitInError> {
        if self.writer_places.is_closed() {
            return Err(SubmitError::from(closed(false)).into());
        }
        inside::submit_in(connection, &self.home, self.clock.now(), &request)
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
            self.home.check()?;
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
