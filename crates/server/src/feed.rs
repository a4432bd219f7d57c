//! The live feed of events: one task follows the store while somebody listens, writes each event down
//! once, and everybody who listens shares what it wrote.
//!
//! ```text
//!              hint, or every POLL                 ring of PAGES_MAX pages
//! store.events ───────────────────► follower ─────────────────────────────► subscription ─► socket
//!      ▲                                                                         │
//!      └──────────────── history, until it meets the ring ◄──────────────────────┘
//! ```
//!
//! Nobody waits for a subscriber: who does not read in time loses pages of the ring, and is told so
//! when it reads on (`resync`), with the place from which the history has what it missed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use duly_api::{Code, Problem};
use tokio::sync::{Semaphore, broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::bounds::{FEED_PAGES_MAX, STREAMS_MAX};
use crate::port::{Clock, EventCursor, Store};
use crate::refusal::Refusal;

mod body;
mod filter;
mod follower;
mod history;
mod page;
mod subscription;

pub(crate) use body::Messages;
pub(crate) use filter::Filter;
pub(crate) use history::read as history;
pub(crate) use subscription::Subscription;

use page::Page;

/// The live feed of one server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Feed(Arc<Shared>);

struct Shared {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    pages: broadcast::Sender<Arc<Page>>,
    follower: Mutex<Follower>,
    places: Arc<Semaphore>,
    resyncs: Resyncs,
    stop: CancellationToken,
}

/// Tells whether a follower is at work, and whether it has found its place.
type Follower = Option<watch::Receiver<bool>>;

impl Feed {
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            store,
            clock,
            pages: broadcast::Sender::new(FEED_PAGES_MAX),
            follower: Mutex::new(None),
            places: Arc::new(Semaphore::new(STREAMS_MAX)),
            resyncs: Resyncs::default(),
            stop: CancellationToken::new(),
        }))
    }

    /// A stream of events from `after` on; `None`: from now.
    pub(crate) async fn subscribe(
        &self,
        after: Option<EventCursor>,
        filter: Filter,
    ) -> Result<Subscription, Refusal> {
        let place = Arc::clone(&self.0.places).try_acquire_owned();
        let place = place.map_err(|_| too_many())?;
        let pages = self.listen();
        let end = self.0.store.events_end().await?;
        let range = after.unwrap_or(end)..end;
        Ok(Subscription::new(self.clone(), pages, range, filter, place))
    }

    /// Ends all streams, each with a last word, and lets nobody begin another.
    pub(crate) fn end(&self) {
        self.0.stop.cancel();
    }

    /// Ends when streams do.
    pub(crate) async fn ended(&self) {
        self.0.stop.cancelled().await;
    }

    /// How many streams are open.
    pub(crate) fn streams(&self) -> usize {
        STREAMS_MAX - self.0.places.available_permits()
    }

    /// What slow subscribers were told to fetch themselves.
    pub(crate) fn resyncs(&self) -> &Resyncs {
        &self.0.resyncs
    }

    /// Where pages will come in, and a follower that sends them.
    fn listen(&self) -> Pages {
        let mut follower = self.follower();
        // Under the lock, so that no follower leaves between the one and the other.
        let live = self.0.pages.subscribe();
        let found = match &*follower {
            Some(found) if found.has_changed().is_ok() => found.clone(),
            _ => {
                let found = follower::start(self.clone());
                *follower = Some(found.clone());
                found
            }
        };
        Pages { live, found }
    }

    /// Whether the follower may go: nobody listens.
    fn dismiss(&self) -> bool {
        let mut follower = self.follower();
        let alone = self.0.pages.receiver_count() == 0;
        if alone {
            *follower = None;
        }
        alone
    }

    fn follower(&self) -> MutexGuard<'_, Follower> {
        let follower = self.0.follower.lock();
        follower.unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed")
            .field("streams", &self.streams())
            .finish_non_exhaustive()
    }
}

/// Where live pages come in.
struct Pages {
    live: broadcast::Receiver<Arc<Page>>,
    /// The follower has found its place: what the store holds from then on comes in.
    found: watch::Receiver<bool>,
}

/// How often subscribers were told to resync, and how many events they missed.
#[derive(Debug, Default)]
pub(crate) struct Resyncs(Mutex<(u64, u64)>);

impl Resyncs {
    /// How often, and how many events.
    pub(crate) fn count(&self) -> (u64, u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, missed: u64) {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *count = (count.0 + 1, count.1 + missed);
    }
}

fn too_many() -> Refusal {
    let detail = format!(
        "{STREAMS_MAX} streams of events are open, and no more are served: close one, or ask for \
         pages of the history"
    );
    Problem::new(Code::TooManyStreams, detail).into()
}
