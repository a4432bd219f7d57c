//! What is to be run: the payload of a task, within what its command allows.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::bounds::{
    ARGS_MAX, GRACE_DEFAULT, OUTPUT_BYTES_DEFAULT, OUTPUT_BYTES_MAX, VARIABLES_MAX,
};
use super::command::{Command, Variable};
use super::commands::{Commands, is_variable};
use super::program;
use crate::kinds::payload;

/// The payload as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    command: Option<String>,
    program: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    stdin: Option<String>,
    #[serde(default, deserialize_with = "duly_api::object::texts")]
    env: BTreeMap<String, String>,
    dir: Option<String>,
    success: Option<BTreeSet<u8>>,
    retry: Option<BTreeSet<u8>>,
    output_bytes_max: Option<usize>,
}

/// A program with everything that it is started with.
#[derive(Debug)]
pub(super) struct Launch {
    /// What it is, for people: no arguments, which may be secrets.
    pub(super) name: String,
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) env: BTreeMap<OsString, OsString>,
    pub(super) dir: Option<PathBuf>,
    pub(super) stdin: Option<String>,
    pub(super) output_bytes_max: usize,
    pub(super) timeout: Option<Duration>,
    pub(super) grace: Duration,
    pub(super) success: BTreeSet<u8>,
    pub(super) retry: Option<BTreeSet<u8>>,
}

impl Launch {
    /// From the payload; the error names the field and what was expected, never a value that may be
    /// secret.
    pub(super) fn read(payload: &[u8], commands: &Commands) -> Result<Self, String> {
        let mut wire: Wire = payload::read(payload)?;
        check_texts(&wire)?;
        let launch = match (wire.command.take(), &wire.program) {
            (Some(name), None) => match commands.named(&name) {
                Some(command) => named(&name, command, wire)?,
                None => return Err(unknown(&name, commands)),
            },
            (None, Some(_)) => free(wire, commands)?,
            (Some(_), Some(_)) => {
                return Err("payload.program: expected no such field beside `command`".to_owned());
            }
            (None, None) if commands.free().is_some() => {
                return Err("payload.program: missing field `program`".to_owned());
            }
            (None, None) => return Err("payload.command: missing field `command`".to_owned()),
        };
        match &launch.dir {
            Some(dir) if !dir.is_dir() => Err(format!(
                "{}: expected a folder to run in at {}",
                launch.name,
                dir.display()
            )),
            _ => Ok(launch),
        }
    }
}

/// The command that the payload names, with what it may add.
fn named(name: &str, command: &Command, wire: Wire) -> Result<Launch, String> {
    only_for_free(&wire)?;
    let (given, most) = (wire.args.len(), command.extra_args_max);
    if given > most {
        return Err(format!(
            "payload.args are {given}: command {name:?} takes at most {most}"
        ));
    }
    if wire.stdin.is_some() && !command.stdin {
        return Err(format!("payload.stdin: command {name:?} takes none"));
    }
    if let Some(variable) = wire
        .env
        .keys()
        .find(|name| !command.free_env.contains(*name))
    {
        return Err(format!(
            "payload.env.{variable}: command {name:?} does not let tasks set it"
        ));
    }
    let dir = match wire.dir {
        Some(_) if !command.free_dir => {
            return Err(format!(
                "payload.dir: command {name:?} does not let tasks choose it"
            ));
        }
        Some(dir) if !dir.starts_with('/') => {
            return Err("payload.dir: expected an absolute path".to_owned());
        }
        Some(dir) => Some(PathBuf::from(dir)),
        None => command.dir.clone(),
    };
    let mut env = of_command(command);
    env.extend(
        wire.env
            .into_iter()
            .map(|(name, value)| (name.into(), value.into())),
    );
    Ok(Launch {
        name: format!("command {name:?}"),
        program: command.program.clone(),
        args: command.args.iter().cloned().chain(wire.args).collect(),
        env,
        dir,
        stdin: wire.stdin,
        output_bytes_max: command.output_bytes_max,
        timeout: command.timeout,
        grace: command.grace,
        success: command.success.clone(),
        retry: command.retry.clone(),
    })
}

