//! The kind `shell` with real processes.

mod ending;
mod environment;
mod output;

use std::path::Path;
use std::time::Duration;

use duly::{Duly, State, Task, TaskId, TaskRecord, Worker};
use duly_server::kinds::shell::{Command, Commands};
use duly_server::kinds::{self, Kinds};
use serde_json::{Value, json};

const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// How often something is looked for before it counts as never happening.
const LOOKS_MAX: usize = 6_000;

/// A worker that runs these commands.
struct Bench {
    duly: Duly,
    worker: Worker,
}

impl Bench {
    async fn with(commands: Commands) -> Self {
        let duly = Duly::open("memory:").await.unwrap();
        let kinds = Kinds {
            commands,
            ..Kinds::default()
        };
        let worker = kinds::worker(&duly, kinds).unwrap().start().unwrap();
        Self { duly, worker }
    }

    /// One that knows one command, of the name `it`.
    async fn knowing(command: Command) -> Self {
        Self::with(Commands::new(PATH).add("it", command).unwrap()).await
    }

    /// A task that runs `it`, tried once.
    async fn submit(&self, more: Value) -> TaskId {
        let mut payload = json!({"command": "it"});
        payload
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.submit_task(Task::new("shell", &payload).attempts_max(1))
            .await
    }

    async fn submit_task(&self, task: Task) -> TaskId {
        self.duly.submit(task).await.unwrap().id
    }

    async fn run(&self, more: Value) -> TaskRecord {
        let id = self.submit(more).await;
        self.duly.wait(id).await.unwrap()
    }

    /// The result of a run that must succeed.
    async fn result(&self, more: Value) -> Value {
        let task = self.run(more).await;
        assert_eq!((task.state, &task.error), (State::Completed, &None));
        serde_json::from_slice(&task.result.unwrap().bytes).unwrap()
    }

    /// The error of a run that must fail.
    async fn failure(&self, more: Value) -> String {
        let task = self.run(more).await;
        assert_eq!(task.state, State::Failed);
        task.error.unwrap()
    }
}

/// A script, whose parameters are the arguments of a task.
fn script(text: &str) -> Command {
    Command::new("sh").args(["-c", text, "sh"]).extra_args(10)
}

/// Waits for what another process does.
async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS_MAX {
        if let Some(found) = look() {
            return found;
        }
        // poll interval: other processes tell nobody what they do
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never happened: {what}");
}

/// The numbers that a script has written to a file.
async fn written(file: &Path) -> Vec<u32> {
    let read = || {
        std::fs::read_to_string(file)
            .ok()
            .filter(|text| text.ends_with('\n'))
    };
    let text = until("a script writes its file", read).await;
    text.split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect()
}

/// Whether a process runs. A zombie does not; whose it is may not be ours to reap.
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    !state.is_empty() && !state.starts_with(['Z', 'X'])
}

async fn all_gone(pids: &[u32]) {
    until("all processes are gone", || {
        (!pids.iter().any(|pid| runs(*pid))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_result_tells_how_it_ended_and_what_it_wrote() {
    let bench = Bench::knowing(script("echo out; echo err >&2; exit 3").success([0, 3])).await;
    let mut result = bench.result(json!({})).await;
    assert!(result["duration_ms"].take().is_u64());
    let expected = json!({"exit_code": 3, "signal": null, "stdout": "out\n", "stderr": "err\n",
        "truncated": false, "duration_ms": null});
    assert_eq!(result, expected);
}

#[tokio::test]
async fn arguments_arrive_as_they_are() {
    let bench = Bench::knowing(script(r#"for arg; do printf '<%s>' "$arg"; done"#)).await;
    let args = [
        "two words",
        "",
        "\"'`",
        "$(echo x) $HOME `id`",
        "a\nb\n",
        "*",
        "; rm -rf /",
        "ü 🦀",
        "--",
        "\\n",
    ];
    let result = bench.result(json!({"args": args})).await;
    let expected: String = args.iter().map(|arg| format!("<{arg}>")).collect();
    assert_eq!(result["stdout"], expected);
}

#[tokio::test]
async fn what_it_reads_is_what_the_task_gives_and_else_nothing() {
    let bench = Bench::knowing(Command::new("cat").stdin()).await;
    let text = "line\n".repeat(100_000);
    let result = bench.result(json!({"stdin": text})).await;
    assert!(
        result["stdout"]
            .as_str()
            .unwrap()
            .starts_with("line\nline\n")
    );
    assert!(
        result["stdout"]
            .as_str()
            .unwrap()
            .contains("bytes left out")
    );
    assert_eq!(bench.result(json!({})).await["stdout"], "");
    assert_eq!(
        bench.result(json!({"stdin": "no line end"})).await["stdout"],
        "no line end"
    );
}

#[tokio::test]
async fn who_does_not_read_need_not() {
    let bench = Bench::knowing(Command::new("true").stdin()).await;
    let result = bench.result(json!({"stdin": "x".repeat(500_000)})).await;
    assert_eq!(result["exit_code"], 0);
}

#[tokio::test]
async fn without_commands_there_is_no_such_kind() {
    let bench = Bench::with(Commands::default()).await;
    let kinds = |workers: Vec<duly::WorkerRecord>| {
        let registered = workers
            .first()
            .map(|worker| worker.registration.kinds.clone());
        registered.map(|kinds| kinds.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    for _ in 0..LOOKS_MAX {
        if let Some(kinds) = kinds(bench.duly.workers().await.unwrap()) {
            assert_eq!(kinds, ["http"]);
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the worker never registered");
}

#[tokio::test]
async fn a_payload_out_of_bounds_fails_for_good_and_runs_nothing() {
    let bench = Bench::knowing(Command::new("true")).await;
    let error = bench.failure(json!({"args": ["s3cret"]})).await;
    assert_eq!(error, "payload.args are 1: command \"it\" takes at most 0");
    let error = bench.failure(json!({"command": "rm"})).await;
    assert_eq!(
        error,
        "payload.command is \"rm\": expected one that is configured here: it"
    );
    let task = Task::new("shell", &json!({"program": "true"})).attempts_max(3);
    let id = bench.submit_task(task).await;
    let task = bench.duly.wait(id).await.unwrap();
    assert_eq!(
        (task.state, task.attempt),
        (State::Failed, 1),
        "not tried again"
    );
}
