//! The commands that tasks may run, by name.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use duly_core::duration;

use super::bounds::{ARGS_MAX, COMMANDS_MAX, GRACE_MAX, OUTPUT_BYTES_MAX, TIMEOUT_MAX};
use super::command::Command;
use super::program::{self, Unfit};

/// The commands that tasks may run, by name; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commands {
    named: BTreeMap<String, Command>,
    path: OsString,
    any: bool,
}

/// A command that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCommand {
    /// Its program cannot be run.
    #[error("command \"{name}\": {source}")]
    Program {
        /// The name of the command.
        name: String,
        /// Why not.
        source: Unfit,
    },
    /// A value was refused.
    #[error("command \"{name}\": {field} is {value}: expected {expected}")]
    InvalidInput {
        /// The name of the command.
        name: String,
        /// The field, as the method of [`Command`] is called.
        field: &'static str,
        /// What it was.
        value: String,
        /// What it should have been.
        expected: String,
    },
}

impl Commands {
    /// None yet. Programs that are given by name alone are looked for in `path`: folders, as the variable
    /// `PATH` lists them.
    #[must_use]
    pub fn new(path: impl Into<OsString>) -> Self {
        Self {
            path: path.into(),
            ..Self::default()
        }
    }

    /// Whatever a payload names: for tasks that users run themselves, with their own rights, on their own
    /// machine. **Never for a server**: who may submit tasks to it could run anything on it. Programs are
    /// looked for in the `PATH` of this process.
    #[must_use]
    pub fn any() -> Self {
        Self {
            any: true,
            ..Self::new(std::env::var_os("PATH").unwrap_or_default())
        }
    }

    /// Adds a command, or replaces that of this name. Its program is looked for once, here.
    ///
    /// # Errors
    /// [`InvalidCommand`]: it has no name, a program that cannot be run, or a value out of bounds.
    pub fn add(
        mut self,
        name: impl Into<String>,
        mut command: Command,
    ) -> Result<Self, InvalidCommand> {
        let name = name.into();
        check(&name, &command)?;
        if self.named.len() == COMMANDS_MAX && !self.named.contains_key(&name) {
            let expected = format!("at most {COMMANDS_MAX} of them");
            return Err(refused(&name, "name", "one too many", expected));
        }
        match program::find(&command.program, &self.path) {
            Ok(program) => command.program = program,
            Err(source) => return Err(InvalidCommand::Program { name, source }),
        }
        self.named.insert(name, command);
        Ok(self)
    }

    /// There is nothing that could be run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && !self.any
    }

    /// The names of the commands, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    pub(super) fn named(&self, name: &str) -> Option<&Command> {
        self.named.get(name)
    }

    /// Where programs are looked for that a payload names, if it may.
    pub(super) fn free(&self) -> Option<&OsString> {
        self.any.then_some(&self.path)
    }
}

