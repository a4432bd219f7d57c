//! `duly submit --file`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use duly::State;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use crate::support::{Place, duly, run, served, text};

/// Deliveries to this address, numbered.
fn deliveries(url: &str, count: usize) -> String {
    let mut lines = String::new();
    for n in 0..count {
        writeln!(
            lines,
            r#"{{"payload": {{"url": "{url}/{n}"}}, "priority": "low"}}"#
        )
        .unwrap();
    }
    lines
}

/// Somebody to deliver to, who tells each path that was called.
async fn receiver() -> (String, mpsc::UnboundedReceiver<String>) {
    let (tell, told) = mpsc::unbounded_channel();
    let answer = async move |uri: axum::http::Uri| {
        tell.send(uri.path().to_owned()).unwrap();
    };
    let at = served(Router::new().fallback(answer)).await;
    (format!("http://{at}"), told)
}

#[tokio::test]
async fn each_line_is_delivered() {
    let (url, mut told) = receiver().await;
    let place = Place::new();
    let server = place.serve(&[]).await;
    let file = place.file("deliveries.ndjson", &deliveries(&url, 1_200));
    let submitted = server.run(&["submit", "http", "--file", text(&file)]).await;
    assert!(
        submitted.out.starts_with("1,200 submitted"),
        "{submitted:?}"
    );
    let mut paths = BTreeSet::new();
    while paths.len() < 1_200 {
        paths.insert(told.recv().await.unwrap());
    }
    server.stop().await;
}

