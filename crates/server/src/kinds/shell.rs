//! The kind `shell`: a program run as a task, without any shell in between.
//!
//! A server runs only the [`Commands`] that it was told of by name. The payload of a task:
//!
//! | field | meaning |
//! |---|---|
//! | `command` | the name of a command; required |
//! | `args` | a list of text: arguments after those of the command, each handed over as it is; only if the command takes them |
//! | `stdin` | text for its standard input, which is empty otherwise; only if the command takes it |
//! | `env` | an object of text: variables that the command lets tasks set |
//! | `dir` | the folder to run it in, absolute; only if the command lets tasks choose |
//!
//! Where users run tasks of their own ([`Commands::any`]), a payload may name any program instead:
//!
//! | field | meaning |
//! |---|---|
//! | `program` | a name to be looked for in `PATH`, or a path; instead of `command` |
//! | `args`, `stdin`, `env`, `dir` | as above, and free; the environment is that of the process, with `env` added |
//! | `success` | which exit codes are a success: `[0]` unless given |
//! | `retry` | which exit codes are worth another try; all unless given, and then the others fail for good |
//! | `output_bytes_max` | how much of each output is kept: 16,384 unless given, at most 65,536 |
//!
//! There is no shell, so nothing is expanded: `$HOME`, `*` and `;` are text. The environment of a
//! command is empty but for what it was told to have, not even `PATH` is there, and these:
//! `DULY_TASK_ID`, `DULY_ATTEMPT`, and `TRACEPARENT` and `TRACESTATE` if the task has a trace. Files that
//! the server has opened are closed to it; not so those that the server itself was started with.
//!
//! The task's result: `exit_code` (null if a signal ended it), `signal` (null if none did), `stdout` and
//! `stderr` (of long ones the beginning and the end; what is not UTF-8 is replaced by `�`), whether
//! anything of them was left out (`truncated`), and `duration_ms`. Any other exit code than those of a
//! success is an error that ends with the last lines of `stderr`. A signal counts as the exit code 128 and
//! its number.
//!
//! A command has a process group of its own. When the task is cancelled, out of time, or its worker
//! stops, the whole group is asked to end (SIGTERM), and after a grace made to (SIGKILL). So is what is
//! left of the group when the command has ended by itself, one second after: a task leaves nothing
//! running. What moves to another group or session is out of reach; and if the server itself is killed by
//! SIGKILL nobody ends its commands, which then run to their end while the task is tried again elsewhere.
//! The kind exists on Unix only.

mod command;
mod commands;
mod execution;
mod handler;
mod launch;
mod output;
mod process;
mod program;

pub use command::Command;
pub use commands::{Commands, InvalidCommand};
pub(super) use handler::register;
pub use program::Unfit;

/// Whether a payload makes sense to these commands, before there is a task that has it. Nothing is run.
///
/// # Errors
/// What is wrong: the field and what was expected there, never an argument, a variable's value or what
/// a program would read.
pub fn check(payload: &[u8], commands: &Commands) -> Result<(), String> {
    launch::Launch::read(payload, commands).map(drop)
}

/// The name of the kind.
pub const KIND: &str = "shell";

/// The named bounds of the kind.
pub mod bounds {
    use std::time::Duration;

    /// Commands that a server may be told of.
    pub const COMMANDS_MAX: usize = 1_000;
    /// Arguments that a payload may give, whatever its command says.
    pub const ARGS_MAX: usize = 1_000;
    /// Variables that a payload may give.
    pub const VARIABLES_MAX: usize = 100;
    /// Bytes of each output that are kept, unless told otherwise: 16 KiB.
    pub const OUTPUT_BYTES_DEFAULT: usize = 16 << 10;
    /// Bytes of each output that may be kept: 64 KiB. As JSON text both may take six times as much, and
    /// a result holds 1 MiB.
    pub const OUTPUT_BYTES_MAX: usize = 64 << 10;
    /// Bytes of `stderr` that an error quotes: the last whole lines, or what fits of the last.
    pub const QUOTE_BYTES_MAX: usize = 2 << 10;
    /// Lines of `stderr` that an error quotes.
    pub const QUOTE_LINES_MAX: usize = 20;
    /// How long a command may run at most, if it has a timeout: 366 days.
    pub const TIMEOUT_MAX: Duration = Duration::from_secs(366 * 24 * 3600);
    /// How long a command has after SIGTERM, unless told otherwise. Less than a worker gives a handler
    /// ([`WorkerBuilder::cancel_grace`](duly::WorkerBuilder::cancel_grace)): then it is aborted, and its
    /// command killed at once.
    pub const GRACE_DEFAULT: Duration = Duration::from_secs(3);
    /// How long a command may have after SIGTERM at most.
    pub const GRACE_MAX: Duration = Duration::from_secs(60);
    /// How long output is waited for after the command has ended: others may hold it open.
    pub const LINGER_MAX: Duration = Duration::from_secs(1);
    /// How long a command may take to be gone after SIGKILL.
    pub const KILL_WAIT_MAX: Duration = Duration::from_secs(5);
}
