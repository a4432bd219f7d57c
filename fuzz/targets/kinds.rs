//! Payloads, of the kinds that a server runs itself and of a typed handler: either they make sense, or the
//! error says which field does not, and never what stands there. Nothing is run or sent.
#![no_main]

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use duly::{Context, Duly, Inline, Payload, State, Task};
use duly_server::kinds::http;
use duly_server::kinds::shell::{self, Command, Commands};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};

/// What is put where secrets may be, and is never told.
const SECRET: &str = "hunter2-hunter2";
/// Jobs that one store gets before a fresh one takes its place, so that it stays small.
const JOBS_MAX: u32 = 1_000;

fuzz_target!(|input: &[u8]| {
    let named = named();
    let free = Commands::any();
    let checks: [(&str, &dyn Fn(&[u8]) -> Result<(), String>); 3] = [
        ("headers", &http::check),
        ("env", &|payload| shell::check(payload, &named)),
        ("env", &|payload| shell::check(payload, &free)),
    ];
    for (texts, check) in checks {
        let checked = check(input);
        if let Err(error) = &checked {
            assert!(is_told(error), "{error}");
        }
        if let Ok(Value::Object(payload)) = serde_json::from_slice(input) {
            assert!(check(&written(&payload)).is_ok() || checked.is_err());
            hides_secrets(&payload, texts, check);
            refuses_more(&payload, check);
        }
    }
    if shell::check(input, &named).is_ok() {
        let payload: Value = serde_json::from_slice(input).expect("it was read");
        assert_eq!(payload["command"], "say", "nothing else can be run");
        assert!(payload.get("program").is_none());
    }
    if input.len() % 2 == 0 {
        decodes(input);
    }
});

fn named() -> Commands {
    let say = Command::new("sh")
        .args(["-c", "true", "--"])
        .extra_args(3)
        .free_env("A")
        .stdin();
    Commands::new("/bin")
        .add("say", say)
        .expect("every Unix has a shell")
}

/// It begins with the place: the payload, a field of it, or the command that it names.
fn is_told(error: &str) -> bool {
    ["payload", "command ", "program "]
        .iter()
        .any(|place| error.starts_with(place))
        && [": ", " is ", " are "]
            .iter()
            .any(|between| error.contains(between))
}

fn hides_secrets(
    payload: &Map<String, Value>,
    texts: &str,
    check: &dyn Fn(&[u8]) -> Result<(), String>,
) {
    let mut payload = payload.clone();
    if serde_json::to_string(&payload).is_ok_and(|text| text.contains(SECRET)) {
        return;
    }
    for field in ["body", "stdin"] {
        if let Some(value) = payload.get_mut(field) {
            *value = json!([SECRET]);
        }
    }
    if let Some(Value::Object(texts)) = payload.get_mut(texts) {
        for value in texts.values_mut() {
            *value = match value {
                Value::String(text) => format!("{text}{SECRET}").into(),
                _ => json!([SECRET]),
            };
        }
    }
    if let Some(Value::Array(args)) = payload.get_mut("args") {
        args.push(format!("{SECRET}\0").into());
    }
    if let Err(error) = check(&written(&payload)) {
        assert!(!error.contains(SECRET), "{error}");
    }
}

/// A field that nobody knows is refused by its name.
fn refuses_more(payload: &Map<String, Value>, check: &dyn Fn(&[u8]) -> Result<(), String>) {
    let mut payload = payload.clone();
    let is_fine = check(&written(&payload)).is_ok();
    payload.insert("surplus".to_owned(), json!(1));
    let error = check(&written(&payload)).expect_err("an unknown field");
    assert!(!is_fine || error.contains("surplus"), "{error}");
}

fn written(payload: &Map<String, Value>) -> Vec<u8> {
    serde_json::to_vec(payload).expect("what was read can be written")
}

/// The job of a handler.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "reading it is all")]
struct Job {
    to: String,
    copies: Option<u8>,
    #[serde(default)]
    more: BTreeMap<u16, Vec<Choice>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "reading it is all")]
enum Choice {
    Plain,
    Number(i32),
    Pair { left: f64, right: bool },
}

struct World {
    runtime: Runtime,
    duly: Duly,
    worker: Inline,
    jobs: u32,
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("a runtime");
        let duly = runtime
            .block_on(Duly::open("memory:"))
            .expect("a store in memory");
        let handler = |_: Job, _: Context| async { Ok::<(), std::io::Error>(()) };
        let worker = duly
            .worker()
            .handle("job", handler)
            .inline()
            .expect("it has a handler");
        Self {
            runtime,
            duly,
            worker,
            jobs: 0,
        }
    }

    /// The end of a task with this payload, and what was said of it.
    fn run(&mut self, payload: &[u8]) -> Option<(State, Option<String>)> {
        self.jobs += 1;
        let payload = Payload::json(payload);
        self.runtime.block_on(async {
            self.duly.submit(Task::raw("job", payload)).await.ok()?;
            let ran = self.worker.run_due(1).await.expect("a store in memory");
            let ran = ran.into_iter().next().expect("the task that is due");
            Some((ran.state, ran.error))
        })
    }
}

thread_local! {
    static WORLD: OnceCell<RefCell<World>> = const { OnceCell::new() };
}

fn decodes(input: &[u8]) {
    WORLD.with(|world| {
        let mut world = world.get_or_init(|| World::new().into()).borrow_mut();
        if world.jobs > JOBS_MAX {
            *world = World::new();
        }
        let Some((state, error)) = world.run(input) else {
            return;
        };
        let makes_sense = serde_json::from_slice::<Job>(input).is_ok();
        assert_eq!(state == State::Completed, makes_sense, "{error:?}");
        assert_eq!(error.is_none(), makes_sense);
    });
}
