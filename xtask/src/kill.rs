//! `cargo xtask kill`: SIGKILL a server under load, again and again, and account for every task.

use anyhow::Result;

use crate::cargo;

/// How often.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How often the server is killed
    #[arg(long, default_value_t = 20)]
    rounds: u32,
}

/// Runs the kill loop that the tests run in short.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.rounds.to_string();
    cargo::run(
        &[
            "test",
            "--release",
            "-p",
            "duly-cli",
            "--test",
            "kill",
            "--",
            "--nocapture",
        ],
        &[("DULY_KILL_ROUNDS", &rounds)],
    )
}
