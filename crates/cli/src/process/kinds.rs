//! A worker as the settings want it.

use duly::{Duly, House, WorkerBuilder};
use duly_config::{Command as Said, Config, Settings};
use duly_server::kinds::http::{InvalidRule, Targets};
use duly_server::kinds::shell::{Command, Commands};
use duly_server::kinds::{self, Kinds};

use crate::failure::Failure;

/// A worker that is not started yet.
pub(crate) fn worker(duly: &Duly, config: &Config) -> Result<WorkerBuilder, Failure> {
    let kinds = Kinds {
        targets: targets(config)?,
        commands: commands(config)?,
    };
    let worker = kinds::worker(duly, kinds).map_err(anyhow::Error::new)?;
    Ok(told(worker, &config.settings))
}

fn told(worker: WorkerBuilder, settings: &Settings) -> WorkerBuilder {
    let said = &settings.worker;
    let worker = match said.weighted_queues() {
        Some(queues) => worker.queues_by_weight(queues),
        None => worker.queues(said.queues.iter().map(String::as_str)),
    };
    let worker = worker
        .concurrency(said.concurrency)
        .prefetch(said.prefetch)
        .heartbeat(said.heartbeat)
        .lease(said.lease)
        .cancel_grace(said.cancel_grace)
        .labels(said.labels.clone().into_iter().collect())
        .house(House::default());
    match &said.name {
        Some(name) => worker.name(name.as_str()),
        None => worker,
    }
}

/// Where requests may go. A worker is told the same as the server whose file it reads: who can submit
/// tasks there, can have requests made here.
pub(crate) fn targets(config: &Config) -> Result<Targets, Failure> {
    let said = &config.settings.http;
    let refused = |setting: &str, error: InvalidRule| {
        Failure::Usage(format!("{}: {setting}: {error}", config.origin(setting)))
    };
    let start = match &said.allow {
        Some(_) => Targets::nowhere(),
        // Who gives it a name lets others in by it, if only through a proxy on this machine.
        None if !config.settings.server.hosts.is_empty() => Targets::public(),
        None => Targets::of_listener(config.settings.server.listen.ip()),
    };
    let mut allow = said.allow.iter().flatten();
    let allowed = allow.try_fold(start, |targets, rule| targets.allow(rule));
    let allowed = allowed.map_err(|error| refused("http.allow", error))?;
    let denied = said
        .deny
        .iter()
        .try_fold(allowed, |targets, rule| targets.deny(rule));
    denied.map_err(|error| refused("http.deny", error))
}

/// The commands of the kind `shell`; their programs are looked for here.
fn commands(config: &Config) -> Result<Commands, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut commands = Commands::new(path);
    for (name, said) in &config.settings.shell.commands {
        commands = commands.add(name, command(said)).map_err(|error| {
            let origin = config.origin(&format!("shell.commands.{name}"));
            Failure::Usage(format!("{origin}: {error}"))
        })?;
    }
    Ok(commands)
}

