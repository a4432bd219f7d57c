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
    let single = [heartbeat(config), queues(config), listen(config)];
    let commands = programs(config).chain(successes(config));
    single.into_iter().flatten().chain(commands).collect()
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

/// Commands without a program.
fn programs(config: &Config) -> impl Iterator<Item = Fault> {
    let commands = config.settings.shell.commands.iter();
    let without = commands.filter(|(_, command)| command.program.as_os_str().is_empty());
    without.map(|(name, _)| {
        let command = format!("shell.commands.{name}");
        let message = format!("{command}.program is missing: expected the path of a program");
        about(config, &[&command], message)
    })
}

/// Commands that cannot succeed.
fn successes(config: &Config) -> impl Iterator<Item = Fault> {
    let commands = config.settings.shell.commands.iter();
    let never = commands.filter(|(_, command)| command.success.is_empty());
    never.map(|(name, _)| {
        let setting = format!("shell.commands.{name}.success");
        let message = format!("{setting} is empty: expected at least one exit code");
        about(config, &[&setting], message)
    })
}

/// A fault about the first of the settings that somebody has said something about.
fn about(config: &Config, settings: &[&str], message: String) -> Fault {
    let said = |setting: &&&str| config.origin(setting) != Origin::Default;
    let setting = settings.iter().find(said).or(settings.first());
    let setting = setting.copied().unwrap_or_default();
    Fault::about(config.origin(setting), setting, message)
}
