//! One command that tasks may run, and what they may change about it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::bounds::{GRACE_DEFAULT, OUTPUT_BYTES_DEFAULT};

/// A command that tasks may run, and what they may change about it: nothing, unless it says so.
///
/// ```
/// use std::time::Duration;
/// use duly_server::kinds::shell::{Command, Commands};
///
/// # fn main() -> Result<(), duly_server::kinds::shell::InvalidCommand> {
/// let compress = Command::new("gzip")
///     .args(["--keep", "--"])
///     .extra_args(10)
///     .env("LANG", "C.UTF-8")
///     .pass_env("TMPDIR")
///     .timeout(Duration::from_secs(600))
///     .retry([1]);
/// # let path = "/usr/bin:/bin";
/// let commands = Commands::new(path).add("compress", compress)?;
/// # let _ = commands;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a command does nothing until it is added to the commands"]
pub struct Command {
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) extra_args_max: usize,
    pub(super) env: BTreeMap<String, Variable>,
    pub(super) free_env: BTreeSet<String>,
    pub(super) dir: Option<PathBuf>,
    pub(super) free_dir: bool,
    pub(super) stdin: bool,
    pub(super) output_bytes_max: usize,
    pub(super) timeout: Option<Duration>,
    pub(super) grace: Duration,
    pub(super) success: BTreeSet<u8>,
    pub(super) retry: Option<BTreeSet<u8>>,
}

/// Where a variable of a command's environment comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    /// It has this value.
    Fixed(String),
    /// It has the value that it has for the server, if it has one.
    Passed,
}

impl Command {
    /// A program, by an absolute path, or by a name that is looked for in the path of the
    /// [`Commands`](super::Commands). It gets no arguments and no variables.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            extra_args_max: 0,
            env: BTreeMap::new(),
            free_env: BTreeSet::new(),
            dir: None,
            free_dir: false,
            stdin: false,
            output_bytes_max: OUTPUT_BYTES_DEFAULT,
            timeout: None,
            grace: GRACE_DEFAULT,
            success: BTreeSet::from([0]),
            retry: None,
        }
    }

    /// The arguments that it always gets, before those of a task. Where tasks give more, let the last be
    /// `--` if the program knows it, so that theirs are no options.
    pub fn args<T: Into<String>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// How many arguments a task may add. Default: none; at most 1,000.
    pub const fn extra_args(mut self, args_max: usize) -> Self {
        self.extra_args_max = args_max;
        self
    }

    /// A variable of its environment.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), Variable::Fixed(value.into()));
        self
    }

    /// A variable that it has as the server has it, if the server has it.
    pub fn pass_env(mut self, name: impl Into<String>) -> Self {
        self.env.insert(name.into(), Variable::Passed);
        self
    }

    /// A variable that a task may set.
    pub fn free_env(mut self, name: impl Into<String>) -> Self {
        self.free_env.insert(name.into());
        self
    }

    /// The folder that it runs in. Default: that of the server.
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// A task may choose the folder that it runs in.
    pub const fn free_dir(mut self) -> Self {
        self.free_dir = true;
        self
    }

    /// A task may give it text to read from its standard input.
    pub const fn stdin(mut self) -> Self {
        self.stdin = true;
        self
    }

    /// Bytes of each of its outputs that are kept. Default: 16,384; at most 65,536.
    pub const fn output_bytes_max(mut self, bytes: usize) -> Self {
        self.output_bytes_max = bytes;
        self
    }

    /// How long it may run, whatever the task says; then it is ended, and the attempt has timed out.
    /// Default: as long as the task lets it.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long it has after SIGTERM, before it is killed. Default: 3 s; at most 60 s.
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Which exit codes are a success. Default: 0.
    pub fn success(mut self, codes: impl IntoIterator<Item = u8>) -> Self {
        self.success = codes.into_iter().collect();
        self
    }

    /// Which exit codes are worth another try; the others fail for good. Default: all are.
    pub fn retry(mut self, codes: impl IntoIterator<Item = u8>) -> Self {
        self.retry = Some(codes.into_iter().collect());
        self
    }
}
