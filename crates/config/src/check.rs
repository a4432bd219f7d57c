//! What settings must be to each other.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use duly_api::duration;
use duly_core::bounds::TASK_LIMITS_MAX;
use duly_core::rules::InvalidRule;

use crate::config::Config;
use crate::fault::Fault;
use crate::node::quoted;
use crate::origin::Origin;

/// Heartbeats that a lease must have room for.
const BEATS: u32 = 3;

/// Everything that does not fit together.
pub(crate) fn all(config: &Config) -> Vec<Fault> {
    let server = Some(config.settings.server.listen);
    let single = [
        heartbeat(config),
        queues(config),
        weights(config),
        listen(config, "server.listen", server),
        listen(config, "worker.listen", config.settings.worker.listen),
    ];
    let commands = programs(config).chain(successes(config));
    let rules = rules(config);
    let named = commands.chain(rules).chain(schedules(config));
    let named = named.chain(limits(config)).chain(crowds(config));
    let named = named.chain(burdens(config));
    single.into_iter().flatten().chain(named).collect()
}

/// What makes sense, but hardly what was meant: rules that can never decide.
pub(crate) fn doubts(config: &Config) -> Vec<Fault> {
    let Ok(rules) = config.settings.priority_rules.compile() else {
        return Vec::new();
    };
    let doubts = rules.unreachable().map(|(rule, earlier)| {
        let setting = format!("priority_rules.{}", rule.name());
        let message = format!(
            "{setting} never decides: whatever it holds for is decided by priority_rules.{}, which \
             comes before: expected it earlier, or other conditions",
            earlier.name()
        );
        Fault::about(config.origin(&setting), &setting, message)
    });
    doubts.collect()
}

/// Rules that make no sense, or can never hold.
fn rules(config: &Config) -> impl Iterator<Item = Fault> {
    let faults = config.settings.priority_rules.faults().into_iter();
    faults.map(|fault| {
        let InvalidRule {
            rule,
            field,
            value,
            expected,
        } = fault;
        if rule.is_empty() {
            let message = format!("priority_rules has {value} {field}: expected {expected}");
            return about(config, &["priority_rules"], message);
        }
        let rule = format!("priority_rules.{rule}");
        let setting = format!("{rule}.{field}");
        let message = format!("{setting} is {value}: expected {expected}");
        about(config, &[&setting, &rule], message)
    })
}

/// Schedules whose settings contradict each other.
fn schedules(config: &Config) -> impl Iterator<Item = Fault> {
    let schedules = config.settings.schedules.iter();
    schedules.filter_map(|(name, said)| {
        let wrong = said.checked().err()?;
        let schedule = format!("schedules.{name}");
        let setting = format!("{schedule}.{}", wrong.field);
        let message = format!("{setting} {}", wrong.problem);
        Some(about(config, &[&setting, &schedule], message))
    })
}

/// Limits whose settings contradict each other.
fn limits(config: &Config) -> impl Iterator<Item = Fault> {
    let limits = config.settings.limits.iter();
    limits.filter_map(|(name, said)| {
        let wrong = said.checked().err()?;
        let limit = format!("limits.{name}");
        let setting = format!("{limit}.{}", wrong.field);
        let message = format!("{setting} {}", wrong.problem);
        Some(about(config, &[&setting, &limit], message))
    })
}

/// Schedules whose tasks could never start: they weigh more than a limit ever lets through.
fn burdens(config: &Config) -> impl Iterator<Item = Fault> {
    let schedules = config.settings.schedules.iter();
    let burdens = schedules.flat_map(|(schedule, said)| {
        let uses = said.limits.iter();
        uses.map(move |(limit, weight)| (schedule, limit, *weight))
    });
    burdens.filter_map(|(schedule, limit, weight)| {
        let (what, most) = config.settings.limits.get(limit)?.exceeded(weight)?;
        let setting = format!("schedules.{schedule}.limits");
        let message = format!(
            "{setting} has {limit:?} with a weight of {weight}: expected at most {most}, which is \
             limits.{limit}.{what}; its tasks could never start"
        );
        Some(about(config, &[&setting], message))
    })
}

/// What too many limits are attached to.
fn crowds(config: &Config) -> impl Iterator<Item = Fault> {
    let mut counts: BTreeMap<(&str, &str), (usize, &str)> = BTreeMap::new();
    for (limit, said) in &config.settings.limits {
        for (what, attached) in said.attached() {
            for name in attached.keys() {
                let (count, last) = counts.entry((what, name)).or_default();
                (*count, *last) = (*count + 1, limit);
            }
        }
    }
    let crowds = counts.into_iter();
    let crowds = crowds.filter(|(_, (count, _))| *count > TASK_LIMITS_MAX);
    crowds.map(|((what, name), (count, limit))| {
        let setting = format!("limits.{limit}.{what}");
        let message = format!(
            "{setting} has {name:?}, to which {count} limits are attached: expected at most \
             {TASK_LIMITS_MAX}"
        );
        about(config, &[&setting], message)
    })
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

fn weights(config: &Config) -> Option<Fault> {
    let worker = &config.settings.worker;
    let mut weighted = worker.queue_weights.keys();
    let stranger = weighted.find(|name| !worker.queues.contains(name))?;
    let message = format!(
        "worker.queue_weights has {}, which is none of worker.queues: expected queues that the worker \
         works on",
        quoted(stranger)
    );
    let settings = ["worker.queue_weights", "worker.queues"];
    Some(about(config, &settings, message))
}

/// What others can reach must ask who calls, and know what it is called.
fn listen(config: &Config, setting: &str, address: Option<SocketAddr>) -> Option<Fault> {
    let (server, address) = (&config.settings.server, address?);
    let missing = match (server.asks(), server.hosts.is_empty()) {
        _ if address.ip().is_loopback() => return None,
        (false, _) => "server.token_file, without which the API does not ask who calls",
        (true, true) => "server.hosts, the names that others call it by",
        (true, false) => return None,
    };
    let message = format!(
        "{setting} is {address}, which other machines can reach: expected a loopback address such as \
         127.0.0.1:7788, or {missing}"
    );
    Some(about(config, &[setting], message))
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
