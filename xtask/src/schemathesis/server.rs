//! The server that is tested, with something in it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

/// Where its log goes, from the root.
pub(super) const LOG: &str = "target/schemathesis/server.log";
/// What `duly submit --wait` answers if the task did not complete.
const ENDED_OTHERWISE: i32 = 6;

/// A server of its own, with a store in memory and a worker, which ends with this.
pub(super) struct Server {
    child: Child,
    binary: Utf8PathBuf,
    pub(super) url: String,
}

impl Server {
    /// Starts it. `tools` has its settings.
    pub(super) fn start(root: &Utf8Path, tools: &Utf8Path) -> Result<Self> {
        let binary = root
            .join("target/debug")
            .join(format!("duly{}", std::env::consts::EXE_SUFFIX));
        let log = File::create(root.join(LOG)).context("the log cannot be written")?;
        let mut child = duly(&binary)
            .args(["serve", "--json", "--config"])
            .arg(tools.join("duly.yaml"))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("`duly serve` did not start")?;
        let output = child.stdout.take().context("the server says nothing")?;
        let mut server = Self {
            child,
            binary,
            url: String::new(),
        };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        server.url = listening(&line).with_context(|| format!("the server failed: see {LOG}"))?;
        Ok(server)
    }

    /// Gives it tasks that wait, one that completed and one that failed.
    pub(super) fn fill(&self, tools: &Utf8Path) -> Result<()> {
        let file = tools.join("tasks.ndjson");
        self.submit(&["--file", file.as_str()], 0)?;
        let wait = ["shell", "--queue", "programs", "--wait"];
        self.submit(&[&wait[..], &[r#"{"command": "succeed"}"#]].concat(), 0)?;
        let fail = [&wait[..], &[r#"{"command": "fail"}"#]].concat();
        self.submit(&fail, ENDED_OTHERWISE)
    }

    fn submit(&self, words: &[&str], expected: i32) -> Result<()> {
        let mut command = duly(&self.binary);
        command.args(["submit", "--server", &self.url]).args(words);
        let output = command.output().context("`duly submit` did not start")?;
        if output.status.code() != Some(expected) {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{command:?}: {}, not {expected}: {said}", output.status);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It holds nothing that would be lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary, untouched by what the environment says of other servers.
fn duly(binary: &Utf8Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DULY_") {
            command.env_remove(name);
        }
    }
    command
}

/// Where the server says that it listens.
fn listening(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(r#""listening":"#)?;
    rest.trim_start().split('"').nth(1).map(str::to_owned)
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
