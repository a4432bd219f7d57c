//! From the first request to the last: what runs, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use duly::{Housekeeper, Observer, Worker, WorkerBuilder, signal::Signals};
use duly_server::{App, serve};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Keeper;
use super::bounds::ANSWERS_WAIT_MAX;
use crate::failure::Failure;

/// A process that goes on until it is told to stop.
pub(crate) struct Life {
    signals: Signals,
    stop: watch::Sender<bool>,
    api: Option<JoinHandle<()>>,
    work: Work,
    /// Counts what the worker does, if somebody can ask.
    observer: Option<Arc<dyn Observer>>,
    shutdown_timeout: Duration,
}

enum Work {
    None,
    House(Housekeeper),
    Worker(Worker),
}

impl Life {
    /// Listens for signals from now on.
    pub(crate) fn begin(shutdown_timeout: Duration) -> Result<Self, Failure> {
        Ok(Self {
            signals: Signals::listen().context("cannot listen for signals")?,
            stop: watch::Sender::new(false),
            api: None,
            work: Work::None,
            observer: None,
            shutdown_timeout,
        })
    }

    /// Answers requests, and counts what will be done.
    pub(crate) fn serve(&mut self, app: &App, router: Router, listener: TcpListener) {
        let told = told(self.stop.subscribe());
        let stopped = {
            let app = app.clone();
            async move {
                told.await;
                app.end_streams();
            }
        };
        tokio::spawn({
            let app = app.clone();
            async move { app.sample().await }
        });
        self.observer = Some(app.observer());
        let patience = self.shutdown_timeout.min(ANSWERS_WAIT_MAX);
        let api = serve(listener, router, stopped, patience);
        self.api = Some(tokio::spawn(api));
    }

    /// Executes tasks, and keeps house.
    pub(crate) fn work(&mut self, worker: WorkerBuilder) -> Result<(), Failure> {
        let worker = match &self.observer {
            Some(observer) => worker.observe(Arc::clone(observer)),
            None => worker,
        };
        let worker = worker.start();
        self.work = Work::Worker(worker.map_err(|error| Failure::Usage(error.to_string()))?);
        Ok(())
    }

    /// Keeps house without executing anything.
    pub(crate) fn keep_house(&mut self, house: Housekeeper) {
        self.work = Work::House(house);
    }

    /// Goes on until a signal comes, and then ends in good order, or at once on a second one.
    pub(crate) async fn live(mut self, keeper: &mut Keeper) {
        let worker = match &self.work {
            Work::Worker(worker) => Some(worker),
            _ => None,
        };
        tokio::select! {
            () = self.signals.next() => {}
            never = keeper.follow(worker) => match never {},
        }
        tracing::info!("stopping: running tasks may end; a second signal ends at once");
        self.stop.send_replace(true);
        let in_order = async {
            end(&self.work, self.shutdown_timeout).await;
            if let Some(api) = &mut self.api
                && let Err(error) = api.await
            {
                tracing::error!(%error, "the API ended badly");
            }
        };
        tokio::select! {
            () = in_order => {}
            () = self.signals.next() => {
                tracing::warn!("ending at once: what runs is handed back");
                if let Some(api) = &self.api {
                    api.abort();
                }
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
