//! `cargo xtask alone`: each executor of the in-process scheduler without the other.
//!
//! The rest of the workspace is built with both, which hides what only the other one gives.

use anyhow::Result;

use crate::cargo;

/// Each executor: its feature in `duly-local`, and the façade's.
const EXECUTORS: &[(&str, &str)] = &[("threads", "local-threads"), ("tokio", "local")];

/// Lints, documents and tests the scheduler with one executor at a time, and lints the façade.
pub(crate) fn check() -> Result<()> {
    for (local, facade) in EXECUTORS {
        on("clippy", "duly", facade, &["--", "-D", "warnings"])?;
        let all = ["--all-targets", "--", "-D", "warnings"];
        on("clippy", "duly-local", local, &all)?;
        on("doc", "duly-local", local, &["--no-deps"])?;
        on("test", "duly-local", local, &["--no-fail-fast"])?;
    }
    Ok(())
}

fn on(command: &str, package: &str, feature: &str, rest: &[&str]) -> Result<()> {
    let choice = [
        "-p",
        package,
        "--no-default-features",
        "--features",
        feature,
    ];
    let variables = [("RUSTDOCFLAGS", "-D warnings")];
    cargo::run(&[&[command], &choice[..], rest].concat(), &variables)
}
