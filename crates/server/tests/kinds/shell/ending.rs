//! Ends: by an exit code, a signal, a timeout, a request, a worker that stops. Nothing is left running.

use std::time::Duration;

use duly::{State, Task, TaskRecord};
use duly_server::kinds::shell::{Command, Commands};
use serde_json::json;

use super::{Bench, PATH, all_gone, runs, script, until, written};

/// Starts a child that lives on, writes both ids to the file that it is given, and waits.
const PARENT: &str = r#"sleep 1000 & echo "$$ $!" > "$1.part"; mv "$1.part" "$1"; wait; wait"#;

/// A parent that runs, its processes, and the bench that runs it.
async fn parent(command: Command) -> (Bench, duly::TaskId, Vec<u32>, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("pids");
    let bench = Bench::knowing(command).await;
    let id = bench.submit(json!({"args": [file]})).await;
    let pids = written(&file).await;
    assert_eq!(pids.len(), 2);
    assert!(pids.iter().all(|pid| runs(*pid)));
    (bench, id, pids, home)
}

async fn ended(bench: &Bench, id: duly::TaskId) -> TaskRecord {
    bench.duly.wait(id).await.unwrap()
}

#[tokio::test]
async fn a_failure_says_how_it_ended_and_its_last_words() {
    let bench = Bench::knowing(script("seq 1 30 >&2; echo out; exit 4")).await;
    let error = bench.failure(json!({})).await;
    let last: Vec<_> = (11..=30).map(|n| n.to_string()).collect();
    assert_eq!(
        error,
        format!("command \"it\" ended with exit code 4: {}", last.join("\n"))
    );
    let bench = Bench::knowing(script("exit 5")).await;
    assert_eq!(
        bench.failure(json!({})).await,
        "command \"it\" ended with exit code 5"
    );
}

#[tokio::test]
async fn which_exit_codes_are_worth_another_try_can_be_chosen() {
    let commands = Commands::new(PATH)
        .add("any", script("exit $1"))
        .and_then(|all| all.add("some", script("exit $1").retry([75])))
        .and_then(|all| all.add("killed", script("kill -$1 $$").retry([75, 139])))
        .unwrap();
    let bench = Bench::with(commands).await;
    for (command, arg, attempts) in [
        ("any", "1", 2),
        ("some", "75", 2),
        ("some", "1", 1),
        ("killed", "SEGV", 2),
        ("killed", "TERM", 1),
    ] {
        let payload = json!({"command": command, "args": [arg]});
        let policy = duly::RetryPolicy {
            attempts_max: 2,
            backoff: duly::Backoff::Fixed {
                delay: Duration::ZERO,
            },
            ..duly::RetryPolicy::default()
        };
        let id = bench
            .submit_task(Task::new("shell", &payload).retry(policy))
            .await;
        let task = ended(&bench, id).await;
        assert_eq!(
            (task.state, task.attempt),
            (State::Failed, attempts),
            "{command} {arg}"
        );
    }
}

#[tokio::test]
async fn a_signal_is_told() {
    let bench = Bench::knowing(script("kill -SEGV $$")).await;
    assert_eq!(
        bench.failure(json!({})).await,
        "command \"it\" was ended by signal 11"
    );
    let bench = Bench::knowing(script("kill -SEGV $$").success([139])).await;
    let result = bench.result(json!({})).await;
    assert_eq!(
        (&result["exit_code"], &result["signal"]),
        (&json!(null), &json!(11))
    );
}

#[tokio::test]
async fn a_cancelled_task_ends_the_whole_group() {
    let (bench, id, pids, _home) = parent(script(PARENT)).await;
    bench.duly.cancel(id).await.unwrap();
    assert_eq!(ended(&bench, id).await.state, State::Cancelled);
    all_gone(&pids).await;
}