#[tokio::test]
async fn the_example_does_what_it_says() {
    let place = Place::new();
    let server = place.serve(&[]).await;
    let example = include_str!("../../../../examples/deliveries.ndjson");
    let example = example.replace("http://127.0.0.1:7788", &server.url);
    let file = place.file("deliveries.ndjson", &example);
    server
        .json(&["submit", "http", "--file", text(&file)])
        .await;
    let listed = server.lines(&["list", "--label", "batch=example", "--limit", "100"]);
    let mut attempts_by_note = BTreeMap::new();
    for task in listed.await {
        let ended = place
            .ended(task["id"].as_str().unwrap().parse().unwrap())
            .await;
        let note = ended.labels.get("note").cloned();
        let is_meant = note.as_ref().is_some_and(|note| {
            ["fails for good: 404", "is tried three times"].contains(&note.as_str())
        });
        let expected = if is_meant {
            State::Failed
        } else {
            State::Completed
        };
        assert_eq!(ended.state, expected, "{ended:?}");
        attempts_by_note.insert(note, ended.attempt);
    }
    let attempts = |note: &str| attempts_by_note[&Some(note.to_owned())];
    assert_eq!(attempts("fails for good: 404"), 1);
    assert_eq!(attempts("is tried three times"), 3);
    assert_eq!(attempts("three seconds later"), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_run_that_is_repeated_adds_nothing() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let file = place.file("a.ndjson", &deliveries("http://127.0.0.1:9", 600));
    let submit = ["submit", "http", "--file", text(&file), "--run", "march"];
    let first = server.json(&submit).await;
    assert_eq!(first, json!({"submitted": 600, "existed": 0}));
    let again = server.json(&submit).await;
    assert_eq!(again, json!({"submitted": 0, "existed": 600}));
    server.stop().await;
}

#[tokio::test]
async fn stdin_is_a_file_and_a_line_may_say_its_own_kind() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let mut command = duly();
    command.args([
        "submit",
        "--file",
        "-",
        "--queue",
        "q",
        "--server",
        &server.url,
    ]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(b"{\"kind\": \"a\"}\n\n{\"kind\": \"b\", \"queue\": \"own\"}")
        .await
        .unwrap();
    drop(stdin);
    assert!(child.wait().await.unwrap().success());
    let stats = server.json(&["stats"]).await;
    let names: Vec<_> = stats["queues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|q| &q["name"])
        .collect();
    assert_eq!(names, ["own", "q"]);
    server.stop().await;
}

#[tokio::test]
async fn a_line_that_makes_no_sense_is_named_and_what_stands_before_it_is_submitted() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    for (line, said) in [
        (
            r#"{"payload": 1, "prioritty": "low"}"#,
            "line 4: unknown field `prioritty`",
        ),
        ("oops", "line 4: expected a JSON object"),
        (r#"{"payload": }"#, "line 4: expected value"),
    ] {
        let file = place.file("a.ndjson", &format!("{{}}\n\n{{}}\n{line}\n{{}}\n"));
        let submitted = server.run(&["submit", "http", "--file", text(&file)]).await;
        assert_eq!(submitted.code, 2, "{submitted:?}");
        assert!(submitted.err.contains(said), "{submitted:?}");
        assert!(
            submitted
                .err
                .ends_with("submitted so far: 2, up to line 3; to go on, submit the lines after it (or the whole file, if it was submitted with --run)\n"),
            "{submitted:?}"
        );
    }
    assert_eq!(server.json(&["stats"]).await["tasks"]["pending"], 6);
    server.stop().await;
}

#[tokio::test]
async fn what_the_server_refuses_is_named_by_its_line() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let file = place.file("a.ndjson", "{}\n\n{\"attempts_max\": 0}\n");
    let submitted = server.run(&["submit", "http", "--file", text(&file)]).await;
    assert_eq!(submitted.code, 4, "{submitted:?}");
    assert!(
        submitted
            .err
            .contains("line 3: attempts_max is 0: expected at least 1")
    );
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_is_started_again_goes_on_where_the_other_was_killed() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let address = server.address().to_owned();
    server.signal("KILL").await;
    server.ended().await;
    let file = place.file("a.ndjson", &deliveries("http://127.0.0.1:9", 700));
    let mut command = duly();
    command.args(["submit", "http", "--file", text(&file), "--server"]);
    command
        .arg(format!("http://{address}"))
        .stderr(Stdio::piped());
    let mut submitting = command.stdout(Stdio::null()).spawn().unwrap();
    let mut said = tokio::io::BufReader::new(submitting.stderr.take().unwrap());
    let mut line = String::new();
    tokio::io::AsyncBufReadExt::read_line(&mut said, &mut line)
        .await
        .unwrap();
    assert!(line.contains("trying again"), "{line}");
    let server = place.serve_at(&address, &["--no-worker"]).await;
    assert!(submitting.wait().await.unwrap().success());
    assert_eq!(server.json(&["stats"]).await["tasks"]["pending"], 700);
    server.stop().await;
}

#[tokio::test]
async fn a_batch_that_is_sent_again_has_the_same_ids() {
    let calls = Arc::new(Mutex::new(Vec::<Value>::new()));
    let seen = calls.clone();
    let answer = async move |_: HeaderMap, body: Bytes| {
        let tasks: Value = serde_json::from_slice(&body).unwrap();
        let ids: Vec<_> = tasks
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["id"].clone())
            .collect();
        let mut calls = seen.lock().unwrap();
        calls.push(Value::from(ids.clone()));
        if calls.len() == 1 {
            let problem = duly_api::Problem::new(duly_api::Code::Unavailable, "busy");
            return (
                StatusCode::SERVICE_UNAVAILABLE,
                serde_json::to_string(&problem).unwrap(),
            );
        }
        let tasks = ids.iter().map(|id| json!({"id": id, "state": "pending"}));
        (
            StatusCode::CREATED,
            json!({"tasks": tasks.collect::<Vec<_>>()}).to_string(),
        )
    };
    let at = served(Router::new().route("/v1/tasks", post(answer))).await;
    let place = Place::new();
    let file = place.file("a.ndjson", "{}\n{}\n");
    let server = format!("http://{at}");
    let submitted = run(&["submit", "a", "--file", text(&file), "--server", &server]).await;
    assert_eq!(submitted.code, 0, "{submitted:?}");
    let calls = calls.lock().unwrap();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0], calls[1]);
}

#[tokio::test]
async fn patience_has_an_end() {
    let place = Place::new();
    let file = place.file("a.ndjson", "{}\n");
    let submit = ["submit", "a", "--file", text(&file), "--patience", "300ms"];
    let gone = run(&[&submit[..], &["--server", "http://127.0.0.1:9"]].concat()).await;
    assert_eq!(gone.code, 3, "{gone:?}");
    assert!(
        gone.err.contains("duly serve"),
        "it says what to do: {gone:?}"
    );
}
