//! `duly serve`.

mod banner;

use std::net::SocketAddr;

use anyhow::Context;
use duly_config::Sources;
use duly_server::router;

use crate::failure::Failure;
use crate::logs;
use crate::process::{self, Flags, Keeper, Life};
use crate::store;

use banner::Banner;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// Where the API listens; port 0 is any free one [default: 127.0.0.1:7788]
    #[arg(long, value_parser = process::address, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Only take tasks and show them; run none
    #[arg(long, conflicts_with_all = ["concurrency", "queue", "name"])]
    no_worker: bool,
}

impl Arguments {
    fn sources(&self) -> Sources {
        let mut sources = self.flags.sources();
        if let Some(address) = self.listen {
            sources.flag("server.listen", "--listen", address.to_string());
        }
        if self.no_worker {
            sources.flag("worker.enabled", "--no-worker", "false");
        }
        sources
    }
}

/// Serves until told to stop; the second signal ends it at once.
pub(crate) async fn run(
    asked: Arguments,
    logs: &logs::Arguments,
    json: bool,
) -> Result<(), Failure> {
    let (sources, config, logs) = process::begin(asked.sources(), logs)?;
    let settings = &config.settings;
    let options = process::options(&config)?;
    // The address first: a server that cannot listen shall leave no new file behind.
    let listen = settings.server.listen;
    let listener = process::listener(&config, "server.listen", listen, &options).await?;
    let address = listener.local_addr().context("cannot tell the address")?;
    let duly = process::open(&config).await?;
    let app = process::app(&duly, settings, options);
    let mut keeper = Keeper::new(sources, config.clone(), logs, duly.clone()).app(&app);
    keeper.begin().await?;
    let mut life = Life::begin(settings.server.shutdown_timeout)?;
    life.serve(&app, router(app.clone()), listener);
    if settings.worker.enabled {
        life.work(process::worker(&duly, &config)?)?;
    } else {
        life.keep_house(process::housekeeper(&duly, settings));
    }
    Banner::new(&config, address).print(json)?;
    life.live(&mut keeper).await;
    store::close(&duly, Ok(())).await
}
