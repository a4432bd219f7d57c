//! What a handle is told before it opens a store.

use std::sync::Arc;

use duly_core::rules::PriorityRules;
use duly_store::priority::Prioritiser;
use duly_store::{Clock, MemoryStore, Store, SystemClock};

use crate::{Duly, OpenError, StoreUrl};

/// What a handle is told before it opens a store; from [`Duly::builder`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use duly::rules::{PriorityRule, PriorityRules};
/// use duly::{Duly, Priority, Task};
///
/// let rules = PriorityRules::new([
///     PriorityRule::new("hotfix", Priority::Critical).label("hotfix", "*"),
///     PriorityRule::new("core", Priority::High).queue("core"),
///     PriorityRule::new("big", Priority::Low).payload_bytes_at_least(100_000),
/// ])?;
/// let duly = Duly::builder().priority_rules(rules).open("memory:").await?;
///
/// let id = duly.submit(Task::new("index.build", &7).queue("core")).await?.id;
/// let task = duly.task(id).await?.expect("it is there");
/// assert_eq!(task.priority, Priority::High);
/// assert_eq!(task.priority_rule(), Some("core"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is opened yet"]
pub struct DulyBuilder {
    rules: PriorityRules,
}

impl DulyBuilder {
    /// How urgent tasks are whose submitter leaves it open. They hold for everything that this handle
    /// and its clones submit, and for no other process. Default: none; such tasks are normal.
    pub fn priority_rules(mut self, rules: PriorityRules) -> Self {
        self.rules = rules;
        self
    }

    /// Opens the store that a URL names, as [`Duly::open`] does.
    ///
    /// # Errors
    /// [`OpenError`]; a file that is refused is left as it was.
    pub async fn open(self, url: &str) -> Result<Duly, OpenError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let url: StoreUrl = url.parse()?;
        let store = url.open(Arc::clone(&clock)).await?;
        Ok(self.with_store(store, clock))
    }

    /// On a store that was opened already. The clock must be that of the store.
    #[must_use]
    pub fn with_store(self, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Duly {
        Duly::new(store, clock, Prioritiser::new(self.rules))
    }

    /// On a fresh store in memory.
    #[must_use]
    pub fn in_memory(self, clock: Arc<dyn Clock>) -> Duly {
        self.with_store(Arc::new(MemoryStore::new(Arc::clone(&clock))), clock)
    }
}
