//! Variables that make no sense, and those that do.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use duly_config::{Config, Sources};

use crate::support::{refused, variables};

const WRONG: &[(&str, &str, &[&str])] = &[
    (
        "DULY__WORKER__CONCURRENCY",
        "0",
        &["worker.concurrency is 0", "1 to 100000"],
    ),
    (
        "DULY__WORKER__CONCURRENCY",
        "",
        &["worker.concurrency is \"\""],
    ),
    (
        "DULY__WORKER__CONCURRENCY",
        " 8",
        &["worker.concurrency is \" 8\""],
    ),
    ("DULY__WORKER__ENABLED", "1", &["true or false"]),
    (
        "DULY__WORKER__CANCEL_GRACE",
        "-5s",
        &["is -5s", "500ms, 30s"],
    ),
    (
        "DULY__WORKER__CONCURENCY",
        "8",
        &["no setting", "mean DULY__WORKER__CONCURRENCY?"],
    ),
    (
        "DULY__WORKR",
        "8",
        &["no setting workr", "did you mean DULY__WORKER?"],
    ),
    (
        "DULY__COLOUR",
        "red",
        &["no setting colour", "expected name, store"],
    ),
    ("DULY__WORKER", "8", &["worker is a single value", "a map"]),
    (
        "DULY__WORKER",
        "{concurrency: 0}",
        &["worker.concurrency is 0"],
    ),
    ("DULY__WORKER", "{concurrency: 0", &["YAML"]),
    (
        "DULY_SERVER__LISTEN",
        "127.0.0.1:1",
        &["did you mean DULY__SERVER__LISTEN?"],
    ),
    (
        "DULY__",
        "8",
        &["a name is missing", "DULY__SERVER__LISTEN"],
    ),
    ("DULY__WORKER____NAME", "8", &["a name is missing"]),
    ("DULY__WORKER__NAME__FIRST", "a", &["worker.name is a map"]),
    (
        "DULY__WORKER__QUEUES",
        "a,,b",
        &["worker.queues[1] is \"\""],
    ),
    (
        "DULY__WORKER__QUEUES",
        "[a, b",
        &["worker.queues is", "a list"],
    ),
    (
        "DULY__WORKER__LABELS",
        "zone=a",
        &["worker.labels is", "a map"],
    ),
    ("DULY__SERVER__LISTEN", "7788", &["server.listen is 7788"]),
    ("DULY__SERVER__LISTEN", "[::]:80", &["a loopback address"]),
    (
        "DULY__QUEUES__MAIL__BOUND",
        "lots",
        &["queues.mail.bound is lots"],
    ),
    (
        "DULY__QUEUES",
        "{mail: {bnd: 5}}",
        &["no setting queues.mail.bnd", "BOUND"],
    ),
    (
        "DULY_STORE",
        "duly.db",
        &["store is duly.db", "sqlite:FILE"],
    ),
    ("DULY_LOG", "loud", &["logs.level is loud"]),
];

#[test]
fn what_is_wrong_is_said_with_the_name_of_the_variable() {
    for (name, value, words) in WRONG {
        let faults = refused(&variables(&[(name, value)]));
        assert_eq!(faults.len(), 1, "{name}={value}: {faults:?}");
        let said = faults[0].to_string();
        assert!(said.starts_with(&format!("{name}: ")), "{said}");
        for word in *words {
            assert!(said.contains(word), "{name}={value}: {word}?\n{said}");
        }
    }
}

#[test]
fn what_is_no_text_or_too_much_is_refused() {
    let bad = OsString::from_vec(vec![b'a', 0xff]);
    let mut name = OsString::from("DULY__");
    name.push(&bad);
    let huge = "a".repeat(300_000);
    for (name, value, word) in [
        ("DULY__WORKER__NAME".into(), bad, "the value is not UTF-8"),
        (name, "a".into(), "the name is not UTF-8"),
        ("DULY__WORKER__NAME".into(), huge.into(), "at most 262144"),
    ] {
        let faults = refused(&Sources::default().environment([(name, value)]));
        assert!(faults[0].message.contains(word), "{faults:?}");
        assert!(faults[0].to_string().len() < 200);
    }
}

#[test]
fn a_short_name_and_a_long_one_must_not_differ() {
    let faults = refused(&variables(&[
        ("DULY_STORE", "memory:"),
        ("DULY__STORE", "sqlite:a.db"),
    ]));
    assert_eq!(
        faults[0].to_string(),
        "DULY_STORE: DULY__STORE says something else: expected one of them"
    );
    let same = variables(&[("DULY_STORE", "memory:"), ("DULY__STORE", "memory:")]);
    assert_eq!(
        Config::load(&same).unwrap().settings.store.as_str(),
        "memory:"
    );
}

#[test]
fn lists_and_maps_stand_on_one_line() {
    let config = Config::load(&variables(&[
        ("DULY__WORKER__QUEUES", " a, b "),
        ("DULY__SERVER__HOSTS", "[\"a.example\", 'b.example']"),
        ("DULY__WORKER__LABELS", r#"{"zone": "a", gpu: no}"#),
        (
            "DULY__QUEUES",
            "{Mail: {bound: 5}, sms: {bound: 6, paused: true}}",
        ),
        ("DULY__QUEUES__SMS__BOUND", "7"),
        ("DULY_SERVER", "http://127.0.0.1:1"),
        ("DULY_LOG", "debug"),
    ]));
    let config = config.unwrap();
    let settings = &config.settings;
    assert_eq!(settings.worker.queues, ["a", "b"]);
    assert_eq!(settings.server.hosts, ["a.example", "b.example"]);
    assert_eq!(settings.worker.labels["gpu"], "no");
    assert_eq!(settings.queues["Mail"].bound, Some(5));
    assert_eq!(settings.queues["sms"].bound, Some(7));
    assert_eq!(settings.queues["sms"].paused, Some(true));
    assert_eq!(
        config.origin("queues.sms.bound").to_string(),
        "DULY__QUEUES__SMS__BOUND"
    );
    assert_eq!(
        config.origin("queues.sms.paused").to_string(),
        "DULY__QUEUES"
    );
    assert_eq!(config.origin("logs.level").to_string(), "DULY_LOG");
    assert_eq!(settings.logs.level, "debug");
}

#[test]
fn an_empty_variable_is_an_empty_list() {
    let config = Config::load(&variables(&[("DULY__SERVER__HOSTS", "")])).unwrap();
    assert_eq!(config.settings.server.hosts, [""; 0]);
}
