//! A running worker: its handle, and how it is stopped.

use std::sync::Arc;
use std::time::Duration;

use duly_store::{Clock, InvalidInput, Name, Store};
use tokio::sync::{mpsc, watch};

use crate::bounds::LAST_WRITES_NOW;
use crate::builder::check_concurrency;
use crate::handler::Handlers;
use crate::settings::Settings;
use crate::{House, Housekeeper};

mod attempts;
mod audit;
mod call;
mod claims;
mod coordinator;
mod departure;
mod event;
mod introduction;
mod life;
mod outbox;
mod pace;
mod run;
mod stock;
mod timeline;
mod usage;

use coordinator::Coordinator;
use departure::Departure;
use usage::Gauges;

pub use usage::Usage;

/// A worker that runs. Dropping it is like [`shutdown_now`](Self::shutdown_now) without waiting.
#[derive(Debug)]
#[must_use = "a worker that is dropped stops"]
pub struct Worker {
    name: Name,
    orders: mpsc::UnboundedSender<Departure>,
    concurrency: watch::Sender<u32>,
    gauges: Arc<Gauges>,
    over: watch::Receiver<Option<Shutdown>>,
    clock: Arc<dyn Clock>,
    house: Option<Housekeeper>,
}

/// What became of the work of a worker that shut down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shutdown {
    /// Attempts that ended by themselves during the shutdown, and are settled.
    pub finished: usize,
    /// Attempts that were handed back, refunded.
    pub handed_back: usize,
    /// Attempts whose handler did not stop (it blocks its thread), or whose end the store did not
    /// take in time: their leases will be taken back.
    pub abandoned: usize,
}

impl Worker {
    pub(crate) fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        handlers: Handlers,
        house: Option<House>,
    ) -> Self {
        let (orders, taken) = mpsc::unbounded_channel();
        let (report, over) = watch::channel(None);
        let name = settings.name.clone();
        let house = house.map(|house| house.start(Arc::clone(&store), Arc::clone(&clock)));
        let (concurrency, changed) = watch::channel(settings.concurrency);
        let gauges = Arc::new(Gauges::default());
        let shown = Arc::clone(&gauges);
        let coordinator = Coordinator::new(store, Arc::clone(&clock), settings, handlers, shown);
        tokio::spawn(async move {
            let shutdown = coordinator.run(taken, changed).await;
            report.send_replace(Some(shutdown));
        });
        Self {
            name,
            orders,
            concurrency,
            gauges,
            over,
            clock,
            house,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// How busy it is now; of a worker that has shut down nothing runs.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.gauges.read(*self.concurrency.borrow())
    }

    /// Changes how many handlers run at once, 1 to 100,000. It counts for all that is claimed from now
    /// on; what runs beyond it goes on. The store hears of it, too.
    ///
    /// # Errors
    /// [`InvalidInput`] (`concurrency`): then nothing changes.
    pub fn set_concurrency(&self, handlers: u32) -> Result<(), InvalidInput> {
        check_concurrency(handlers)?;
        self.concurrency.send_replace(handlers);
        Ok(())
    }

    /// Stops it: claims nothing more, hands back what has not begun, lets what runs go on, and is
    /// over when all has ended or when `deadline` has passed, whichever is earlier.
    ///
    /// Before the deadline (by the grace for cancellation, or a quarter of the time given) the tokens
    /// of what still runs are tripped; what does not end by itself is aborted and handed back,
    /// refunded, to its old place in line. A second call with an earlier deadline moves it forward.
    pub async fn shutdown(&self, deadline: Duration) -> Shutdown {
        self.depart(Departure::Within(deadline)).await
    }

    /// Stops it like [`shutdown`](Self::shutdown), but with a time of their own for the last writes: what
    /// runs may go on for all of `grace`, and after it the store has `writes` to hear of what is handed
    /// back. Over as soon as it has heard of everything.
    ///
    /// Tokens are tripped before the end of `grace`, by the grace for cancellation or a quarter of
    /// `grace`. For those who tell what became of everything: a short deadline of `shutdown` may
    /// pass before the store has answered.
    pub async fn shutdown_after(&self, grace: Duration, writes: Duration) -> Shutdown {
        self.depart(Departure::After { grace, writes }).await
    }

    /// Stops it at once: aborts and hands back everything, and waits half a second at most for the
    /// store to hear of it.
    pub async fn shutdown_now(&self) -> Shutdown {
        self.depart(Departure::Now).await
    }

    /// Ends when the worker has shut down, whoever asked for it, and its housekeeping has stopped; for
    /// that it waits half a second at most.
    pub async fn finished(&self) -> Shutdown {
        let report = self.report().await;
        self.stop_house(self.clock.sleep(LAST_WRITES_NOW)).await;
        report
    }

    async fn depart(&self, departure: Departure) -> Shutdown {
        let over = self.clock.sleep(departure.time());
        let _ = self.orders.send(departure);
        let report = self.report().await;
        self.stop_house(over).await;
        report
    }

    async fn report(&self) -> Shutdown {
        let mut over = self.over.clone();
        match over.wait_for(Option::is_some).await {
            Ok(report) => report.unwrap_or_default(),
            Err(_) => Shutdown::default(),
        }
    }

    /// Stops the housekeeping, and waits for it as long as there is time: a store that is away keeps its
    /// calls, and nothing is lost with them.
    async fn stop_house(&self, over: impl Future<Output = ()>) {
        let Some(house) = &self.house else {
            return;
        };
        tokio::select! {
            biased;
            () = house.stop() => {}
            () = over => {}
        }
    }
}
