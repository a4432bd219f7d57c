//! What is typed wrong, or stands wrong in a file: named, with what was expected, the right exit code,
//! and nothing done.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::support::{Outcome, Place, both, duly, run, text};

const ID: &str = "01932f5e-7c1a-7b3e-9d55-0242ac120002";
/// A day more than any time from now may be.
const TOO_LONG: &str = "367d";

/// What is typed, the option or the place that the error names, and what it says of it.
type Case = (&'static [&'static str], &'static str, &'static str);

/// More than any number counts.
const TOO_MANY: &str = "999999999999999999999999999999";

/// What is said of a task.
const SUBMIT: &[Case] = &[
    (
        &["submit", "k", "--delay", "-5m"],
        "--delay",
        "500ms, 30s, 5m",
    ),
    (
        &["submit", "k", "--delay", "1.5h"],
        "--delay",
        "500ms, 30s, 5m",
    ),
    (
        &["submit", "k", "--delay", TOO_LONG],
        "--delay",
        "at most 366 days",
    ),
    (
        &["submit", "k", "--delay", "99999999999999999999s"],
        "--delay",
        "a number with a unit",
    ),
    (
        &["submit", "k", "--timeout", "9999999999999999d"],
        "--timeout",
        "at most 366 days",
    ),
    (
        &["submit", "k", "--timeout", ""],
        "--timeout",
        "a number with a unit",
    ),
    (
        &["submit", "k", "--deadline", "-1s"],
        "--deadline",
        "a duration such as 2h",
    ),
    (
        &["submit", "k", "--deadline", "tomorrow"],
        "--deadline",
        "2026-01-31T12:00:00Z",
    ),
    (
        &["submit", "k", "--finish-by", "tomorrow"],
        "--finish-by",
        "2026-01-31T12:00:00Z",
    ),
    (
        &["submit", "k", "--alert-unstarted", "0s"],
        "--alert-unstarted",
        "more than",
    ),
    (
        &["submit", "k", "--at", "9999-01-01T00:00:00Z"],
        "--at",
        "years 1684 to 2255",
    ),
    (
        &["submit", "k", "--at", "2026-01-31T12:00:00"],
        "--at",
        "with a zone",
    ),
    (
        &["submit", "k", "--max-attempts", "-1"],
        "--max-attempts",
        "-1 is not in 1..=4294967295",
    ),
    (
        &["submit", "k", "--max-attempts", "0"],
        "--max-attempts",
        "0 is not in 1..=4294967295",
    ),
    (
        &["submit", "k", "--timeout", "0s"],
        "--timeout",
        "more than 0s",
    ),
    (
        &["submit", "k", "--label", "a=1", "--label", "a=2"],
        "--label",
        "\"a\" is given twice",
    ),
    (
        &["submit", "k", "--priority", "hihg"],
        "--priority",
        "a similar value exists: 'high'",
    ),
    (
        &["submit", "k", "--max-attempts", TOO_MANY],
        "--max-attempts",
        "too large",
    ),
    (
        &["submit", "k", "--priority", "asap"],
        "--priority",
        "critical, high, normal, low",
    ),
    (&["submit", "k", "--label", "=v"], "--label", "NAME=VALUE"),
    (&["submit", "k", "--id", "7"], "--id", "a UUID"),
    (
        &[
            "submit",
            "k",
            "--delay",
            "1s",
            "--at",
            "2026-01-31T12:00:00Z",
        ],
        "--at",
        "cannot be used with",
    ),
    (
        &["submit", "k", "--file", "a", "--wait"],
        "--wait",
        "cannot be used with",
    ),
    (&["submit", "k", "--patience", "1s"], "--file", "required"),
];

/// What is asked to be seen.
const SHOWN: &[Case] = &[
    (&["list", "--limit", "1001"], "--limit", "1..=1000"),
    (&["list", "--limit", "-1"], "--limit", "1..=1000"),
    (
        &["list", "--all", "--limit", "5"],
        "--limit",
        "cannot be used with",
    ),
    (&["list", "--state", "pending,done"], "--state", "timed_out"),
    (
        &["list", "--due-before", "soon"],
        "--due-before",
        "RFC 3339",
    ),
    (
        &["events", "--kind", "exploded"],
        "--kind",
        "submitted, started",
    ),
    (&["events", "--limit", "0"], "--limit", "0 is not in 1.."),
    (&["events", "--limit", "-1"], "--limit", "-1 is not in 1.."),
    (&["events", "--task", "x"], "--task", "a UUID"),
    (&["completions", "csh"], "SHELL", "powershell"),
    (
        &["man", "--dir", "d", "list"],
        "--dir",
        "cannot be used with",
    ),
];

/// What is to be changed.
const CHANGED: &[Case] = &[
    (
        &["cancel", ID, "--queue", "q"],
        "--queue",
        "cannot be used with",
    ),
    (&["cancel", "not-an-id"], "ID", "a UUID"),
    (&["retry", ID, "--payload", "{"], "--payload", "not JSON"),
    (&["retry", ID, "--payload", "text"], "--payload", "quotes"),
    (&["move", ID], "--priority", "required"),
    (
        &["move", ID, "--delay", "-1s"],
        "--delay",
        "a number with a unit",
    ),
    (&["queue", "set", "q"], "--bound", "required"),
    (
        &["queue", "set", "q", "--bound", "-1"],
        "--bound",
        "-1 is not in 0..=9223372036854775807",
    ),
    (
        &["queue", "set", "q", "--bound", TOO_MANY],
        "--bound",
        "too large",
    ),
    (
        &["queue", "set", "q", "--keep-failed", "-1d"],
        "--keep-failed",
        "a number with a unit",
    ),
    (
        &["queue", "set", "q", "--keep-failed", "99999999d"],
        "--keep-failed",
        "days",
    ),
    (&["queue", "pause"], "NAME", "required"),
    (&["tenant", "set", "t"], "--weight", "required"),
    (
        &["tenant", "set", "t", "--weight", "1001"],
        "--weight",
        "1..=1000",
    ),
];

