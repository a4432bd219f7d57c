//! How runs are stopped, and resumed.

use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::{Folder, Going, items, numbers};

const COUNTS: [&str; 4] = ["done", "failed", "left", "retried"];

/// Six tasks, two at once, that wait at the gate and then write down that they are done.
const GATED: &str = r#"
concurrency: 2
tasks:
- name: wait
  each: [a, b, c, d, e, f]
  command: [sh, -c, 'echo $$ >> begun; read x < gate; echo "$1" >> done', sh, "{item}"]
"#;
const ALL: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

#[tokio::test]
async fn the_first_signal_lets_what_runs_end_and_the_next_run_does_the_rest() {
    // Who runs the tests under `nohup` has it ignored, and so have their children, unless it is heard.
    let _heard = signal(SignalKind::hangup()).unwrap();
    for signal in ["INT", "TERM", "HUP"] {
        let folder = Folder::with(GATED);
        let mut gate = folder.gate().await;
        let mut going = folder.start(&["--grace", "1h"]);
        going.started(2).await;
        folder.begun(2).await;
        going.signal(signal).await;
        going.next("stopping").await;
        gate.let_through(2);
        let lines = going.ended(130).await;
        assert_eq!(items(&lines, "started"), [""; 0], "nothing begins any more");
        let summary = lines.last().unwrap();
        assert_eq!(summary["outcome"], "interrupted");
        let counts = numbers(&summary["groups"][0], COUNTS);
        assert_eq!(counts, [2, 0, 4, 0], "{signal}: {lines:#?}");
        assert_eq!(folder.lines("done"), ["a", "b"]);

        gate.let_through(4);
        let lines = folder.json(0, &[]).await;
        assert_eq!(
            (&lines[0]["opening"], &lines[0]["over"]),
            (&"resumed".into(), &2.into())
        );
        assert_eq!(items(&lines, "started"), ["c", "d", "e", "f"]);
        let summary = lines.last().unwrap();
        assert_eq!(numbers(&summary["groups"][0], COUNTS), [6, 0, 0, 0]);
        assert_eq!(summary["over_before"], 2);
        assert_eq!(folder.lines("done"), ALL);
        assert_eq!(folder.lines("begun").len(), 6);
    }
}

#[tokio::test]
async fn the_second_signal_ends_what_runs_which_is_handed_back_and_run_again() {
    let folder = Folder::with(GATED);
    let _gate = folder.gate().await;
    let mut going = folder.start(&["--grace", "1h"]);
    going.started(2).await;
    folder.begun(2).await;
    going.signal("INT").await;
    going.next("stopping").await;
    going.signal("INT").await;
    let lines = going.ended(130).await;
    assert_eq!(items(&lines, "returned").len(), 2, "{lines:#?}");
    let summary = lines.last().unwrap();
    assert_eq!(numbers(&summary["groups"][0], COUNTS), [0, 0, 6, 0]);
    // Its commands were ended with it.
    let mut gate = folder.gate().await;
    gate.let_through(6);
    let people = folder.run(&["a.yaml"]).await;
    assert_eq!(people.code, 0, "{people:?}");
    assert!(
        people
            .err
            .starts_with("resuming: 0 of 6 tasks over, 2 at once\n"),
        "{}",
        people.err
    );
    assert_eq!(folder.lines("done"), ALL);
    assert_eq!(folder.lines("begun").len(), 8, "two began again");
}

#[tokio::test]
async fn what_does_not_end_within_the_grace_is_handed_back() {
    for grace in ["0s", "10ms"] {
        let folder = Folder::with(GATED);
        let _gate = folder.gate().await;
        let mut going = folder.start(&["--grace", grace]);
        going.started(2).await;
        going.signal("INT").await;
        let lines = going.ended(130).await;
        assert_eq!(items(&lines, "returned").len(), 2, "{grace}: {lines:#?}");
        let said = folder.run(&["a.yaml", "--dry-run"]).await;
        assert_eq!(said.code, 0, "a look does nothing");
        assert_eq!(folder.lines("done"), [""; 0]);

        let mut gate = folder.gate().await;
        gate.let_through(6);
        let lines = folder.json(0, &[]).await;
        let summary = lines.last().unwrap();
        assert_eq!(numbers(&summary["groups"][0], COUNTS), [6, 0, 0, 0]);
    }
}

#[tokio::test]
async fn who_has_hangups_ignored_wants_the_run_to_go_on() {
    let folder = Folder::with(GATED);
    let mut gate = folder.gate().await;
    let mut going = Going::begun(folder.nohup(&["a.yaml", "--json"]));
    going.started(2).await;
    going.signal("HUP").await;
    gate.let_through(6);
    let lines = going.ended(0).await;
    assert_eq!(items(&lines, "stopping"), [""; 0]);
    assert_eq!(folder.lines("done"), ALL);
}

