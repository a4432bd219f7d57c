//! `cargo xtask schemathesis`: a real server, and requests made up from its own description.
//!
//! Schemathesis sends what the description allows and what it does not, follows the answers, and checks
//! that each is one that the description tells of. Prometheus' own parsers read the metrics. The server
//! has a store in memory, and a worker that runs programs that do nothing.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;

mod python;
mod server;

use python::Python;
use server::{LOG, Server};

/// Requests that are made up per operation as a step of the test command.
const EXAMPLES_IN_TESTS: u32 = 30;
/// The same requests in each run, so that a run that fails can be repeated.
const SEED_IN_TESTS: u32 = 1;

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install schemathesis by pip, beneath `target/`
    #[arg(long)]
    install: bool,
    /// What the requests are drawn from: the same seed, the same requests
    #[arg(long, default_value_t = SEED_IN_TESTS)]
    seed: u32,
    /// How many requests are made up per operation
    #[arg(long, default_value_t = EXAMPLES_IN_TESTS)]
    examples: u32,
}

/// Fails if the server answers what its description does not tell of, or if the tools are missing.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = cargo::root()?;
    let tools = root.join("xtask/src/schemathesis");
    let python = Python::find(&root, &tools, arguments.install)?;
    cargo::run(&["build", "-p", "duly-cli"], &[])?;
    let server = Server::start(&root, &tools)?;
    server.fill(&tools)?;
    let (seed, examples) = (arguments.seed.to_string(), arguments.examples.to_string());
    let mut command = python.module("schemathesis.cli");
    command
        .current_dir(root.join("target/schemathesis"))
        .env("SCHEMATHESIS_HOOKS", tools.join("hooks.py"))
        .arg("--config-file")
        .arg(tools.join("schemathesis.toml"))
        .args(["run", &format!("{}/v1/openapi.json", server.url)])
        .args(["--seed", &seed, "--max-examples", &examples]);
    succeed(&mut command, "schemathesis")?;
    let mut command = python.script(&tools.join("metrics.py"));
    command.arg(format!("{}/metrics", server.url));
    succeed(&mut command, "the reader of metrics")
}

/// The same requests each time, for about two minutes.
pub(crate) fn check(install: bool) -> Result<()> {
    run(&Arguments {
        install,
        seed: SEED_IN_TESTS,
        examples: EXAMPLES_IN_TESTS,
    })
}

fn succeed(command: &mut Command, name: &str) -> Result<()> {
    let status = command.status();
    let status = status.with_context(|| format!("{name} did not start"))?;
    if !status.success() {
        bail!("{name}: {status}; the log of the server is {LOG}");
    }
    Ok(())
}
