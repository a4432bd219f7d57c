//! `duly events`, `duly show --follow`, `duly submit --wait`: what happens, as it happens.

use std::process::Stdio;

use axum::Router;
use axum::http::{HeaderMap, header};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::{Outcome, Place, both, duly, run, served};

/// Before every event.
const START: &str = "00000000000000000000000000000000";

const TASK: &str = "01932f5e-7c1a-7b3e-9d55-0242ac120002";

/// A command that goes on saying things.
struct Going {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Going {
    fn new(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    async fn line(&mut self) -> String {
        self.lines.next_line().await.unwrap().expect("it goes on")
    }

    async fn value(&mut self) -> Value {
        serde_json::from_str(&self.line().await).unwrap()
    }

    async fn code(&mut self) -> Option<i32> {
        self.child.wait().await.unwrap().code()
    }
}

#[tokio::test]
async fn the_history_is_read_by_pages() {
    both(async |there| {
        let id = there.submit("good", &["--queue", "a"]).await;
        there.submit("good", &["--queue", "b"]).await;
        there.work().await;
        let page = there.run(&["events", "--limit", "2", "--json"]).await;
        assert_eq!(page.values().len(), 2);
        let more: Value = serde_json::from_str(&page.err).unwrap();
        let next = more["next"].as_str().unwrap();
        let rest = there.lines(&["events", "--after", next]).await;
        assert_eq!(rest.len(), 4);
        assert_eq!(there.lines(&["events", "--all"]).await.len(), 6);
        let cursor = page.values()[1]["cursor"].as_str().unwrap().to_owned();
        assert_eq!(there.lines(&["events", "--after", &cursor]).await, rest);
        for filter in [&["--task", &id][..], &["--queue", "a"]] {
            let found = there.lines(&[&["events"], filter].concat()).await;
            let kinds: Vec<_> = found.iter().map(|event| &event["kind"]).collect();
            assert_eq!(kinds, ["submitted", "started", "completed"], "{filter:?}");
        }
        let done = there.text(&["events", "--kind", "completed,failed"]).await;
        assert_eq!(done.lines().count(), 2);
        assert!(
            done.contains(&format!("completed\t{id}\ta\tgood\t1\tworker w")),
            "{done}"
        );
    })
    .await;
}

#[tokio::test]
async fn events_are_followed_as_they_happen() {
    both(async |there| {
        let first = there.submit("good", &[]).await;
        let follow = [
            "events", "--follow", "--after", START, "--limit", "3", "--json",
        ];
        let mut going = Going::new(there.command(&follow));
        assert_eq!(going.value().await["task"], first);
        let second = there.submit("good", &[]).await;
        assert_eq!(going.value().await["task"], second);
        there.submit("good", &[]).await;
        assert_eq!(going.value().await["kind"], "submitted");
        assert_eq!(going.code().await, Some(0), "that was the limit");
    })
    .await;
}

#[tokio::test]
async fn following_goes_on_where_it_was_when_the_server_was_killed() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let address = server.address().to_owned();
    let mut command = duly();
    command.args([
        "events",
        "--follow",
        "--after",
        START,
        "--json",
        "--server",
        &server.url,
    ]);
    let mut going = Going::new(command);
    let mut expected = vec![server.json(&["submit", "k"]).await["id"].clone()];
    let mut seen = vec![going.value().await["task"].clone()];
    server.signal("KILL").await;
    server.ended().await;
    // What happens while no server answers is not missed either.
    for _ in 0..2 {
        let mut command = duly();
        command.args(["submit", "k", "--json", "--store", &place.store()]);
        expected.push(Outcome::of(command).await.values()[0]["id"].clone());
    }
    let server = place.serve_at(&address, &["--no-worker"]).await;
    expected.push(server.json(&["submit", "k"]).await["id"].clone());
    while seen.len() < expected.len() {
        seen.push(going.value().await["task"].clone());
    }
    assert_eq!(seen, expected);
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_in_good_order_is_waited_for() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let address = server.address().to_owned();
    let mut command = duly();
    command.args(["events", "--follow", "--json", "--server", &server.url]);
    command.env("DULY_LOG", "warn").stderr(Stdio::piped());
    let mut going = Going::new(command);
    let mut said = BufReader::new(going.child.stderr.take().unwrap()).lines();
    // Nothing tells that it listens, so events are made until one comes through.
    let first = loop {
        server.json(&["submit", "k"]).await;
        tokio::select! {
            biased;
            event = going.value() => break event,
            () = tokio::task::yield_now() => {}
        }
    };
    assert_eq!(first["kind"], "submitted");
    server.signal("TERM").await;
    server.ended().await;
    let line = said.next_line().await.unwrap().unwrap();
    assert!(line.contains("trying again"), "{line}");
    let server = place.serve_at(&address, &["--no-worker"]).await;
    let last = server.json(&["submit", "k"]).await["id"].clone();
    while going.value().await["task"] != last {}
    server.stop().await;
}

#[tokio::test]
async fn a_task_is_followed_until_it_has_ended() {
    both(async |there| {
        let id = there.submit("good", &[]).await;
        let mut going = Going::new(there.command(&["show", &id, "--follow", "--json"]));
        assert_eq!(going.value().await["kind"], "submitted");
        there.work().await;
        assert_eq!(going.value().await["kind"], "started");
        assert_eq!(going.value().await["kind"], "completed");
        assert_eq!(going.code().await, Some(0));
        // Its history is told in the same way afterwards.
        let told = there.lines(&["show", &id, "--follow"]).await;
        assert_eq!(told.len(), 3);
        let text = there.text(&["show", &id, "-f"]).await;
        assert!(text.contains("\"n\": 1"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn whoever_waits_for_a_task_gets_its_result_or_hears_why_there_is_none() {
    both(async |there| {
        for (kind, code, said) in [
            ("good", 0, "completed\n{\n  \"n\": 1\n}\n"),
            ("bad", 6, "failed\n"),
        ] {
            let mut command = there.command(&["submit", kind, "--wait"]);
            let waiting = command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let waiting = waiting.spawn().unwrap();
            let follow = [
                "events",
                "--follow",
                "--after",
                START,
                "--kind",
                "submitted",
            ];
            let mut submitted = Going::new(there.command(&follow));
            while !submitted.line().await.contains(&format!("\t{kind}\t")) {}
            there.work().await;
            let output = waiting.wait_with_output().await.unwrap();
            assert_eq!(output.status.code(), Some(code), "{output:?}");
            let out = String::from_utf8(output.stdout).unwrap();
            assert!(out.ends_with(said), "{out}");
            let err = String::from_utf8(output.stderr).unwrap();
            assert_eq!(
                err.contains("ended failed: it  [31mbroke"),
                code == 6,
                "{err}"
            );
        }
    })
    .await;
}

/// An event as a live stream sends it.
fn message(n: u32) -> String {
    format!(
        "id: {n:032}\nevent: submitted\ndata: {{\"cursor\":\"{n:032}\",\"task\":\"{TASK}\",\
         \"task_kind\":\"k\",\"queue\":\"q\",\"kind\":\"submitted\",\
         \"at\":\"2026-01-01T00:00:00.000000Z\",\"attempt\":0}}\n\n"
    )
}

/// What the stream says to a reader of whom it has dropped events.
fn resync(n: u32) -> String {
    format!("id: {n:032}\nevent: resync\ndata: {{\"missed\":1,\"next\":\"{n:032}\"}}\n\n")
}

#[tokio::test]
async fn a_reader_that_was_too_slow_fetches_what_it_missed() {
    let answer = async |headers: HeaderMap| {
        let last = headers.get("last-event-id");
        let said = match last.map(|id| id.to_str().unwrap().trim_start_matches('0')) {
            None => [message(1), message(2), resync(2), message(4)].concat(),
            Some("2") => [message(3), message(4)].concat(),
            Some("4") => message(5),
            other => panic!("nobody was told {other:?}"),
        };
        ([(header::CONTENT_TYPE, "text/event-stream")], said)
    };
    let at = served(Router::new().fallback(answer)).await;
    let server = format!("http://{at}");
    let follow = [
        "events", "--follow", "--limit", "5", "--json", "--server", &server,
    ];
    let outcome = run(&follow).await;
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let events = outcome.values();
    let cursors: Vec<_> = events.iter().map(|event| event["cursor"].clone()).collect();
    let expected: Vec<_> = (1..=5).map(|n| format!("{n:032}")).collect();
    assert_eq!(cursors, expected);
}