/// Where the tasks are.
const WHERE: &[Case] = &[
    (
        &["stats", "--server", "a", "--store", "memory:"],
        "--server",
        "exclude each other",
    ),
    (
        &["--server", "a", "stats", "--store", "memory:"],
        "--server",
        "exclude each other",
    ),
    (
        &["stats", "--server", "ftp://host"],
        "--server",
        "http://127.0.0.1:7788",
    ),
    (&["stats", "--store", "mongo:db"], "--store", "sqlite:PATH"),
    (
        &["config", "show", "--store", "memory:"],
        "--store",
        "without it",
    ),
    (
        &["config", "check", "--token", "x"],
        "--token",
        "without it",
    ),
    (
        &["bench", "--server", "http://127.0.0.1:9"],
        "--server",
        "without it",
    ),
    (
        &["stats", "--store", "sqlite:no-such.db"],
        "--store",
        "there is no file no-such.db",
    ),
    (&["stats", "--store", "sqlite:."], "cannot open", "sqlite:."),
    (
        &["stats", "--token", "a\nb"],
        "--token",
        "visible characters",
    ),
];

/// What is said of limits, and of the order of a queue.
const LIMITED: &[Case] = &[
    (&["limit", "set", "a"], "--concurrency", "--rate"),
    (
        &["limit", "set", "a", "--concurrency", "0"],
        "--concurrency",
        "0 is not in 1..=1000000",
    ),
    (
        &["limit", "set", "a", "--concurrency", "-1"],
        "--concurrency",
        "-1 is not in 1..=1000000",
    ),
    (
        &["limit", "set", "a", "--concurrency", TOO_MANY],
        "--concurrency",
        "too large",
    ),
    (
        &["limit", "set", "a", "--rate", "50"],
        "--rate",
        "50/1s or 1000/1h",
    ),
    (
        &["limit", "set", "a", "--rate", "-5/1s"],
        "--rate",
        "50/1s or 1000/1h",
    ),
    (
        &["limit", "set", "a", "--rate", "5/0s"],
        "--rate",
        "50/1s or 1000/1h",
    ),
    (
        &["limit", "set", "a", "--rate", "5/367d"],
        "--rate",
        "at most 366 days",
    ),
    (
        &["limit", "set", "a", "--rate", "9999999/1s"],
        "--rate",
        "at most 1000000 per",
    ),
    (
        &["limit", "set", "a", "--concurrency", "1", "--burst", "5"],
        "--rate",
        "required",
    ),
    (
        &["limit", "attach", "a"],
        "--queue <QUEUE>|--kind <KIND>|--tenant <TENANT>",
        "required",
    ),
    (
        &["limit", "attach", "a", "--kind", "b", "--queue", "c"],
        "--kind",
        "cannot be used with",
    ),
    (
        &["limit", "attach", "a", "--kind", "b", "--weight", "0"],
        "--weight",
        "0 is not in 1..=1000000",
    ),
    (
        &["limit", "detach", "a"],
        "--queue <QUEUE>|--kind <KIND>|--tenant <TENANT>",
        "required",
    ),
    (&["limit", "remove"], "<LIMIT>", "required"),
    (
        &["submit", "k", "--limit", "a:0"],
        "--limit",
        "a whole number from 1",
    ),
    (
        &["submit", "k", "--limit", "a", "--limit", "a:2"],
        "--limit",
        "\"a\" is given twice",
    ),
    (
        &["queue", "set", "a", "--order", "random"],
        "--order",
        "strict, aging:30s or deadline:10s",
    ),
    (
        &["queue", "set", "a", "--order", "aging:soon"],
        "--order",
        "strict, aging:30s or deadline:10s",
    ),
    (
        &["queue", "set", "a", "--fair", "--no-fair"],
        "--fair",
        "cannot be used with",
    ),
];

#[tokio::test]
async fn options_are_refused_by_their_names() {
    for (arguments, option, said) in [SUBMIT, SHOWN, CHANGED, LIMITED, WHERE].concat() {
        let outcome = run(arguments).await;
        let expected = if option == "cannot open" { 1 } else { 2 };
        assert_eq!(outcome.code, expected, "{arguments:?}: {outcome:?}");
        for part in [option, said] {
            assert!(outcome.err.contains(part), "{arguments:?}: {outcome:?}");
        }
        assert_eq!(outcome.out, "", "{arguments:?}");
    }
}

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
            (&["queue", "set", "", "--bound", "1"], "queue"),
            (&["limit", "set", "", "--concurrency", "1"], "limits"),
            (&["submit", "k", "--limit", "a:9999999"], "limits"),
            (&["submit", "k", "--limit", ""], "limits"),
        ] {
            let refusal = there.refused(4, arguments).await;
            assert!(refusal.contains(said), "{arguments:?}: {refusal}");
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
