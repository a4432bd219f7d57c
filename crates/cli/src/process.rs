//! What `duly serve` and `duly worker` share: a process that goes on until it is told to stop, with a
//! configuration that may change meanwhile.

mod bounds;
mod changes;
mod flags;
mod keeper;
mod kinds;
mod life;
mod limits;
mod options;
mod queues;
mod schedules;
mod tenants;

pub(crate) use flags::Flags;
pub(crate) use keeper::Keeper;
pub(crate) use kinds::{targets, worker};
pub(crate) use life::Life;
pub(crate) use options::options;

use std::net::SocketAddr;

use duly::{Duly, House, Housekeeper};
use duly_config::{Config, Settings, Sources};
use duly_server::{App, Backlog, ListenError, Options, bind};
use tokio::net::TcpListener;

use crate::failure::Failure;
use crate::logs::{self, Logs};
use crate::{config, store};

/// What holds, and logs that are written as it says.
pub(crate) fn begin(
    mut sources: Sources,
    logs: &logs::Arguments,
) -> Result<(Sources, Config, Logs), Failure> {
    logs.say(&mut sources);
    let config = config::load(&sources)?;
    let logs = Logs::start(&config.settings.logs)?;
    doubt(&config);
    Ok((sources, config, logs))
}

/// Says what is hardly meant so.
fn doubt(config: &Config) {
    for doubt in config.doubts() {
        tracing::warn!("{doubt}");
    }
}

/// Opens the store that the configuration names, with the rules that it says.
pub(crate) async fn open(config: &Config) -> Result<Duly, Failure> {
    let origin = match config.origin("store") {
        duly_config::Origin::Default => "store".to_owned(),
        origin => origin.to_string(),
    };
    let rules = config::compiled(config)?;
    let duly = store::open_as(&origin, config.settings.store.as_str()).await?;
    duly.prioritiser().set(rules);
    Ok(duly)
}

/// An app over the store, as the settings want it.
pub(crate) fn app(duly: &Duly, settings: &Settings, options: Options) -> App {
    App::with_options(duly.clone(), options).with_backlog(backlog(settings))
}

const fn backlog(settings: &Settings) -> Backlog {
    Backlog {
        pending_max: settings.health.queue_pending_max,
        age_max: settings.health.oldest_age_max,
    }
}

/// A listener where the settings want it.
pub(crate) async fn listener(
    config: &Config,
    setting: &str,
    address: SocketAddr,
    options: &Options,
) -> Result<TcpListener, Failure> {
    bind(address, options).await.map_err(|error| match error {
        ListenError::NoToken(_) | ListenError::NoHost(_) => {
            Failure::Usage(format!("{}: {error}", config.origin(setting)))
        }
        // Its text names the cause already.
        other => anyhow::anyhow!("{other}").into(),
    })
}

/// An address as it is typed.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "expected an address and a port, such as 127.0.0.1:7788 or [::1]:7788".into())
}

/// Keeps house without executing anything.
pub(crate) fn housekeeper(duly: &Duly, settings: &Settings) -> Housekeeper {
    let house = House::default().lease(settings.worker.lease);
    house.start(duly.store().clone(), duly.clock().clone())
}

/// What runs, for people.
pub(crate) fn worker_shown(settings: &Settings) -> String {
    let worker = &settings.worker;
    let many = if worker.queues.len() == 1 {
        "queue"
    } else {
        "queues"
    };
    let (http, shell) = (
        duly_server::kinds::http::KIND,
        duly_server::kinds::shell::KIND,
    );
    let kinds = if settings.shell.commands.is_empty() {
        format!("kind {http}")
    } else {
        format!("kinds {http} and {shell}")
    };
    let queues = match worker.weighted_queues() {
        Some(queues) => {
            let weighted = queues
                .iter()
                .map(|(name, weight)| format!("{name}={weight}"));
            weighted.collect::<Vec<_>>().join(", ") + " (by weight)"
        }
        None => worker.queues.join(", "),
    };
    format!(
        "runs the {kinds}, from {many} {queues}, {} at once",
        worker.concurrency
    )
}

/// The path of the store's file, spelled out.
pub(crate) fn data_shown(settings: &Settings) -> String {
    let store = settings.store.as_str();
    let is_memory = store.starts_with("memory:");
    match store::file(store) {
        Some(path) if is_memory => {
            let path = path.display();
            format!("in memory, and saved now and then and at the end to {path}")
        }
        Some(path) => {
            let path = std::path::absolute(&path).unwrap_or(path);
            path.display().to_string()
        }
        None if is_memory => "in memory: gone when this process ends".to_owned(),
        None => settings.store.to_string(),
    }
}

/// The file that was read, or where one could come from.
pub(crate) fn config_shown(config: &Config) -> String {
    config.file().map_or_else(
        || "no file: `duly config template` prints one".to_owned(),
        |file| file.display().to_string(),
    )
}
