//! From the first request to the last: what runs, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use duly::{Duly, Housekeeper, Observer, Worker, WorkerBuilder, signal::Signals};
use duly_server::{App, Options, router, serve};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::failure::Failure;

/// How long answers that are under way may take once it stops, and never longer than the tasks.
const ANSWERS_WAIT_MAX: Duration = Duration::from_secs(5);

/// A serving process.
pub(super) struct Life {
    signals: Signals,
    stop: watch::Sender<bool>,
    api: JoinHandle<()>,
    work: Work,
    /// Counts what the worker does.
    observer: Arc<dyn Observer>,
    shutdown_timeout: Duration,
}

enum Work {
    None,
    House(Housekeeper),
    Worker(Worker),
}

impl Life {
    /// Serves the API, and listens for signals from now on.
    pub(super) fn begin(
        duly: &Duly,
        options: Options,
        listener: TcpListener,
        shutdown_timeout: Duration,
    ) -> Result<Self, Failure> {
        let signals = Signals::listen().context("cannot listen for signals")?;
        let (stop, stopped) = watch::channel(false);
        let app = App::with_options(duly.clone(), options);
        let stopped = {
            let app = app.clone();
            async move {
                told(stopped).await;
                app.end_streams();
            }
        };
        tokio::spawn({
            let app = app.clone();
            async move { app.sample().await }
        });
        let observer = app.observer();
        let patience = shutdown_timeout.min(ANSWERS_WAIT_MAX);
        let api = tokio::spawn(serve(listener, router(app), stopped, patience));
        Ok(Self {
            signals,
            stop,
            api,
            work: Work::None,
            observer,
            shutdown_timeout,
        })
    }

    /// Executes tasks, and keeps house.
    pub(super) fn work(&mut self, worker: WorkerBuilder) -> Result<(), Failure> {
        let worker = worker.observe(Arc::clone(&self.observer)).start();
        self.work = Work::Worker(worker.map_err(|error| Failure::Usage(error.to_string()))?);
        Ok(())
    }

    /// Keeps house without executing anything.
    pub(super) fn keep_house(&mut self, duly: &Duly) {
        self.work = Work::House(duly.housekeeper());
    }

    /// Goes on until a signal comes, and then ends in good order, or at once on a second one.
    pub(super) async fn live(mut self) {
        self.signals.next().await;
        tracing::info!("stopping: running tasks may end; a second signal ends at once");
        self.stop.send_replace(true);
        let in_order = async {
            end(&self.work, self.shutdown_timeout).await;
            if let Err(error) = (&mut self.api).await {
                tracing::error!(%error, "the API ended badly");
            }
        };
        tokio::select! {
            () = in_order => {}
            () = self.signals.next() => {
                tracing::warn!("ending at once: what runs is handed back");
                self.api.abort();
                if let Work::Worker(worker) = &self.work {
                    worker.shutdown_now().await;
                }
            }
        }
    }
}

async fn end(work: &Work, timeout: Duration) {
    match work {
        Work::None => {}
        Work::House(house) => house.stop().await,
        Work::Worker(worker) => {
            let shutdown = worker.shutdown(timeout).await;
            tracing::info!(
                finished = shutdown.finished,
                handed_back = shutdown.handed_back,
                abandoned = shutdown.abandoned,
                "the worker has stopped"
            );
        }
    }
}

/// Ends when it is told to stop, or nobody is left who could.
async fn told(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
