//! Running cargo, and reading what it knows about the workspace.

use std::env;
use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::camino::Utf8PathBuf;
use cargo_metadata::{CargoOpt, Metadata, MetadataCommand};

use crate::terminal;

/// Where a child process finds a variable of its own, beside those it inherits.
pub(crate) type Variable<'a> = (&'a str, &'a str);

/// Runs cargo at the root of the workspace, its output going where ours goes.
pub(crate) fn run(arguments: &[&str], variables: &[Variable<'_>]) -> Result<()> {
    println!("$ cargo {}", arguments.join(" "));
    let status = command(arguments)?
        .envs(variables.iter().copied())
        .status()
        .context("cargo did not start")?;
    if !status.success() {
        bail!("`cargo {}`: {status}", arguments.join(" "));
    }
    Ok(())
}

/// Runs cargo at the root of the workspace and returns what it printed.
pub(crate) fn output(arguments: &[&str]) -> Result<String> {
    let output = command(arguments)?
        .stderr(Stdio::inherit())
        .output()
        .context("cargo did not start")?;
    if !output.status.success() {
        bail!("`cargo {}`: {}", arguments.join(" "), output.status);
    }
    String::from_utf8(output.stdout).context("cargo printed something that is not UTF-8")
}

/// The workspace with all features on, for every platform that it can be built for.
pub(crate) fn metadata() -> Result<Metadata> {
    MetadataCommand::new()
        .features(CargoOpt::AllFeatures)
        .exec()
        .context("`cargo metadata` failed")
}

/// The folder of the workspace.
pub(crate) fn root() -> Result<Utf8PathBuf> {
    let metadata = MetadataCommand::new()
        .no_deps()
        .exec()
        .context("`cargo metadata` failed")?;
    Ok(metadata.workspace_root)
}

fn command(arguments: &[&str]) -> Result<Command> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root()?);
    if !terminal::colours() {
        command
            .env("CARGO_TERM_COLOR", "never")
            .env("NO_COLOR", "1");
    }
    Ok(command)
}
