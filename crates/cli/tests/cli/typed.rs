//! What is typed wrong, or stands wrong in a file: named, with what was expected, the right exit code,
//! and nothing done.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::support::{Outcome, Place, both, duly, run, text};

mod limits;
mod options;

/// What is typed, the option or the place that the error names, and what it says of it.
type Case = (&'static [&'static str], &'static str, &'static str);

/// More than any number counts.
const TOO_MANY: &str = "999999999999999999999999999999";

#[tokio::test]
async fn what_only_the_server_knows_is_refused_by_it() {
    both(async |there| {
        let long = "q".repeat(129);
        let labels: Vec<String> = (0..33).map(|n| format!("--label=l{n}=v")).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let payload = format!("\"{}\"", "a".repeat(100_000));
        for (arguments, said) in [
            (&["submit", ""][..], "kind is \"\": expected"),
            (&["submit", "k", "--queue", &long], "129 bytes"),
            (&["submit", "k", "--unique", ""], "unique_key"),
            (&["submit", "k", "--label", "duly.trace=x"], "duly."),
            (&[&["submit", "k"], &labels[..]].concat(), "32"),
            (&["list", "--cursor", "zz"], "cursor"),
            (&["failed", "list", "--cursor", "zz"], "cursor"),
            (&["events", "--after", "7"], "after"),
            (&["events", "--follow", "--after", "7"], "Last-Event-ID"),
            (&["submit", "k", "--limit", "a:9999999"], "limits"),
            (&["submit", "k", "--limit", ""], "limits"),
        ] {
            let refusal = there.refused(4, arguments).await;
            assert!(refusal.contains(said), "{arguments:?}: {refusal}");
        }
        for (arguments, next) in [
            (["limit", "show", "a"], "`duly limit list`"),
            (["limit", "attached", "a"], "`duly limit list`"),
            (["schedule", "show", "a"], "`duly schedule list`"),
            (["queue", "pause", "a"], "`duly queue list`"),
            (["kind", "pause", "a"], "`duly kind list`"),
            (["tenant", "pause", "a"], "`duly tenant list`"),
        ] {
            let refusal = there.refused(5, &arguments).await;
            let what = format!("there is no {} \"a\"", arguments[0]);
            assert!(refusal.contains(&what), "{refusal}");
            assert!(refusal.contains(next), "{refusal}");
        }
        // Whatever a payload holds goes through as it is.
        let id = there.submit("k", &[&payload]).await;
        let shown = there.json(&["show", &id]).await;
        assert_eq!(shown["payload"].as_str().unwrap().len(), 100_000);
    })
    .await;
}

#[tokio::test]
async fn lines_of_a_file_are_refused_by_their_numbers() {
    let huge = format!("{{\"payload\": \"{}\"}}", "a".repeat(1 << 20));
    both(async |there| {
        for (line, code, said) in [
            (r#"{"kind": "a""#, 2, "line 2: EOF"),
            (r#"{"kind": "a", "kind": "b"}"#, 2, "duplicate field `kind`"),
            (r#"{"kinds": "a"}"#, 2, "unknown field `kinds`"),
            (r#"{"delay_ms": -1}"#, 2, "a whole number, 0 or more"),
            (r#"{"delay_ms": 99999999999999999999}"#, 2, "line 2"),
            (r#"{"labels": {"a": "1", "a": "2"}}"#, 2, "given twice"),
            (r#"{"run_at": "noon"}"#, 2, "RFC 3339"),
            (r#"["a"]"#, 2, "expected a JSON object"),
            ("\u{feff}{}", 2, "expected a JSON object"),
            (
                r#"{"delay_ms": 1, "run_at": "2026-01-31T12:00:00Z"}"#,
                4,
                "line 2",
            ),
            (&huge, 4, "line 2"),
        ] {
            let file = there.place.file("a.ndjson", &format!("{{}}\n{line}\n"));
            let refusal = there
                .refused(code, &["submit", "k", "--file", text(&file)])
                .await;
            assert!(refusal.contains(said), "{line:.60}: {refusal}");
        }
        let missing = there.place.path("missing");
        for (path, said) in [
            (&missing, "No such file"),
            (&there.place.path("."), "it is a folder"),
        ] {
            let refusal = there
                .refused(2, &["submit", "k", "--file", text(path)])
                .await;
            assert!(refusal.contains(said), "{refusal}");
        }
    })
    .await;
}

#[tokio::test]
async fn arguments_that_are_no_text_are_refused() {
    for place in 0..3 {
        let mut arguments: Vec<OsString> = vec!["submit".into(), "kind".into(), "1".into()];
        arguments[place] = OsString::from_vec(vec![b'a', 0xff]);
        let mut command = duly();
        command.args(&arguments);
        let outcome = Outcome::of(command).await;
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(
            outcome.err.contains("UTF-8") || outcome.err.contains("unrecognized"),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn files_that_are_no_text_are_refused() {
    let place = Place::new();
    let file = place.path("a.ndjson");
    std::fs::write(&file, b"{\"kind\": \"\xff\"}\n").unwrap();
    let store = ["--store", "memory:", "submit", "--file", text(&file)];
    let outcome = run(&store).await;
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.err.contains("line 1"), "{outcome:?}");
}

#[tokio::test]
async fn what_is_nearly_a_command_is_suggested() {
    for (typed, meant) in [("lst", "list"), ("evnts", "events"), ("cancle", "cancel")] {
        let outcome = run(&[typed]).await;
        assert_eq!(outcome.code, 2);
        assert!(
            outcome.err.contains("tip:") && outcome.err.contains(meant),
            "{outcome:?}"
        );
    }
    let outcome = run(&["list", "--quue", "a"]).await;
    assert!(outcome.err.contains("exists: '--queue'"), "{outcome:?}");
}

#[tokio::test]
async fn the_environment_names_where_and_is_checked_too() {
    for (name, value, said) in [
        ("DULY_SERVER", "localhost", "DULY_SERVER is \"localhost\""),
        ("DULY_STORE", "mongo:x", "sqlite:PATH"),
        ("DULY_TOKEN", "a\tb\u{7f}", "--token (or DULY_TOKEN)"),
    ] {
        let mut command = duly();
        command.arg("stats").env(name, value);
        let outcome = Outcome::of(command).await;
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.err.contains(said), "{outcome:?}");
    }
    // A server goes before a store, and what is typed before both.
    let mut command = duly();
    command
        .arg("stats")
        .env("DULY_SERVER", "http://127.0.0.1:9")
        .env("DULY_STORE", "memory:");
    assert_eq!(Outcome::of(command).await.code, 3);
    let mut command = duly();
    command
        .args(["stats", "--store", "memory:"])
        .env("DULY_SERVER", "http://127.0.0.1:9");
    assert_eq!(Outcome::of(command).await.code, 0);
}
