//! The embedded store, and what only it can do: submitting inside the application's own transactions.
//!
//! An application whose rows are in the same file as its tasks writes both, or neither:
//!
//! ```
//! use std::time::Duration;
//!
//! use duly::sqlite::rusqlite::{Connection, TransactionBehavior};
//! use duly::sqlite::{self, Options};
//! use duly::{Context, Task};
//!
//! async fn confirm(customer: String, _ctx: Context) -> Result<String, std::io::Error> {
//!     Ok(format!("{customer} knows"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("shop.db");
//! let mut shop = Connection::open(&file)?;
//! shop.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT)")?;
//!
//! let options = Options { share_file: true, ..Options::default() };
//! let (duly, tasks) = sqlite::open(&file, options).await?;
//! let worker = duly.worker().handle("order.confirm", confirm).start()?;
//!
//! let order = shop.transaction_with_behavior(TransactionBehavior::Immediate)?;
//! order.execute("INSERT INTO orders (customer) VALUES (?1)", ["Ada"])?;
//! let task = tasks.submit_in(&order, Task::new("order.confirm", &"Ada"))?;
//! order.commit()?;
//!
//! let done = duly.wait(task.id).await?;
//! assert_eq!(done.state, duly::State::Completed);
//! worker.shutdown(Duration::from_secs(30)).await;
//! # duly.close().await?;
//! # Ok(())
//! # }
//! ```

use std::path::PathBuf;
use std::sync::Arc;

use duly_store::priority::Prioritiser;
use duly_store::{Clock, StoreError, Submit, SubmitError, Submitted, id};
use rusqlite::Connection;

use crate::{Duly, OpenError, Task};

pub use duly_store_sqlite::{Options, SqliteStore, SubmitInError, Synchronous, rusqlite};

/// Opens a file, which is made if it is not there: what [`Duly::open`] does, with
/// [`options`](Options) as values, and what submits inside transactions beside it.
///
/// # Errors
/// [`OpenError::Sqlite`]; a file that is refused is left as it was.
pub async fn open(
    path: impl Into<PathBuf>,
    options: Options,
) -> Result<(Duly, Submitter), OpenError> {
    let clock = Arc::clone(&options.clock);
    let store = Arc::new(SqliteStore::open(path, options).await?);
    let submitter = Submitter::new(Arc::clone(&store), Arc::clone(&clock));
    let duly = Duly::new(store, clock, submitter.prioritiser.clone());
    Ok((duly, submitter))
}

/// Submits inside transactions of the application's own, on its connections to the file of a store.
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Submitter {
    store: Arc<SqliteStore>,
    clock: Arc<dyn Clock>,
    prioritiser: Prioritiser,
}

impl Submitter {
    /// On a store that was opened already. The clock must be that of the store.
    #[must_use]
    pub fn new(store: Arc<SqliteStore>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            prioritiser: Prioritiser::default(),
        }
    }

    /// With the priority rules of a handle, now and when they change. What [`open`] returns shares them
    /// already.
    #[must_use]
    pub fn with_rules_of(mut self, duly: &Duly) -> Self {
        self.prioritiser = duly.prioritiser().clone();
        self
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<SqliteStore> {
        &self.store
    }

    /// Submits a task that exists exactly if the transaction is committed;
    /// [`SqliteStore::submit_in`] says what to mind. `connection` is a transaction, a savepoint, or a
    /// connection after `BEGIN`.
    ///
    /// # Errors
    /// [`SubmitInError`]: then nothing was submitted.
    pub fn submit_in(
        &self,
        connection: &Connection,
        task: impl Into<Task>,
    ) -> Result<Submitted, SubmitInError> {
        let tasks = self.submit_all_in(connection, [task])?;
        tasks.into_iter().next().ok_or_else(|| {
            let reason = "the store did not answer for the task".to_owned();
            SubmitError::Store(StoreError::Corrupt { reason }).into()
        })
    }

    /// Submits tasks, all or none, in the order in which they shall stand in line; at most 10,000. What
    /// is refused leaves the transaction as it was.
    ///
    /// # Errors
    /// [`SubmitInError`], with the index of the first task that is wrong.
    pub fn submit_all_in<T: Into<Task>>(
        &self,
        connection: &Connection,
        tasks: impl IntoIterator<Item = T>,
    ) -> Result<Vec<Submitted>, SubmitInError> {
        let new = |(index, task): (usize, T)| {
            let fresh = || id::task_id(&*self.clock);
            let new = task.into().into_new(fresh, &self.prioritiser);
            new.map_err(|source| SubmitError::InvalidInput { index, source })
        };
        let tasks: Result<Vec<_>, _> = tasks.into_iter().enumerate().map(new).collect();
        let request = Submit { tasks: tasks? };
        Ok(self.store.submit_in(connection, request)?.tasks)
    }
}
