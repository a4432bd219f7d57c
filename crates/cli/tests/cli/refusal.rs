//! What is refused, by whom, and with which exit code.

use serde_json::Value;

use crate::support::{Place, run, text};

const NOWHERE: [&str; 2] = ["--server", "http://127.0.0.1:9"];

#[tokio::test]
async fn what_is_typed_wrong_is_refused_before_anything_is_done() {
    for (arguments, said) in [
        (&["submit"][..], "KIND"),
        (&["submit", "http", "{oops"], "the payload is not JSON"),
        (&["submit", "http", "--delay", "30"], "30s"),
        (
            &["submit", "http", "--delay", "-5m"],
            "expected a number with a unit",
        ),
        (
            &["submit", "http", "--max-attempts", "-1"],
            "1..=4294967295",
        ),
        (&["submit", "http", "text"], "quotes"),
        (&["submit", "--file", "."], "it is a folder"),
        (&["serve", "--listen", "localhost:7788"], "127.0.0.1:7788"),
        (
            &["serve", "--shutdown-timeout", "-5s"],
            "expected a number with a unit",
        ),
        (&["serve", "--concurrency", "-1"], "1..=100000"),
        (&[], "Usage: duly"),
        (&["submit", "http", "--at", "noon"], "RFC 3339"),
        (
            &["submit", "http", "--priority", "urgent"],
            "critical, high, normal, low",
        ),
        (&["submit", "http", "--label", "a"], "NAME=VALUE"),
        (
            &["submit", "--file", "no-such-file"],
            "cannot read no-such-file",
        ),
        (&["show", "seven"], "a UUID"),
        (&["list", "--state", "done"], "timed_out"),
        (&["list", "--limit", "0"], "1..=1000"),
        (&["stats", "--server", "localhost"], "http://127.0.0.1:7788"),
        (&["stats", "--log-level", "a=b=c"], "--log-level"),
        (
            &["serve", "--listen", "0.0.0.0:0", "--store", "memory:"],
            "loopback",
        ),
        (&["serve", "--store", "mongo:db"], "sqlite:PATH"),
        (
            &[
                "serve",
                "--store",
                "memory:",
                "--listen",
                "127.0.0.1:0",
                "--concurrency",
                "0",
            ],
            "concurrency",
        ),
    ] {
        let outcome = run(arguments).await;
        assert_eq!(outcome.code, 2, "{arguments:?}: {outcome:?}");
        assert!(outcome.err.contains(said), "{arguments:?}: {outcome:?}");
        assert_eq!(outcome.out, "");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_so_with_the_next_step() {
    for arguments in [&["stats"][..], &["list"], &["submit", "a"]] {
        let outcome = run(&[arguments, &NOWHERE].concat()).await;
        assert_eq!(outcome.code, 3, "{outcome:?}");
        assert!(
            outcome
                .err
                .starts_with("error: no answer from http://127.0.0.1:9/")
        );
        assert!(outcome.err.contains("duly serve"));
    }
}

#[tokio::test]
async fn errors_are_json_too_where_answers_are() {
    let outcome = run(&[&["stats", "--json"][..], &NOWHERE].concat()).await;
    let error: Value = serde_json::from_str(&outcome.err).unwrap();
    assert_eq!(error["exit"], 3);
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let id = "01932f5e-7c1a-7b3e-9d55-0242ac120002";
    let outcome = server.run(&["show", id, "--json"]).await;
    assert_eq!(outcome.code, 5);
    let error: Value = serde_json::from_str(&outcome.err).unwrap();
    assert_eq!(error["problem"]["code"], "TaskNotFound");
    let outcome = server.run(&["submit", "", "1"]).await;
    assert_eq!(outcome.code, 4);
    assert!(
        outcome.err.starts_with("error: kind is \"\": expected"),
        "{outcome:?}"
    );
    server.stop().await;
}

/// For whoever reads answers by machine, what is typed wrong is no exception.
#[tokio::test]
async fn what_is_typed_wrong_is_json_too_where_answers_are() {
    for (arguments, said) in [
        (
            &["list", "--json", "--limit", "0"][..],
            "0 is not in 1..=1000",
        ),
        (
            &["--json", "lst"],
            "similar subcommands exist: 'ls', 'list'",
        ),
        (&["submit", "--json"], "<KIND>"),
        (&["--json"], "`duly --help`"),
        (&["queue", "--json"], "`duly --help`"),
    ] {
        let outcome = run(arguments).await;
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{outcome:?}");
        let error: Value = serde_json::from_str(&outcome.err).unwrap();
        assert_eq!(error["exit"], 2);
        let text = error["error"].as_str().unwrap();
        assert!(text.contains(said), "{arguments:?}: {text}");
        assert!(
            !text.contains("Usage:") && !text.starts_with("error"),
            "{text}"
        );
    }
    let help = run(&["list", "--json", "--help"]).await;
    assert_eq!(help.code, 0, "help is no error: {help:?}");
    let text = run(&["submit", "a", "--file", "f", "--", "--json"]).await;
    assert!(text.err.starts_with("error: "), "no option: {text:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_so() {
    let place = Place::new();
    let server = place.serve(&["--no-worker"]).await;
    let file = place.path("other.db");
    let store = format!("sqlite:{}", text(&file));
    let taken = run(&["serve", "--store", &store, "--listen", server.address()]).await;
    assert_eq!(taken.code, 1, "{taken:?}");
    assert!(
        taken.err.contains("is another server running there?"),
        "{taken:?}"
    );
    assert_eq!(taken.err.matches("os error").count(), 1, "{taken:?}");
    assert!(!file.exists(), "nothing is left behind");
    server.stop().await;
}

#[tokio::test]
async fn a_file_that_is_no_store_is_left_as_it_is() {
    let place = Place::new();
    let content = "not a database, and longer than the head of one would be: ".repeat(20);
    let file = place.file("notes.db", &content);
    let store = format!("sqlite:{}", text(&file));
    let outcome = run(&["serve", "--store", &store, "--listen", "127.0.0.1:0"]).await;
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.err.contains("cannot open"), "{outcome:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
}
