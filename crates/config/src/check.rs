//! What settings must be to each other.

use std::time::Duration;

use duly_api::duration;

use crate::config::Config;
use crate::fault::Fault;
use crate::origin::Origin;

/// Heartbeats that a lease must have room for.
const BEATS: u32 = 3;

/// Everything that does not fit together.
pub(crate) fn all(config: &Config) -> Vec<Fault> {
    [heartbeat(config), queues(config), listen(config)]
        .into_iter()
        .flatten()
        .collect()
}

fn heartbeat(config: &Config) -> Option<Fault> {
    let worker = &config.settings.worker;
    let third: Duration = worker.lease / BEATS;
    (worker.heartbeat > third).then(|| {
        let message = format!(
            "worker.heartbeat is {}: expected at most a third of worker.lease, which is {}",
            duration::format(worker.heartbeat),
            duration::format(worker.lease),
        );
        about(config, &["worker.heartbeat", "worker.lease"], message)
    })
}

fn queues(config: &Config) -> Option<Fault> {
    config.settings.worker.queues.is_empty().then(|| {
        let message = "worker.queues is empty: expected at least one queue".to_owned();
        about(config, &["worker.queues"], message)
    })
}

fn listen(config: &Config) -> Option<Fault> {
    let server = &config.settings.server;
    let asks = server.token_file.is_some() || !server.tokens.is_empty();
    (!server.listen.ip().is_loopback() && !asks).then(|| {
        let message = format!(
            "server.listen is {}: expected a loopback address such as 127.0.0.1:7788, because \
             without server.token_file the API does not ask who calls",
            server.listen
        );
        about(config, &["server.listen"], message)
    })
}

/// A fault about the first of the settings that somebody has said something about.
fn about(config: &Config, settings: &[&str], message: String) -> Fault {
    let said = |setting: &&&str| config.origin(setting) != Origin::Default;
    let setting = settings.iter().find(said).or(settings.first());
    let setting = setting.copied().unwrap_or_default();
    Fault::about(config.origin(setting), setting, message)
}