#[tokio::test]
async fn who_does_not_heed_sigterm_is_killed_after_the_grace() {
    let stubborn = format!("trap '' TERM; {PARENT}");
    let command = script(&stubborn).grace(Duration::from_millis(50));
    let (bench, id, pids, _home) = parent(command).await;
    bench.duly.cancel(id).await.unwrap();
    assert_eq!(ended(&bench, id).await.state, State::Cancelled);
    all_gone(&pids).await;
}

#[tokio::test]
async fn who_heeds_sigterm_may_tidy_up_and_say_so() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("pids");
    let tidy = r#"trap 'sleep 0.1; echo tidied >&2; exit 0' TERM; echo $$ > "$1"; while :; do sleep 0.01; done"#;
    let bench = Bench::knowing(script(tidy)).await;
    let id = bench.submit(json!({"args": [file]})).await;
    let pids = written(&file).await;
    bench.duly.cancel(id).await.unwrap();
    let task = ended(&bench, id).await;
    assert_eq!(task.state, State::Cancelled);
    // The shell may say before that its child was terminated.
    let error = task.error.unwrap();
    assert!(error.ends_with("tidied"), "{error}");
    all_gone(&pids).await;
}

#[tokio::test]
async fn a_command_out_of_its_time_has_timed_out() {
    let command = script(&format!("echo busy >&2; {PARENT}")).timeout(Duration::from_millis(300));
    let (bench, id, pids, _home) = parent(command).await;
    let task = ended(&bench, id).await;
    assert_eq!(task.state, State::TimedOut);
    assert_eq!(
        task.error.unwrap(),
        "command \"it\" was still running after its timeout of 300ms: busy"
    );
    all_gone(&pids).await;
}

#[tokio::test]
async fn a_task_out_of_its_time_ends_its_command() {
    let bench = Bench::knowing(script("echo busy >&2; sleep 1000")).await;
    let task = Task::new("shell", &json!({"command": "it"})).attempts_max(1);
    let id = bench
        .submit_task(task.timeout(Duration::from_millis(200)))
        .await;
    let task = ended(&bench, id).await;
    assert_eq!(task.state, State::TimedOut);
    assert_eq!(
        task.error.unwrap(),
        "still running after its timeout of 200ms: busy"
    );
}

#[tokio::test]
async fn a_worker_that_stops_at_once_leaves_nothing_running_and_no_zombie() {
    let (bench, id, pids, _home) = parent(script(PARENT)).await;
    bench.worker.shutdown_now().await;
    all_gone(&pids).await;
    let leader = format!("/proc/{}", pids[0]);
    until("the leader is reaped", || {
        (!std::path::Path::new(&leader).exists()).then_some(())
    })
    .await;
    let task = bench.duly.task(id).await.unwrap().unwrap();
    assert_eq!((task.state, task.spent), (State::Pending, 0), "handed back");
}

#[tokio::test]
async fn a_worker_that_stops_in_order_asks_first() {
    let (bench, id, pids, _home) = parent(script(PARENT)).await;
    bench.worker.shutdown(Duration::from_millis(400)).await;
    all_gone(&pids).await;
    let task = bench.duly.task(id).await.unwrap().unwrap();
    assert_eq!(task.state, State::Pending);
}

#[tokio::test]
async fn a_child_that_holds_the_output_open_does_not_hold_up_the_task() {
    let bench = Bench::knowing(script("sleep 1000 & echo $!; exit 0")).await;
    let result = bench.result(json!({})).await;
    let pid = result["stdout"].as_str().unwrap().trim().parse().unwrap();
    all_gone(&[pid]).await;
}

#[tokio::test]
async fn a_child_that_left_the_group_does_not_hold_up_the_task_either() {
    let bench = Bench::knowing(script("setsid sleep 1000 & echo $!; exit 0")).await;
    let result = bench.result(json!({})).await;
    let pid: i32 = result["stdout"].as_str().unwrap().trim().parse().unwrap();
    // It is out of reach, as documented; the test ends it.
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}
