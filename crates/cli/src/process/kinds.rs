//! A worker as the settings want it.

use duly::{Duly, House, WorkerBuilder};
use duly_config::{Command as Said, Config, Settings};
use duly_server::kinds::shell::{Command, Commands};
use duly_server::kinds::{self, Kinds};

use crate::failure::Failure;

/// A worker that is not started yet.
pub(crate) fn worker(duly: &Duly, config: &Config) -> Result<WorkerBuilder, Failure> {
    let kinds = Kinds {
        commands: commands(config)?,
    };
    let worker = kinds::worker(duly, kinds).map_err(anyhow::Error::new)?;
    Ok(told(worker, &config.settings))
}

fn told(worker: WorkerBuilder, settings: &Settings) -> WorkerBuilder {
    let said = &settings.worker;
    let worker = worker
        .queues(said.queues.iter().map(String::as_str))
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
