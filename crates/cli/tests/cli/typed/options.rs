//! Options, each refused by its name.

use super::limits::LIMITED;
use super::{Case, TOO_MANY};
use crate::support::run;

const ID: &str = "01932f5e-7c1a-7b3e-9d55-0242ac120002";
/// A day more than any time from now may be.
const TOO_LONG: &str = "367d";

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
    (
        &["schedule", "add", "a", "k", "--every", "999ms"],
        "--every",
        "expected at least 1s",
    ),
    (
        &["submit", "k", "--unique-for", "10m"],
        "--unique-for is given without",
        "--unique or --unique-fields",
    ),
    (
        &["submit", "k", "--unique-while", "waiting"],
        "--unique-while is given without",
        "--unique or --unique-fields",
    ),
    (
        &["submit", "k", "--on-conflict", "keep"],
        "--on-conflict is given without",
        "--unique or --unique-fields",
    ),
    (
        &["submit", "k", "--unique", "a", "--replacing", "time"],
        "--replacing is given without",
        "--on-conflict replace",
    ),
    (
        &[
            "schedule",
            "add",
            "a",
            "k",
            "--every",
            "1h",
            "--unique-for",
            "10m",
        ],
        "--unique-for is given without",
        "--unique or --unique-fields",
    ),
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
    (
        &["events", "--limit", "0"],
        "--limit",
        "a whole number from 1 to",
    ),
    (
        &["events", "--limit", "1k"],
        "--limit",
        "a whole number from 1 to",
    ),
    (
        &["events", "--limit", "-1"],
        "--limit",
        "a whole number from 1 to",
    ),
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
        "a whole number from 0 to",
    ),
    (
        &["queue", "set", "q", "--bound", TOO_MANY],
        "--bound",
        "a whole number from 0 to 9223372036854775807",
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
        &["rules", "test", "--kind", "k", "--payload-bytes", "120k"],
        "--payload-bytes",
        "a whole number from 0 to",
    ),
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

#[tokio::test]
async fn names_that_no_url_can_hold_are_refused() {
    for name in ["", ".", ".."] {
        for command in [
            &["queue", "show"][..],
            &["queue", "pause"],
            &["queue", "set", "--bound", "1"],
            &["limit", "set", "--concurrency", "1"],
            &["schedule", "remove"],
            &["limit", "show"],
            &["explain", "queue"],
        ] {
            let outcome = run(&[command, &[name, "--store", "memory:"]].concat()).await;
            assert_eq!(outcome.code, 2, "{command:?}: {outcome:?}");
            let said = format!("name is {name:?}: expected 1 to 128 bytes of text");
            assert!(outcome.err.contains(&said), "{command:?}: {outcome:?}");
        }
    }
}

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