fn check(name: &str, command: &Command) -> Result<(), InvalidCommand> {
    let refuse =
        |field, value: String, expected: String| Err(refused(name, field, &value, expected));
    let not_text = |text: &&String| text.contains('\0');
    if name.is_empty() || name.chars().any(char::is_control) {
        return refuse(
            "name",
            format!("{name:?}"),
            "text without control characters".to_owned(),
        );
    }
    if let Some(arg) = command.args.iter().find(not_text) {
        return refuse("args", format!("{arg:?}"), "text without NUL".to_owned());
    }
    if command.extra_args_max > ARGS_MAX {
        let count = command.extra_args_max.to_string();
        return refuse("extra_args", count, format!("at most {ARGS_MAX}"));
    }
    let variables = command.env.keys().chain(&command.free_env);
    if let Some(variable) = variables.into_iter().find(|name| !is_variable(name)) {
        let expected = "names of letters, digits and _, that do not begin with a digit".to_owned();
        return refuse("env", format!("{variable:?}"), expected);
    }
    if command.output_bytes_max > OUTPUT_BYTES_MAX {
        let bytes = command.output_bytes_max.to_string();
        return refuse(
            "output_bytes_max",
            bytes,
            format!("at most {OUTPUT_BYTES_MAX}"),
        );
    }
    if command
        .timeout
        .is_some_and(|t| t.is_zero() || t > TIMEOUT_MAX)
    {
        let timeout = command.timeout.unwrap_or(Duration::ZERO);
        return refuse(
            "timeout",
            duration::exact(timeout),
            "more than 0s, at most 366 days".to_owned(),
        );
    }
    if command.grace > GRACE_MAX {
        return refuse(
            "grace",
            duration::exact(command.grace),
            format!("at most {}", duration::format(GRACE_MAX)),
        );
    }
    if command.success.is_empty() {
        return refuse(
            "success",
            "empty".to_owned(),
            "at least one exit code".to_owned(),
        );
    }
    match &command.dir {
        Some(dir) if !dir.is_absolute() => refuse(
            "dir",
            format!("{}", dir.display()),
            "an absolute path".to_owned(),
        ),
        _ => Ok(()),
    }
}

fn refused(name: &str, field: &'static str, value: &str, expected: String) -> InvalidCommand {
    InvalidCommand::InvalidInput {
        name: name.to_owned(),
        field,
        value: value.to_owned(),
        expected,
    }
}

/// A portable name of an environment variable.
pub(super) fn is_variable(name: &str) -> bool {
    let begins_well = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(begins_well)
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(command: Command) -> String {
        let added = Commands::new("/usr/bin:/bin").add("c", command);
        added.unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_with_a_command_is_named() {
        let sh = || Command::new("sh");
        for (command, expected) in [
            (
                sh().args(["a\0b"]),
                "command \"c\": args is \"a\\0b\": expected text without NUL",
            ),
            (
                sh().extra_args(1_001),
                "extra_args is 1001: expected at most 1000",
            ),
            (sh().env("A=B", ""), "env is \"A=B\""),
            (sh().pass_env(""), "env is \"\""),
            (sh().free_env("1A"), "env is \"1A\""),
            (
                sh().output_bytes_max(65_537),
                "output_bytes_max is 65537: expected at most 65536",
            ),
            (
                sh().timeout(Duration::ZERO),
                "timeout is 0s: expected more than 0s",
            ),
            (
                sh().grace(Duration::from_secs(61)),
                "grace is 61s: expected at most 1m",
            ),
            (
                sh().success([]),
                "success is empty: expected at least one exit code",
            ),
            (sh().dir("here"), "dir is here: expected an absolute path"),
            (
                Command::new("no-such-program"),
                "no-such-program: not found in /usr/bin:/bin",
            ),
            (Command::new("/etc/passwd"), "/etc/passwd: not executable"),
            (Command::new("/no/such"), "/no/such: not found"),
            (
                Command::new("bin/sh"),
                "bin/sh: expected an absolute path, or a name alone",
            ),
        ] {
            let refusal = refusal(command);
            assert!(
                refusal.starts_with("command \"c\": ") && refusal.contains(expected),
                "{refusal}"
            );
        }
        let unnamed = Commands::new("/bin").add("", sh()).unwrap_err();
        assert!(unnamed.to_string().contains("name is \"\""), "{unnamed}");
    }

    #[test]
    fn a_program_is_looked_for_once_and_kept_by_its_path() {
        let commands = Commands::new("relative:/nowhere:/bin").add("c", Command::new("sh"));
        let commands = commands.unwrap();
        assert_eq!(
            commands.named("c").unwrap().program,
            std::path::Path::new("/bin/sh")
        );
        assert_eq!(commands.names().collect::<Vec<_>>(), ["c"]);
        assert!(!commands.is_empty() && Commands::default().is_empty());
        assert!(commands.free().is_none() && Commands::any().free().is_some());
    }
}
