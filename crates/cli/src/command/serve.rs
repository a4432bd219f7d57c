//! `duly serve`.

mod banner;
mod life;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::Context;
use duly::{Duly, WorkerBuilder};
use duly_server::{ListenError, Options, bind, kinds};

use crate::failure::Failure;
use crate::store;
use duly_api::duration;

use banner::Banner;
use life::Life;

/// Handlers at once unless told otherwise: the kinds that the server has wait for others mostly.
const CONCURRENCY: u32 = 64;
/// How many handlers there may be at once.
const CONCURRENCIES: RangeInclusive<i64> = 1..=100_000;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// Where the tasks are: sqlite:FILE, or memory: for nothing that lasts
    #[arg(
        long,
        env = "DULY_STORE",
        value_name = "URL",
        default_value = "sqlite:duly.db"
    )]
    store: String,
    /// Where the API listens: a loopback address; port 0 is any free one
    #[arg(long, value_parser = address, value_name = "ADDRESS", default_value = "127.0.0.1:7788")]
    listen: SocketAddr,
    /// How many tasks run at once
    #[arg(long, value_name = "N", default_value_t = CONCURRENCY, conflicts_with = "no_worker",
          allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(CONCURRENCIES))]
    concurrency: u32,
    /// Only take tasks and show them; run none
    #[arg(long)]
    no_worker: bool,
    /// The queue that is worked on; may be repeated
    #[arg(
        long,
        value_name = "QUEUE",
        default_value = "default",
        conflicts_with = "no_worker"
    )]
    queue: Vec<String>,
    /// The name that the worker is shown under [default: worker- and the id of the process]
    #[arg(long, value_name = "NAME", conflicts_with = "no_worker")]
    name: Option<String>,
    /// How long running tasks may go on after SIGTERM or Ctrl-C, before they are handed back
    #[arg(long, value_parser = duration::parse, value_name = "DURATION", default_value = "30s",
          allow_hyphen_values = true)]
    shutdown_timeout: Duration,
}

/// Serves until told to stop; the second signal ends it at once.
pub(crate) async fn run(asked: Arguments, json: bool) -> Result<(), Failure> {
    let options = Options::default();
    // The address first: a server that cannot listen shall leave no new file behind.
    let listener = bind(asked.listen, &options).await.map_err(refused)?;
    let duly = store::open(&asked.store).await?;
    let address = listener.local_addr().context("cannot tell the address")?;
    let mut life = Life::begin(&duly, options, listener, asked.shutdown_timeout)?;
    if asked.no_worker {
        life.keep_house(&duly);
    } else {
        life.work(worker(&duly, &asked)?)?;
    }
    Banner::new(&asked, address).print(json)?;
    life.live().await;
    duly.close().await;
    Ok(())
}

fn refused(error: ListenError) -> Failure {
    match error {
        ListenError::NoToken(_) | ListenError::NoHost(_) => Failure::Usage(error.to_string()),
        // Its text names the cause already.
        other => anyhow::anyhow!("{other}").into(),
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "expected an address and a port, such as 127.0.0.1:7788 or [::1]:7788".into())
}

fn worker(duly: &Duly, asked: &Arguments) -> Result<WorkerBuilder, Failure> {
    let worker = kinds::worker(duly, kinds::Kinds::default()).map_err(anyhow::Error::new)?;
    let mut worker = worker.concurrency(asked.concurrency);
    worker = worker.queues(asked.queue.iter().map(String::as_str));
    if let Some(name) = &asked.name {
        worker = worker.name(name.as_str());
    }
    Ok(worker)
}
