//! The real binary, serving.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// What was lost comes back within 15 s; a suspect runs alone. This is far more than all need.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often the server is asked whether it is done.
const ASK: Duration = Duration::from_millis(100);

pub(crate) struct Server {
    child: Child,
    address: String,
    client: reqwest::Client,
}

impl Server {
    pub(crate) async fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_duly"))
            .current_dir(folder)
            .args([
                "serve",
                "--json",
                "--listen",
                "127.0.0.1:0",
                "--name",
                "same-name",
            ])
            .args(["--log-level", "error", "--shutdown-timeout", "1s"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines
            .next_line()
            .await
            .unwrap()
            .expect("the server says where it listens");
        let banner: Value = serde_json::from_str(&line).unwrap();
        let address = banner["listening"].as_str().unwrap().to_owned();
        Self {
            child,
            address,
            client: duly_server::tls::client(|builder| builder).unwrap(),
        }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// SIGKILL: no goodbye.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM: an orderly end. Answers how long it took.
    pub(crate) async fn terminate(&mut self) -> Duration {
        let begin = Instant::now();
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .await
            .unwrap();
        assert!(sent.success());
        assert!(
            self.child.wait().await.unwrap().success(),
            "an orderly end is a success"
        );
        begin.elapsed()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self
            .client
            .get(format!("{}{path}", self.address))
            .send()
            .await
            .unwrap();
        assert!(
            answer.status().is_success(),
            "GET {path}: {}",
            answer.status()
        );
        answer.json().await.unwrap()
    }

    /// Waits until `count` tasks have ended and none is unfinished.
    pub(crate) async fn all_ended(&self, count: usize) {
        let begin = Instant::now();
        loop {
            let tasks = &self.get("/v1/stats").await["tasks"];
            let of = |states: &[&str]| -> u64 {
                states
                    .iter()
                    .filter_map(|state| tasks[state].as_u64())
                    .sum()
            };
            let unfinished = of(&["pending", "assigned", "running", "scheduled", "retrying"]);
            if unfinished == 0 && of(&["completed", "failed"]) >= count as u64 {
                return;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "after {PATIENCE:?} there are still {tasks}"
            );
            // poll interval: the server has no way yet to say that all is done
            tokio::time::sleep(ASK).await;
        }
    }
}
