//! `cargo xtask schemathesis`: a real server, and requests made up from its own description.
//!
//! The server has a store in memory and no worker, so that nothing it is sent is executed. Schemathesis
//! sends what the description allows and what it does not, follows the answers, and checks that each is
//! one that the description tells of. Prometheus' own parser reads the metrics.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use crate::cargo;

mod python;

use python::Python;

/// Made up per operation.
const EXAMPLES: &str = "20";
/// All of it takes at most this many seconds.
const SECONDS_MAX: &str = "120";
/// The same requests in each run, so that a run that fails can be repeated.
const SEED: &str = "1";

/// What to do about what is missing.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install schemathesis from PyPI, beneath `target/`
    #[arg(long)]
    pub(crate) install: bool,
}

/// Fails if the server answers what its description does not tell of, or if the tools are missing.
pub(crate) fn check(install: bool) -> Result<()> {
    let root = cargo::root()?;
    let python = Python::find(&root, install)?;
    cargo::run(&["build", "-p", "duly-cli"], &[])?;
    let server = Server::start(&root)?;
    let tools = root.join("xtask/src/schemathesis");
    let description = format!("{}/v1/openapi.json", server.url);
    let mut command = python.command("schemathesis.cli");
    command
        .current_dir(&root)
        .env("SCHEMATHESIS_HOOKS", tools.join("hooks.py"))
        .arg("--config-file")
        .arg(tools.join("schemathesis.toml"))
        .args(["run", &description, "--seed", SEED])
        .args(["--max-examples", EXAMPLES, "--max-time", SECONDS_MAX]);
    run(&mut command, "schemathesis")?;
    let mut command = python.script(&tools.join("metrics.py"));
    run(
        command.arg(format!("{}/metrics", server.url)),
        "the reader of metrics",
    )
}

fn run(command: &mut Command, name: &str) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{name} did not start"))?;
    if !status.success() {
        bail!("{name}: {status}; the log of the server is {LOG}");
    }
    Ok(())
}

/// Where the server's log goes, from the root.
const LOG: &str = "target/schemathesis/server.log";

/// A server that ends with this.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(root: &Utf8Path) -> Result<Self> {
        let log = File::create(root.join(LOG)).context("the log cannot be written")?;
        let mut child = Command::new(binary(root))
            .args(["serve", "--json", "--store", "memory:", "--no-worker"])
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("`duly serve` did not start")?;
        let output = child.stdout.take().context("the server says nothing")?;
        let mut server = Self {
            child,
            url: String::new(),
        };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        server.url = listening(&line).with_context(|| format!("the server failed: see {LOG}"))?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It holds nothing that would be lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the server says that it listens.
fn listening(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(r#""listening":"#)?;
    rest.trim_start().split('"').nth(1).map(str::to_owned)
}

fn binary(root: &Utf8Path) -> Utf8PathBuf {
    root.join("target/debug")
        .join(format!("duly{}", std::env::consts::EXE_SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_says_where_it_listens() {
        let line = r#"{"listening":"http://127.0.0.1:4711","store":"memory:"}"#;
        assert_eq!(listening(line).as_deref(), Some("http://127.0.0.1:4711"));
        assert_eq!(listening(""), None);
    }
}
