//! `duly run`: files of tasks, run by the real binary in a folder of their own.

mod end;
mod example;
mod file;
mod limited;
mod stop;
mod terminal;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::{DULY, Outcome, duly, unswayed};

/// How long a run may have nothing to say.
const LINE_WAIT_MAX: Duration = Duration::from_secs(60);

/// A folder with files of tasks.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The same with a file of tasks, `a.yaml`.
    fn with(tasks: &str) -> Self {
        let folder = Self::new();
        folder.write("a.yaml", tasks);
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// The lines of a file, sorted; none if it is not there.
    fn lines(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(self.path().join(name)).unwrap_or_default();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// The names in a folder of it, sorted.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path().join(folder)).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// `duly run`, in the folder.
    fn command(&self, arguments: &[&str]) -> Command {
        self.led_to(duly(), arguments)
    }

    /// The same by way of `nohup`.
    fn nohup(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("nohup");
        command.arg(DULY);
        self.led_to(unswayed(command), arguments)
    }

    fn led_to(&self, mut command: Command, arguments: &[&str]) -> Command {
        command.env_remove("DULY_LOG");
        command.current_dir(self.path()).arg("run").args(arguments);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.command(arguments)).await
    }

    /// Runs `a.yaml` with `--json`, which must end with this exit code: all lines.
    async fn json(&self, code: i32, arguments: &[&str]) -> Vec<Value> {
        let outcome = self.run(&[&["a.yaml", "--json"], arguments].concat()).await;
        assert_eq!(outcome.code, code, "{outcome:?}");
        assert_eq!(outcome.err, "", "all that is said is on stdout");
        outcome.values()
    }

    /// The same: the summary, which is the last line.
    async fn summary(&self, code: i32, arguments: &[&str]) -> Value {
        let lines = self.json(code, arguments).await;
        last(lines, "summary")
    }

    /// Starts `a.yaml`, to be followed.
    fn start(&self, arguments: &[&str]) -> Going {
        Going::begun(self.command(&[&["a.yaml", "--json"], arguments].concat()))
    }

    /// Waits until this many commands have written down that they have begun. That an attempt has
    /// started is told before its command can have done anything; a run that is stopped in between
    /// hands it back without having begun it.
    async fn begun(&self, commands: usize) {
        while self.lines("begun").len() < commands {
            // poll interval: nobody tells of a file of the commands' own
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// A gate that commands wait at: `read x < gate` goes on once for each that is let through. Another
    /// replaces it once commands were killed that waited: who is dying may still take what is for others.
    async fn gate(&self) -> Gate {
        let path = self.path().join("gate");
        let _ = std::fs::remove_file(&path);
        let made = Command::new("mkfifo").arg(&path).status().await.unwrap();
        assert!(made.success());
        // Whoever can read and write keeps it open for everybody.
        let file = File::options().read(true).write(true).open(&path).unwrap();
        Gate(file)
    }
}

/// What commands wait at.
struct Gate(File);

impl Gate {
    fn let_through(&mut self, commands: usize) {
        self.0.write_all(&vec![b'\n'; commands]).unwrap();
    }
}

/// A run that goes on.
struct Going {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Going {
    /// Runs a command that tells what it does.
    fn begun(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line of this event.
    async fn next(&mut self, event: &str) -> Value {
        self.next_of(&[event]).await
    }

    /// The next line of one of these events.
    async fn next_of(&mut self, events: &[&str]) -> Value {
        loop {
            let line = tokio::time::timeout(LINE_WAIT_MAX, self.lines.next_line()).await;
            let line = line
                .expect("it says something")
                .unwrap()
                .expect("it goes on");
            let line: Value = serde_json::from_str(&line).unwrap();
            if events.iter().any(|event| line["event"] == *event) {
                return line;
            }
        }
    }

    /// Waits until this many tasks have begun.
    async fn started(&mut self, tasks: usize) {
        for _ in 0..tasks {
            self.next("started").await;
        }
    }

    async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(sent.unwrap().success());
    }

    /// Its other lines, once it has ended with this exit code.
    async fn ended(mut self, code: i32) -> Vec<Value> {
        let mut lines = Vec::new();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            lines.push(serde_json::from_str(&line).unwrap());
        }
        let status = self.child.wait().await.unwrap();
        assert_eq!(status.code(), Some(code), "{lines:#?}");
        lines
    }
}

/// The last line, which must be of this event.
fn last(lines: Vec<Value>, event: &str) -> Value {
    let last = lines.into_iter().last().expect("a line");
    assert_eq!(last["event"], event);
    last
}

/// The items of all lines of an event, in order.
fn items<'a>(lines: &'a [Value], event: &str) -> Vec<&'a str> {
    let lines = lines.iter().filter(|line| line["event"] == event);
    lines
        .map(|line| line["item"].as_str().unwrap_or_default())
        .collect()
}

/// Numbers of a summary's group, by their names.
fn numbers(group: &Value, names: [&str; 4]) -> [u64; 4] {
    names.map(|name| group[name].as_u64().unwrap())
}
