//! `duly worker`: runs tasks of a store, without an API.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::Context;
use duly_config::{Config, Sources};
use duly_server::monitor;
use serde_json::json;

use crate::failure::Failure;
use crate::process::{self, Flags, Keeper, Life};
use crate::store;
use crate::{logs, output};

const EXAMPLES: &str = "\
Examples:
  duly worker --store sqlite:duly.db --queue mail --queue default
  duly worker --store sqlite:duly.db --queue paid=3 --queue free=1
  duly worker --config duly.yaml --concurrency 8";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// Where /health, /ready and /metrics are answered, and nothing else; nowhere unless given
    #[arg(long, value_parser = process::address, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Arguments {
    fn sources(&self) -> Sources {
        let mut sources = self.flags.sources();
        if let Some(address) = self.listen {
            sources.flag("worker.listen", "--listen", address.to_string());
        }
        sources
    }
}

/// Works until told to stop; the second signal ends it at once.
pub(crate) async fn run(
    asked: Arguments,
    logs: &logs::Arguments,
    json: bool,
) -> Result<(), Failure> {
    let (sources, config, logs) = process::begin(asked.sources(), logs)?;
    let settings = &config.settings;
    let options = process::options(&config)?;
    let listener = match settings.worker.listen {
        Some(address) => {
            Some(process::listener(&config, "worker.listen", address, &options).await?)
        }
        None => None,
    };
    let duly = process::open(&config).await?;
    let worker = process::worker(&duly, &config)?;
    let app = process::app(&duly, settings, options);
    let mut keeper = Keeper::new(sources, config.clone(), logs, duly.clone()).app(&app);
    keeper.begin().await?;
    let mut life = Life::begin(settings.server.shutdown_timeout)?;
    let mut address = None;
    if let Some(listener) = listener {
        address = Some(listener.local_addr().context("cannot tell the address")?);
        life.serve(&app, monitor(app.clone()), listener);
    }
    life.work(worker)?;
    print(&config, address, json)?;
    life.live(&mut keeper).await;
    store::close(&duly, Ok(())).await
}

/// Text, or one line of JSON: programs wait for it to know that it is there.
fn print(config: &Config, address: Option<SocketAddr>, as_json: bool) -> Result<(), Failure> {
    let settings = &config.settings;
    let monitor = address.map(|address| format!("http://{address}"));
    if as_json {
        return output::print_json(&json!({
            "working": settings.worker.queues,
            "weights": settings.worker.weighted_queues().map(BTreeMap::from_iter),
            "listening": monitor,
            "store": settings.store.to_string(),
            "config": config.file(),
            "version": duly_server::VERSION,
        }));
    }
    let monitor = monitor.map_or_else(
        || "not asked for: --listen has /health, /ready and /metrics".to_owned(),
        |monitor| format!("{monitor}/health, /ready and /metrics"),
    );
    output::print(&format!(
        "Duly {}\n  data    {}\n  config  {}\n  worker  {}\n  state   {monitor}\n\nCtrl-C stops it \
         in good order.",
        duly_server::VERSION,
        process::data_shown(settings),
        process::config_shown(config),
        process::worker_shown(settings),
    ))
}
