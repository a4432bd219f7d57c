//! A server in a folder of its own, its client, and somebody to deliver to.

use std::future::pending;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use axum::Router;
use duly::{Duly, Payload, TaskId, TaskRecord, Verdict};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::mpsc;

/// Where the binary is.
pub(crate) const DULY: &str = env!("CARGO_BIN_EXE_duly");

/// The binary, without what the environment may say to it.
pub(crate) fn duly() -> Command {
    unswayed(Command::new(DULY))
}

/// A command that leads to the binary, without what the environment may say to that.
pub(crate) fn unswayed(mut command: Command) -> Command {
    for name in [
        "DULY_CONFIG",
        "DULY_SERVER",
        "DULY_STORE",
        "DULY_TOKEN",
        "DULY_LOG",
        "CARGO",
        "HTTP_PROXY",
        "http_proxy",
    ] {
        command.env_remove(name);
    }
    command.env("DULY_LOG", "warn");
    // Nor what somebody keeps in their home.
    command.env("XDG_CONFIG_HOME", "/nowhere");
    command.kill_on_drop(true).stdin(Stdio::null());
    command
}

/// Where the commands of a test find the tasks: the same must hold whichever it is.
pub(crate) struct There {
    pub(crate) place: Place,
    server: Option<Server>,
}

/// Runs a test against a server, and against a store without one.
pub(crate) async fn both(test: impl AsyncFn(&There)) {
    for has_server in [true, false] {
        let place = Place::new();
        // It makes the file.
        let duly = Duly::open(&place.store()).await.unwrap();
        duly.close().await.unwrap();
        let server = match has_server {
            true => Some(place.serve(&["--no-worker"]).await),
            false => None,
        };
        let there = There { place, server };
        test(&there).await;
        if let Some(server) = there.server {
            server.stop().await;
        }
    }
}

