//! How a file is opened.

use std::sync::Arc;
use std::time::Duration;

use duly_store::{Clock, SystemClock};

/// What a commit waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Every commit waits until it is on the disk: what was answered survives a power cut.
    #[default]
    Full,
    /// Commits do not wait: what was answered survives the end of the process, but a power cut or a
    /// crash of the system may undo the last moments (all of it or none, never in part): submitted
    /// tasks may be gone, and finished ones may run again.
    Normal,
}

impl Synchronous {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::Normal => 1,
            Self::Full => 2,
        }
    }
}

/// How [`SqliteStore::open`](crate::SqliteStore::open) opens a file.
///
/// ```
/// use duly_store_sqlite::{Options, Synchronous};
///
/// let options = Options {
///     synchronous: Synchronous::Normal,
///     ..Options::default()
/// };
/// assert!(!options.share_file);
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// What tells the time; the machine's clock unless a test says otherwise.
    pub clock: Arc<dyn Clock>,
    /// What a commit waits for; [`Synchronous::Full`] by default.
    pub synchronous: Synchronous,
    /// Install Duly's tables (all named `duly_…`) in a database that holds an application's own. Off
    /// by default: then such a file is refused.
    pub share_file: bool,
    /// How long an operation waits for other processes before it is `Unavailable`; 60 s by default.
    pub busy_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            synchronous: Synchronous::default(),
            share_file: false,
            busy_timeout: Duration::from_secs(60),
        }
    }
}