#[tokio::test]
async fn a_run_that_was_killed_is_resumed_at_once() {
    let folder = Folder::with(GATED);
    let mut gate = folder.gate().await;
    let mut going = folder.start(&[]);
    going.started(2).await;
    gate.let_through(1);
    // Which of both is told first does not matter.
    let first = going.next_of(&["started", "ended"]).await;
    let other = if first["event"] == "ended" {
        "started"
    } else {
        "ended"
    };
    going.next(other).await;
    folder.begun(3).await;
    going.signal("KILL").await;
    assert_eq!(going.child.wait().await.unwrap().code(), None);
    // Nobody ends the commands of who was killed: whoever is left waits at the gate.
    for id in folder.lines("begun") {
        Command::new("kill")
            .args(["-s", "KILL", &id])
            .output()
            .await
            .unwrap();
    }
    assert_eq!(folder.lines("done").len(), 1);

    let mut gate = folder.gate().await;
    gate.let_through(5);
    let lines = folder.json(0, &[]).await;
    assert_eq!(
        (&lines[0]["opening"], &lines[0]["over"]),
        (&"resumed".into(), &1.into())
    );
    let summary = lines.last().unwrap();
    assert_eq!(
        numbers(&summary["groups"][0], COUNTS),
        [6, 0, 0, 2],
        "two lost their process"
    );
    assert_eq!(folder.lines("done"), ALL, "each was done once");
    assert_eq!(folder.lines("begun").len(), 8);
}

#[tokio::test]
async fn a_file_that_says_something_else_does_not_resume() {
    let folder = Folder::with(GATED);
    let _gate = folder.gate().await;
    let mut going = folder.start(&["--grace", "0s"]);
    going.started(2).await;
    going.signal("INT").await;
    going.ended(130).await;

    folder.write("a.yaml", &GATED.replace("c, d", "c, x, d"));
    let refused = folder.run(&["a.yaml"]).await;
    assert_eq!(refused.code, 2);
    let said =
        "a.yaml has changed since round 1 began, of which 6 of 6 tasks are left: put it back";
    assert!(refused.err.contains(said), "{}", refused.err);
    let failed = folder
        .run(&["a.yaml", "--only", "wait", "--retry-failed"])
        .await;
    assert_eq!(failed.code, 2, "{failed:?}");

    // Comments and how much runs at once are no change.
    let mut gate = folder.gate().await;
    folder.write(
        "a.yaml",
        &GATED.replace("concurrency: 2", "concurrency: 3 # at once"),
    );
    gate.let_through(6);
    assert_eq!(folder.json(0, &[]).await[0]["opening"], "resumed");

    folder.write("a.yaml", &GATED.replace("c, d", "c, x, d"));
    gate.let_through(7);
    let lines = folder.json(0, &["--fresh"]).await;
    assert_eq!(
        (&lines[0]["opening"], &lines[0]["round"]),
        (&"begun".into(), &2.into())
    );
}

#[tokio::test]
async fn fresh_calls_off_what_was_left() {
    let folder = Folder::with(GATED);
    let _gate = folder.gate().await;
    let mut going = folder.start(&["--grace", "0s"]);
    going.started(2).await;
    going.signal("INT").await;
    going.ended(130).await;
    let mut gate = folder.gate().await;
    gate.let_through(6);
    let lines = folder.json(0, &["--fresh"]).await;
    assert_eq!(
        (&lines[0]["round"], &lines[0]["tasks"]),
        (&2.into(), &6.into())
    );
    assert_eq!(folder.lines("done"), ALL, "only those of the new round");
}

#[tokio::test]
async fn one_process_runs_a_file_at_a_time() {
    let folder = Folder::with(GATED);
    let mut gate = folder.gate().await;
    let mut going = folder.start(&[]);
    going.started(2).await;
    let refused = folder.run(&["a.yaml", "--fresh"]).await;
    assert_eq!(refused.code, 1);
    let said = "error: a.yaml is being run by another process: wait for it, or stop it\n";
    assert_eq!(refused.err, said);
    gate.let_through(6);
    going.ended(0).await;
    assert_eq!(folder.lines("done"), ALL);
}

#[tokio::test]
async fn files_of_one_name_share_a_store_without_meddling() {
    let folders = [Folder::with(GATED), Folder::with(GATED)];
    let shared = Folder::new();
    let store = format!("sqlite:{}", shared.path().join("all.db").display());
    let arguments = ["--store", store.as_str(), "--grace", "0s"];
    let mut gates = Vec::new();
    let mut going = Vec::new();
    for folder in &folders {
        gates.push(folder.gate().await);
        let mut run = folder.start(&arguments);
        run.started(2).await;
        going.push(run);
    }
    // One is stopped; the other goes on.
    let stopped = going.remove(0);
    stopped.signal("INT").await;
    stopped.ended(130).await;
    gates[1].let_through(6);
    going.remove(0).ended(0).await;
    assert_eq!(folders[1].lines("done"), ALL);
    gates[0] = folders[0].gate().await;
    gates[0].let_through(6);
    let lines = folders[0].json(0, &arguments).await;
    assert_eq!(lines[0]["opening"], "resumed");
    assert_eq!(folders[0].lines("done"), ALL);
    assert!(!folders[0].names(".duly").contains(&"a.db".to_owned()));
}