impl There {
    /// The command, which names where the tasks are.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = duly();
        match &self.server {
            Some(server) => command.args(["--server", &server.url]),
            None => command.args(["--store", &self.place.store()]),
        };
        command.args(arguments);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.command(arguments)).await
    }

    /// Runs a command that must succeed: what it prints.
    pub(crate) async fn text(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments).await;
        assert_eq!(outcome.code, 0, "{arguments:?}: {outcome:?}");
        outcome.out
    }

    /// Runs a command with `--json` that must succeed: a value per line.
    pub(crate) async fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let outcome = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(outcome.code, 0, "{arguments:?}: {outcome:?}");
        outcome.values()
    }

    /// The same for a command that answers with one value.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let mut lines = self.lines(arguments).await;
        assert_eq!(lines.len(), 1, "{arguments:?}: {lines:?}");
        lines.remove(0)
    }

    /// Runs a command that must end with this exit code: what it says.
    pub(crate) async fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let outcome = self.run(arguments).await;
        assert_eq!(outcome.code, code, "{arguments:?}: {outcome:?}");
        outcome.err
    }

    /// Submits a task of this kind: its id.
    pub(crate) async fn submit(&self, kind: &str, options: &[&str]) -> String {
        let submitted = self.json(&[&["submit", kind], options].concat()).await;
        submitted["id"].as_str().unwrap().to_owned()
    }

    /// Runs what is due, in another process's place: `good` ends well with a result, `bad` fails for
    /// good, saying something that no terminal should obey.
    pub(crate) async fn work(&self) {
        let duly = Duly::open(&self.place.store()).await.unwrap();
        let names = duly.queues().await.unwrap().into_iter();
        let queues: Vec<_> = names.map(|queue| queue.name).collect();
        let worker = duly.worker().name("w").queues(queues);
        let worker = worker.handle_raw("good", async |_, _| {
            Verdict::done(Some(Payload::json(r#"{"n": 1}"#)))
        });
        let worker = worker.handle_raw("bad", async |_, _| Verdict::fail("it \x1b[31mbroke"));
        worker.inline().unwrap().run_due(1_000).await.unwrap();
        duly.close().await.unwrap();
    }
}

/// A running server.
pub(crate) struct Server {
    /// Where it listens; empty if it does not.
    pub(crate) url: String,
    /// What it says when it is up.
    pub(crate) said: Value,
    child: Child,
    logs: mpsc::UnboundedReceiver<String>,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Outcome {
    /// Runs a command to its end.
    pub(crate) async fn of(mut command: Command) -> Self {
        let output = command.output().await.unwrap();
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The JSON on stdout, a value per line.
    pub(crate) fn values(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// A folder with a store in it.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn store(&self) -> String {
        format!("sqlite:{}", self.0.path().join("duly.db").display())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file with this content.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A server on the store, at any free port.
    pub(crate) async fn serve(&self, options: &[&str]) -> Server {
        self.serve_at("127.0.0.1:0", options).await
    }

    pub(crate) async fn serve_at(&self, listen: &str, options: &[&str]) -> Server {
        let store = self.store();
        let mut command = duly();
        command.args(["serve", "--json", "--listen", listen, "--store", &store]);
        command.args(options).stdout(Stdio::piped());
        Server::spawned(command).await
    }

    /// The same with its logs, as its configuration wants them.
    pub(crate) async fn serve_logged(&self, options: &[&str]) -> Server {
        let store = self.store();
        let mut command = duly();
        command.args([
            "serve",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--store",
            &store,
        ]);
        command.args(options).stdout(Stdio::piped());
        command.env_remove("DULY_LOG").stderr(Stdio::piped());
        Server::spawned(command).await
    }

    /// The task once it has ended, as another process on the same file sees it.
    pub(crate) async fn ended(&self, id: TaskId) -> TaskRecord {
        let duly = Duly::open(&self.store()).await.unwrap();
        let ended = duly.wait(id).await.unwrap();
        duly.close().await.unwrap();
        ended
    }
}

impl Server {
    /// Runs a command that serves, and waits until it says where.
    pub(crate) async fn spawned(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap();
        let said: Value = serde_json::from_str(&line.expect("it says where it listens")).unwrap();
        let url = said["listening"].as_str().unwrap_or_default().to_owned();
        let logs = match child.stderr.take() {
            Some(stderr) => lines_of(stderr),
            None => mpsc::unbounded_channel().1,
        };
        Self {
            url,
            said,
            child,
            logs,
        }
    }

    /// The next line that it logs.
    pub(crate) async fn next_log(&mut self) -> String {
        self.logs.recv().await.expect("it goes on logging")
    }

    /// The next line of its logs that has these words in it.
    pub(crate) async fn log(&mut self, words: &str) -> String {
        let mut others = Vec::new();
        let found = async {
            loop {
                let line = self.logs.recv().await?;
                if line.contains(words) {
                    return Some(line);
                }
                others.push(line);
            }
        };
        match tokio::time::timeout(LOG_WAIT_MAX, found).await {
            Ok(Some(line)) => line,
            _ => panic!("no line says {words:?}: {others:#?}"),
        }
    }

    /// Runs a command against it.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Outcome {
        run(&[&["--server", &self.url], arguments].concat()).await
    }

    /// Runs a command with `--json` against it, which must succeed: its answer.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let outcome = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(outcome.code, 0, "{outcome:?}");
        serde_json::from_str(&outcome.out).unwrap()
    }

    /// The same for commands that answer with a value per line.
    pub(crate) async fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let outcome = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(outcome.code, 0, "{outcome:?}");
        outcome.values()
    }

    /// Submits a delivery to this address: its id.
    pub(crate) async fn deliver_to(&self, url: &str, options: &[&str]) -> TaskId {
        let payload = format!(r#"{{"url": "{url}"}}"#);
        let arguments = [&["submit", "http", &payload], options].concat();
        let submitted = self.json(&arguments).await;
        submitted["id"].as_str().unwrap().parse().unwrap()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Sends it a signal, by name.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(sent.unwrap().success());
    }

    pub(crate) async fn ended(mut self) -> ExitStatus {
        self.child.wait().await.unwrap()
    }

    /// Asks it to stop, which it does in good order.
    pub(crate) async fn stop(self) {
        self.signal("TERM").await;
        assert_eq!(self.ended().await.code(), Some(0));
    }
}

/// How long a line may take to be logged.
const LOG_WAIT_MAX: Duration = Duration::from_secs(60);

/// Lines as they come, read whether or not anybody waits for them.
fn lines_of(stderr: ChildStderr) -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            // The test may be over.
            let _ = sender.send(line);
        }
    });
    receiver
}

/// What is at a URL: the status, and the text.
pub(crate) async fn fetched(url: &str) -> (u16, String) {
    let client = duly_server::tls::client(reqwest::ClientBuilder::no_proxy).unwrap();
    let answer = client.get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Runs a command to its end.
pub(crate) async fn run(arguments: &[&str]) -> Outcome {
    let mut command = duly();
    command.args(arguments);
    Outcome::of(command).await
}

/// A server of the test's own, until the test is over.
pub(crate) async fn served(router: Router) -> SocketAddr {
    let any = "127.0.0.1:0".parse().unwrap();
    let listener = duly_server::bind(any, &duly_server::Options::default())
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(duly_server::serve(
        listener,
        router,
        pending(),
        Duration::ZERO,
    ));
    address
}

/// Text that a path can be given as.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
