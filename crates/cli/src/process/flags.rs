//! The flags that `serve` and `worker` share. What is not typed is as the configuration says.

use std::ops::RangeInclusive;
use std::time::Duration;

use duly_api::duration;
use duly_config::Sources;
use duly_core::bounds::QUEUE_WEIGHT_MAX;

use crate::config;

/// How many handlers there may be at once.
const CONCURRENCIES: RangeInclusive<i64> = 1..=100_000;

/// What a queue may weigh.
const WEIGHTS: RangeInclusive<u32> = 1..=QUEUE_WEIGHT_MAX;

const STORE_HELP: &str = "Where the tasks are: sqlite:FILE, or memory: for nothing that lasts [env: \
                          DULY_STORE] [default: sqlite:duly.db]";

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Flags {
    #[command(flatten)]
    pub(crate) config: config::Arguments,
    #[arg(long, value_name = "URL", help = STORE_HELP)]
    store: Option<String>,
    /// How many tasks run at once [default: 64]
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(CONCURRENCIES))]
    concurrency: Option<u32>,
    /// A queue that is worked on; may be repeated. With weights, as in --queue a=3 --queue b=1, each has
    /// so many turns; without, the most urgent work of all is next [default: default]
    #[arg(long, value_name = "QUEUE[=WEIGHT]", value_parser = queue)]
    queue: Vec<(String, Option<u32>)>,
    /// The name that the worker is shown under [default: worker- and the id of the process]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How long running tasks may go on after SIGTERM or Ctrl-C, before they are handed back
    /// [default: 30s]
    #[arg(long, value_parser = duration::parse, value_name = "DURATION",
          allow_hyphen_values = true)]
    shutdown_timeout: Option<Duration>,
}

/// A queue as it is typed, perhaps with its weight: `NAME=WEIGHT`.
fn queue(text: &str) -> Result<(String, Option<u32>), String> {
    match text.rsplit_once('=') {
        None => Ok((text.to_owned(), None)),
        Some((name, weight)) => match weight.parse() {
            Ok(weight) if WEIGHTS.contains(&weight) => Ok((name.to_owned(), Some(weight))),
            _ => Err(format!(
                "expected a queue, or QUEUE=WEIGHT with a weight of {} to {}",
                WEIGHTS.start(),
                WEIGHTS.end()
            )),
        },
    }
}

impl Flags {
    /// What holds: these flags over the environment over the file.
    pub(crate) fn sources(&self) -> Sources {
        let mut sources = self.config.sources();
        if let Some(store) = &self.store {
            sources.flag("store", "--store", store.as_str());
        }
        if let Some(concurrency) = self.concurrency {
            let concurrency = concurrency.to_string();
            sources.flag("worker.concurrency", "--concurrency", concurrency);
        }
        if !self.queue.is_empty() {
            let names = self.queue.iter().map(|(name, _)| name.clone());
            sources.flag_list("worker.queues", "--queue", names);
            let weights = self.queue.iter();
            let weights = weights
                .filter_map(|(name, weight)| Some((name.clone(), weight.as_ref()?.to_string())));
            sources.flag_map("worker.queue_weights", "--queue", weights);
        }
        if let Some(name) = &self.name {
            sources.flag("worker.name", "--name", name.as_str());
        }
        if let Some(timeout) = self.shutdown_timeout {
            let timeout = duration::format(timeout);
            sources.flag("server.shutdown_timeout", "--shutdown-timeout", timeout);
        }
        sources
    }
}
