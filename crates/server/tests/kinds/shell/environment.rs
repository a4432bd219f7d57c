//! What a command finds around it: variables, a folder, files, a program at all.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use duly::Task;
use duly_server::kinds::shell::{Command, Commands};
use serde_json::json;

use super::{Bench, PATH, script};

#[tokio::test]
async fn there_are_only_the_variables_that_were_chosen() {
    let env = Command::new("env")
        .env("FIXED", "a b")
        .pass_env("PATH")
        .pass_env("NO_SUCH_VARIABLE");
    let bench = Bench::knowing(env.free_env("LANG")).await;
    assert!(
        std::env::vars_os().count() > 3,
        "there is something that could be inherited"
    );
    let id = bench.submit(json!({"env": {"LANG": "C"}})).await;
    let task = bench.duly.wait(id).await.unwrap();
    let result: serde_json::Value = serde_json::from_slice(&task.result.unwrap().bytes).unwrap();
    let found: BTreeSet<_> = result["stdout"].as_str().unwrap().lines().collect();
    let path = format!("PATH={}", std::env::var("PATH").unwrap());
    let task = format!("DULY_TASK_ID={id}");
    assert_eq!(
        found,
        BTreeSet::from(["FIXED=a b", "LANG=C", &path, &task, "DULY_ATTEMPT=1"])
    );
}

#[tokio::test]
async fn a_trace_goes_on_in_the_command() {
    let bench = Bench::knowing(script("echo $TRACEPARENT $TRACESTATE")).await;
    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let context = duly::TraceContext::parse(header, Some("a=1")).unwrap();
    let task = Task::new("shell", &json!({"command": "it"})).trace(&context);
    let id = bench.submit_task(task).await;
    let task = bench.duly.wait(id).await.unwrap();
    let result: serde_json::Value = serde_json::from_slice(&task.result.unwrap().bytes).unwrap();
    let told = result["stdout"].as_str().unwrap();
    assert!(
        told.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"),
        "{told}"
    );
    assert!(
        told.ends_with("-01 a=1\n") && !told.contains("00f067aa0ba902b7"),
        "{told}"
    );
}

#[tokio::test]
async fn files_of_the_server_are_closed_to_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("kept-to-itself");
    let _open = fs::File::create(&path).unwrap();
    let links = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let mut own = links.filter_map(|link| fs::read_link(link.path()).ok());
    assert!(own.any(|target| target == path), "it is open here");
    let bench = Bench::knowing(Command::new("ls").args(["-l", "/proc/self/fd"])).await;
    let seen = bench.result(json!({})).await;
    let seen = seen["stdout"].as_str().unwrap();
    assert!(
        seen.contains(" 0 ") && !seen.contains("kept-to-itself"),
        "{seen}"
    );
}

#[tokio::test]
async fn it_runs_in_the_folder_that_was_chosen() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().canonicalize().unwrap();
    let bench = Bench::knowing(Command::new("pwd").dir("/").free_dir()).await;
    assert_eq!(bench.result(json!({})).await["stdout"], "/\n");
    let result = bench.result(json!({"dir": folder})).await;
    assert_eq!(result["stdout"], format!("{}\n", folder.display()));
    let error = bench.failure(json!({"dir": folder.join("no")})).await;
    assert!(error.contains("expected a folder to run in at"), "{error}");
}

/// A script of its own, with these rights.
fn file(home: &tempfile::TempDir, text: &str) -> std::path::PathBuf {
    let path = home.path().join("program");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn a_program_that_is_gone_or_broken_fails_for_good() {
    let home = tempfile::tempdir().unwrap();
    let path = file(&home, "#!/no/such/interpreter\n");
    let bench = Bench::knowing(Command::new(&path)).await;
    let error = bench.failure(json!({})).await;
    assert!(
        error.starts_with("command \"it\" cannot be started: No such file"),
        "{error}"
    );

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let error = bench.failure(json!({})).await;
    assert!(
        error.starts_with("command \"it\" cannot be started: Permission denied"),
        "{error}"
    );

    fs::remove_file(&path).unwrap();
    let task = Task::new("shell", &json!({"command": "it"})).attempts_max(5);
    let id = bench.submit_task(task).await;
    let task = bench.duly.wait(id).await.unwrap();
    assert_eq!((task.state, task.attempt), (duly::State::Failed, 1));
}

#[tokio::test]
async fn an_argument_too_long_for_the_system_fails_for_good() {
    let bench = Bench::knowing(Command::new("true").extra_args(1)).await;
    let error = bench.failure(json!({"args": ["x".repeat(500_000)]})).await;
    assert!(
        error.starts_with("command \"it\" cannot be started: Argument list too long"),
        "{error}"
    );
}

#[tokio::test]
async fn tasks_of_ones_own_may_run_any_program() {
    let bench = Bench::with(Commands::any()).await;
    let run = async |payload: serde_json::Value| {
        let task = Task::new("shell", &payload).attempts_max(1);
        let id = bench.submit_task(task).await;
        bench.duly.wait(id).await.unwrap()
    };
    let task = run(json!({
        "program": "sh", "args": ["-c", "cat; pwd; echo $OWN; test -n \"$PATH\" && exit 3", "x"],
        "stdin": "in\n", "env": {"OWN": "1"}, "dir": "/", "success": [3],
    }))
    .await;
    let result: serde_json::Value = serde_json::from_slice(&task.result.unwrap().bytes).unwrap();
    assert_eq!(result["stdout"], "in\n/\n1\n");
    let task = run(json!({"program": "no-such-program"})).await;
    assert!(
        task.error
            .unwrap()
            .starts_with("payload.program: program no-such-program: not found")
    );
    let task = run(json!({"program": "false"})).await;
    assert_eq!(
        task.error.unwrap(),
        "program \"false\" ended with exit code 1"
    );
}

#[tokio::test]
async fn the_server_s_own_path_is_what_it_was_told() {
    let home = tempfile::tempdir().unwrap();
    file(&home, "#!/bin/sh\necho mine\n");
    let path = format!("{}:{PATH}", home.path().display());
    let commands = Commands::new(path)
        .add("it", Command::new("program"))
        .unwrap();
    assert_eq!(
        Bench::with(commands).await.result(json!({})).await["stdout"],
        "mine\n"
    );
}
