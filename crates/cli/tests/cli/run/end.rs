//! How runs end: exit codes, retries, timeouts, requests.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{StatusCode, Uri};

use super::{Folder, items, numbers};
use crate::support::served;

const COUNTS: [&str; 4] = ["done", "failed", "cancelled", "retried"];

#[tokio::test]
async fn all_done_is_0_something_failed_1_and_what_makes_no_sense_2() {
    let folder = Folder::with("tasks:\n- {name: good, command: [true]}\n");
    let done = folder.run(&["a.yaml"]).await;
    assert_eq!(
        (done.code, done.err.as_str()),
        (0, "1 task, 2 at once\ngood: 1 of 1 task done\n")
    );
    folder.write(
        "bad.yaml",
        "tasks:\n- {name: bad, command: [sh, -c, 'echo oh no >&2; exit 3']}\n",
    );
    let failed = folder.run(&["bad.yaml"]).await;
    assert_eq!(failed.code, 1);
    for said in [
        "failed: bad\n  program \"sh\" ended with exit code 3: oh no\n  whole: duly show ",
        " --store sqlite:.duly/bad.db\n",
        "\n\nfailed: 1 of 1 task, in ",
        "\nto run these again: duly run bad.yaml --retry-failed\n",
    ] {
        assert!(failed.out.contains(said), "{said}\n{}", failed.out);
    }
    folder.write("wrong.yaml", "tasks:\n- {name: bad, comand: [x]}\n");
    for (arguments, said) in [
        (
            &["wrong.yaml"][..],
            "wrong.yaml:2:15: unknown field `comand`",
        ),
        (&["none.yaml"], "none.yaml: cannot be read: No such file"),
        (
            &["a.yaml", "--only", "x"],
            "there is no group \"x\" in a.yaml: expected one of good",
        ),
        (&["a.yaml", "--store", "x:y"], "--store: "),
        (&["a.yaml", "--concurrency", "0"], "0 is not in 1..=10000"),
        (&["a.yaml", "--grace", "soon"], "--grace"),
    ] {
        let refused = folder.run(arguments).await;
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains(said), "{said}\n{}", refused.err);
        assert_eq!(refused.out, "");
    }
    let dry = folder.run(&["a.yaml", "--dry-run"]).await;
    assert!(
        dry.out.contains("normal    now  good         true"),
        "{}",
        dry.out
    );
}

#[tokio::test]
async fn a_command_is_tried_as_often_as_it_may_and_only_what_failed_is_run_again() {
    let folder = Folder::with(
        r#"
tasks:
- name: third
  each: [x, y]
  command: [sh, -c, 'echo "$1" >> tries; [ $(grep -c "$1" tries) -ge 3 ]', sh, "{item}"]
  retries: 2
  backoff: 1ms
- name: never
  command: [sh, -c, 'echo no >> never; [ -e now ]']
  retries: 1
  backoff: 1ms
"#,
    );
    let lines = folder.json(1, &[]).await;
    let summary = lines.last().unwrap();
    assert_eq!(numbers(&summary["groups"][0], COUNTS), [2, 0, 0, 4]);
    assert_eq!(numbers(&summary["groups"][1], COUNTS), [0, 1, 0, 1]);
    assert_eq!(summary["outcome"], "failed");
    assert_eq!(summary["failures"][0]["attempts"], 2);
    assert_eq!(items(&lines, "retrying").len(), 5);
    assert_eq!(folder.lines("tries"), ["x", "x", "x", "y", "y", "y"]);
    assert_eq!(folder.lines("never").len(), 2);

    folder.write("now", "");
    let lines = folder.json(0, &["--retry-failed"]).await;
    assert_eq!(
        (&lines[0]["opening"], &lines[0]["over"]),
        (&"retried".into(), &2.into())
    );
    assert_eq!(folder.lines("never").len(), 3);
    assert_eq!(folder.lines("tries").len(), 6, "what was done stays done");
    let nothing = folder.run(&["a.yaml", "--retry-failed"]).await;
    assert_eq!(nothing.code, 0);
    assert!(
        nothing.out.starts_with("nothing to run again: "),
        "{}",
        nothing.out
    );
}

#[tokio::test]
async fn a_command_that_runs_out_of_time_is_ended_with_all_that_it_started() {
    let folder = Folder::with(
        "tasks:\n- name: slow\n  command: [sh, -c, 'sleep 1000 & echo $! > child; wait']\n  \
         timeout: 300ms\n",
    );
    let summary = folder.summary(1, &[]).await;
    let failure = &summary["failures"][0];
    assert_eq!(failure["state"], "timed_out");
    assert_eq!(failure["error"], "still running after its timeout of 300ms");
    // Somebody may still have to take note of its end.
    let status = format!("/proc/{}/status", folder.lines("child")[0]);
    let status = std::fs::read_to_string(status).unwrap_or_default();
    assert!(
        status.is_empty() || status.contains("State:\tZ"),
        "{status}"
    );
    let again = folder.run(&["a.yaml"]).await;
    assert!(
        again.out.starts_with("timed out: slow\n  still running"),
        "{}",
        again.out
    );
}

#[tokio::test]
async fn the_first_failure_calls_off_the_rest_if_that_is_wanted() {
    let folder = Folder::with(
        "concurrency: 1\ntasks:\n- {name: bad, command: [false], priority: high}\n\
         - {name: rest, each: [x, y], command: [sh, -c, 'sleep 1000']}\n",
    );
    let lines = folder.json(1, &["--fail-fast"]).await;
    assert!(lines.iter().any(|line| line["event"] == "called_off"));
    let summary = lines.last().unwrap();
    assert_eq!(numbers(&summary["groups"][1], COUNTS), [0, 0, 2, 0]);
    let people = folder.run(&["a.yaml", "--fail-fast"]).await;
    assert!(
        people
            .out
            .contains("failed: 1 of 3 tasks, 2 called off, in "),
        "{}",
        people.out
    );
}

#[tokio::test]
async fn requests_are_made_retried_and_refused() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let heard = seen.clone();
    let answer = async move |uri: Uri, body: String| {
        let mut seen = heard.lock().unwrap();
        seen.push(format!("{uri} {body}"));
        match uri.path() {
            "/gone" => StatusCode::GONE,
            _ if seen.len() == 1 => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        }
    };
    let at = served(Router::new().fallback(answer)).await;
    let folder = Folder::with(&format!(
        r#"
concurrency: 1
tasks:
- name: tell
  each: [x, "y z"]
  request: {{url: "http://{at}/done?n={{index}}", body: {{item: "{{item}}"}}}}
  retries: 3
  backoff: 1ms
- name: gone
  request: {{url: "http://{at}/gone"}}
  priority: low
  after: 1ms
"#
    ));
    let summary = folder.summary(1, &[]).await;
    assert_eq!(numbers(&summary["groups"][0], COUNTS), [2, 0, 0, 1]);
    assert_eq!(numbers(&summary["groups"][1], COUNTS), [0, 1, 0, 0]);
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    let x = r#"/done?n=1 {"item":"x"}"#;
    assert_eq!(seen, [x, x, r#"/done?n=2 {"item":"y z"}"#, "/gone "]);
}