/// The program that the payload names, as it is called.
fn free(wire: Wire, commands: &Commands) -> Result<Launch, String> {
    let Some(path) = commands.free() else {
        return Err(
            "payload.program: expected `command`, one of those that this server was told of"
                .to_owned(),
        );
    };
    let dir = wire.dir.map(std::path::absolute).transpose();
    let dir = dir.map_err(|_| "payload.dir: expected the path of a folder".to_owned())?;
    let name = wire.program.unwrap_or_default();
    let mut program = PathBuf::from(&name);
    if name.contains('/') {
        // A path is meant from where it runs.
        let base = dir.clone().unwrap_or_default().join(&program);
        program = std::path::absolute(base).map_err(|_| "payload.program: expected a path")?;
    }
    let program =
        program::find(&program, path).map_err(|unfit| format!("payload.program: {unfit}"))?;
    let output_bytes_max = wire.output_bytes_max.unwrap_or(OUTPUT_BYTES_DEFAULT);
    if output_bytes_max > OUTPUT_BYTES_MAX {
        return Err(format!(
            "payload.output_bytes_max is {output_bytes_max}: expected 0 to {OUTPUT_BYTES_MAX}"
        ));
    }
    let success = wire.success.unwrap_or_else(|| BTreeSet::from([0]));
    if success.is_empty() {
        return Err("payload.success: expected at least one exit code".to_owned());
    }
    let given = wire
        .env
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()));
    Ok(Launch {
        name: format!("program {name:?}"),
        program,
        args: wire.args,
        env: std::env::vars_os().chain(given).collect(),
        dir,
        stdin: wire.stdin,
        output_bytes_max,
        timeout: None,
        grace: GRACE_DEFAULT,
        success,
        retry: wire.retry,
    })
}

fn only_for_free(wire: &Wire) -> Result<(), String> {
    let fields = [
        ("success", wire.success.is_some()),
        ("retry", wire.retry.is_some()),
        ("output_bytes_max", wire.output_bytes_max.is_some()),
    ];
    match fields.iter().find(|(_, given)| *given) {
        Some((field, _)) => Err(format!(
            "payload.{field}: expected it to be left out: the command itself says it"
        )),
        None => Ok(()),
    }
}

/// What no program could be given.
fn check_texts(wire: &Wire) -> Result<(), String> {
    let count = wire.args.len();
    if count > ARGS_MAX {
        return Err(format!(
            "payload.args are {count}: expected at most {ARGS_MAX}"
        ));
    }
    if let Some(index) = wire.args.iter().position(|arg| arg.contains('\0')) {
        return Err(format!("payload.args[{index}]: expected text without NUL"));
    }
    let count = wire.env.len();
    if count > VARIABLES_MAX {
        return Err(format!(
            "payload.env are {count}: expected at most {VARIABLES_MAX}"
        ));
    }
    for (name, value) in &wire.env {
        if !is_variable(name) {
            return Err(format!(
                "payload.env: {name:?}: expected names of letters, digits and _, that do not begin \
                 with a digit"
            ));
        }
        if value.contains('\0') {
            return Err(format!("payload.env.{name}: expected text without NUL"));
        }
    }
    let paths = [("program", &wire.program), ("dir", &wire.dir)];
    let is_wrong = |path: &Option<String>| {
        path.as_ref()
            .is_some_and(|path| path.is_empty() || path.contains('\0'))
    };
    match paths.into_iter().find(|(_, path)| is_wrong(path)) {
        Some((field, _)) => Err(format!("payload.{field}: expected a path")),
        None => Ok(()),
    }
}

fn unknown(name: &str, commands: &Commands) -> String {
    let known: Vec<_> = commands.names().collect();
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    format!("payload.command is {name:?}: expected one that is configured here: {known}")
}

/// The environment that a command has by itself.
fn of_command(command: &Command) -> BTreeMap<OsString, OsString> {
    let value = |(name, variable): (&String, &Variable)| {
        let value = match variable {
            Variable::Fixed(value) => OsString::from(value),
            Variable::Passed => std::env::var_os(name)?,
        };
        Some((OsString::from(name), value))
    };
    command.env.iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests;
