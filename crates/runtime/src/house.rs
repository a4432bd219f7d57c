//! Housekeeping: bounded duties beside the work, one file per service.
//!
//! All instances look at each other's heartbeats, and ask to lead; only the one that leads takes
//! leases back and does the duties. Each is safe if two do it at once, as may happen for a moment
//! when the lead changes hands.

use std::sync::Arc;
use std::time::Duration;

use duly_core::Incarnation;
use duly_store::bounds::{HOUSEKEEPING_MAX, LEAD_MAX};
use duly_store::{Clock, Duty, Store, id};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::bounds::{HOUSE_EVERY_MIN, LEASE, REIGN_MIN};

mod chore;
mod leader;
mod reaper;
mod reign;
mod schedules;

use reign::Reign;

/// How the house is kept. The defaults cost an idle store about two statements a second.
#[derive(Clone, Debug)]
pub struct House {
    pub(crate) lease: Duration,
    pub(crate) look: Duration,
    pub(crate) reign: Duration,
    pub(crate) promote: Duration,
    pub(crate) expire: Duration,
    pub(crate) alert: Duration,
    pub(crate) prune: Duration,
    pub(crate) forget: Duration,
    pub(crate) step: u32,
    pub(crate) pause: Duration,
}

impl Default for House {
    /// Leases of 10 s looked at every second; due work moved into line and overdue work ended every
    /// 5 s (claims do both as well), what is late told of every 5 s, what was kept long enough removed, and what a
    /// queue's new order puts elsewhere moved, every 10 s, old events every
    /// 5 min; at most 500 rows a step and 50 ms between steps; the lead held for 10 s.
    fn default() -> Self {
        Self {
            lease: LEASE,
            look: Duration::from_secs(1),
            reign: Duration::from_secs(10),
            promote: Duration::from_secs(5),
            expire: Duration::from_secs(5),
            alert: Duration::from_secs(5),
            prune: Duration::from_secs(10),
            forget: Duration::from_secs(300),
            step: 500,
            pause: Duration::from_millis(50),
        }
    }
}

impl House {
    /// The name of the lead that whoever keeps house holds in the store.
    pub const LEAD: &str = "housekeeping";

    /// Silence after which a worker's leases are taken back: that of the workers. Default: 10 s.
    #[must_use]
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How often heartbeats are looked at: a lease lapses up to two looks late. At least 10 ms; default:
    /// 1 s.
    #[must_use]
    pub fn look(mut self, every: Duration) -> Self {
        self.look = every.max(HOUSE_EVERY_MIN);
        self
    }

    /// How long the lead is held without asking again; it is asked for at least three times in that
    /// time. At least 100 ms, at most a minute; default: 10 s.
    #[must_use]
    pub fn reign(mut self, reign: Duration) -> Self {
        self.reign = reign.clamp(REIGN_MIN, LEAD_MAX);
        self
    }

    /// How often what is late is told of: an alert comes up to so much late. At least 10 ms; default: 5 s.
    #[must_use]
    pub fn alert(mut self, every: Duration) -> Self {
        self.alert = every.max(HOUSE_EVERY_MIN);
        self
    }

    /// How often finished tasks that were kept long enough are removed. At least 10 ms; default: 10 s.
    #[must_use]
    pub fn prune(mut self, every: Duration) -> Self {
        self.prune = every.max(HOUSE_EVERY_MIN);
        self
    }

    /// How many rows one step touches, 1 to 1,000, and the pause between two steps when there is more
    /// to do. Default: 500 and 50 ms.
    #[must_use]
    pub fn steps(mut self, rows_max: u32, pause: Duration) -> Self {
        self.step = rows_max.clamp(1, HOUSEKEEPING_MAX);
        self.pause = pause;
        self
    }

    /// Starts keeping house on the current Tokio runtime (with its timer on).
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn start(self, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Housekeeper {
        let stop = CancellationToken::new();
        let (done, all_done) = watch::channel(());
        let keeper = Keeper {
            holder: id::incarnation(&*clock),
            house: Arc::new(self),
            store,
            clock,
            reign: Reign::default(),
            stop: stop.clone(),
            _done: done,
        };
        for duty in Duty::ALL {
            tokio::spawn(chore::run(keeper.clone(), duty));
        }
        tokio::spawn(reaper::run(keeper.clone()));
        tokio::spawn(schedules::run(keeper.clone()));
        tokio::spawn(leader::run(keeper));
        Housekeeper {
            stop: stop.drop_guard(),
            all_done,
        }
    }
}

/// Housekeeping that goes on until it is stopped or dropped.
#[derive(Debug)]
#[must_use = "housekeeping that is dropped stops"]
pub struct Housekeeper {
    stop: DropGuard,
    all_done: watch::Receiver<()>,
}

impl Housekeeper {
    /// Starts with the defaults; [`House`] has the settings.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn start(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        House::default().start(store, clock)
    }

    /// Ends the steps under way, gives up the lead, and stops.
    pub async fn stop(&self) {
        self.stop.token().cancel();
        let mut all_done = self.all_done.clone();
        while all_done.changed().await.is_ok() {}
    }
}

/// What every service of the house needs.
#[derive(Clone)]
struct Keeper {
    holder: Incarnation,
    house: Arc<House>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    reign: Reign,
    stop: CancellationToken,
    /// Kept by every service until it ends; nothing is ever sent.
    _done: watch::Sender<()>,
}

impl Keeper {
    /// Whether this instance leads now.
    fn leads(&self) -> bool {
        self.reign.holds(self.clock.now())
    }

    /// Waits; `false` if it is time to stop.
    async fn rest(&self, time: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = self.clock.sleep(time) => true,
        }
    }
}