fn command(said: &Said) -> Command {
    let mut command = Command::new(&said.program)
        .args(&said.args)
        .extra_args(said.extra_args as usize)
        .output_bytes_max(said.output_bytes_max as usize)
        .grace(said.grace)
        .success(said.success.iter().copied());
    for (name, value) in &said.env {
        command = command.env(name, value.expose());
    }
    command = said.pass_env.iter().fold(command, Command::pass_env);
    command = said.free_env.iter().fold(command, Command::free_env);
    if let Some(dir) = &said.dir {
        command = command.dir(dir);
    }
    if let Some(timeout) = said.timeout {
        command = command.timeout(timeout);
    }
    if let Some(codes) = &said.retry {
        command = command.retry(codes.iter().copied());
    }
    if said.free_dir {
        command = command.free_dir();
    }
    if said.stdin {
        command = command.stdin();
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use duly_config::{Sources, bounds};
    use duly_server::kinds::{http, shell};

    fn config(variables: &[(&str, &str)]) -> Config {
        let all = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        Config::load(&Sources::default().environment(all)).unwrap()
    }

    #[test]
    fn a_command_of_which_nothing_is_said_is_as_the_kind_has_it() {
        let config = config(&[("DULY__SHELL__COMMANDS__A__PROGRAM", "/bin/a")]);
        let said = &config.settings.shell.commands["a"];
        assert_eq!(command(said), Command::new("/bin/a"));
    }

    #[test]
    fn everything_that_is_said_of_a_command_arrives() {
        let config = config(&[(
            "DULY__SHELL__COMMANDS__A",
            "{program: a, args: [b], extra_args: 2, env: {C: d}, pass_env: [E], free_env: [F], dir: /g, \
             free_dir: true, stdin: true, output_bytes_max: 7, timeout: 8s, grace: 9s, success: [0, 10], \
             retry: [11]}",
        )]);
        let expected = Command::new("a")
            .args(["b"])
            .extra_args(2)
            .env("C", "d")
            .pass_env("E")
            .free_env("F")
            .dir("/g")
            .free_dir()
            .stdin()
            .output_bytes_max(7)
            .timeout(std::time::Duration::from_secs(8))
            .grace(std::time::Duration::from_secs(9))
            .success([0, 10])
            .retry([11]);
        assert_eq!(command(&config.settings.shell.commands["a"]), expected);
    }

    #[test]
    fn requests_may_go_where_the_settings_say() {
        let shown = |variables: &[(&str, &str)]| targets(&config(variables)).unwrap().to_string();
        assert_eq!(shown(&[]), "allow *; deny nothing");
        let open = [
            ("DULY__SERVER__LISTEN", "0.0.0.0:1"),
            ("DULY__SERVER__HOSTS", "duly.example.org"),
            ("DULY__SERVER__TOKEN_FILE", "tokens"),
        ];
        assert_eq!(shown(&open), "allow public; deny nothing");
        let behind_a_proxy = [("DULY__SERVER__HOSTS", "duly.example.org")];
        assert_eq!(shown(&behind_a_proxy), "allow public; deny nothing");
        let said = [
            ("DULY__HTTP__ALLOW", "a.example.org, 10.0.0.0/8"),
            ("DULY__HTTP__DENY", "10.0.0.1"),
        ];
        assert_eq!(
            shown(&said),
            "allow a.example.org, 10.0.0.0/8; deny 10.0.0.1"
        );
    }

    /// The configuration knows neither the store nor the server: what it says of them must be so.
    #[test]
    fn bounds_are_those_of_who_obeys() {
        assert_eq!(bounds::NAME_BYTES_MAX, duly::store::bounds::NAME_BYTES_MAX);
        assert_eq!(bounds::NAMES_MAX, duly::store::bounds::WORKER_NAMES_MAX);
        assert_eq!(bounds::LABELS_MAX, duly::store::bounds::LABELS_MAX);
        assert_eq!(bounds::RETENTION_MAX, duly::store::bounds::RETENTION_MAX);
        assert_eq!(bounds::NAMES_MAX, shell::bounds::COMMANDS_MAX);
        assert_eq!(bounds::LIST_MAX, shell::bounds::ARGS_MAX);
        assert_eq!(http::bounds::RULES_MAX, 100);
        assert_eq!(
            bounds::PAYLOAD_BYTES_MAX as usize,
            duly::store::bounds::PAYLOAD_BYTES_MAX
        );
        let queue = duly::QueueSettings::default();
        let template = duly_config::template();
        for line in [
            format!("#bound: {}", queue.bound),
            format!(
                "#keep_completed: {}",
                duly_api::duration::format(queue.retention_completed)
            ),
            format!(
                "#keep_failed: {}",
                duly_api::duration::format(queue.retention_failed)
            ),
            format!("#output_bytes_max: {}", shell::bounds::OUTPUT_BYTES_DEFAULT),
        ] {
            assert!(template.contains(&line), "{line}");
        }
        let settings = Settings::default();
        assert_eq!(
            super::super::backlog(&settings),
            duly_server::Backlog::default()
        );
    }
}
