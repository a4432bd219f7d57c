//! Configurations that make no sense: nothing starts, and the exit code is 2.

use crate::config::within;
use crate::support::Place;

/// What stands in `duly.yaml`, what is typed, which variables are set, and what is said about it.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
    &'static str,
);

const SERVE: &[&str] = &["serve"];

/// Said by the file.
const FILES: &[Case] = &[
    (
        "worker: {concurrency: 0}",
        SERVE,
        &[],
        "duly.yaml:1:23: worker.concurrency is 0",
    ),
    (
        "worker: {concurrency: 0}",
        &["worker"],
        &[],
        "duly.yaml:1:23: worker.concurrency is 0",
    ),
    (
        "a: &a [x]\n\tb: c",
        SERVE,
        &[],
        "duly.yaml:2:2: this is not YAML",
    ),
    (
        "",
        &["serve", "--config", "none.yaml"],
        &[],
        "cannot read the configuration none.yaml",
    ),
    ("", &["serve", "--config", "."], &[], "it is a folder"),
    (
        "",
        SERVE,
        &[("DULY_CONFIG", "none.yaml")],
        "cannot read the configuration none.yaml",
    ),
];

/// Said by variables and flags.
const LAYERS: &[Case] = &[
    (
        "",
        SERVE,
        &[("DULY__SERVR__LISTEN", "x")],
        "did you mean DULY__SERVER?",
    ),
    (
        "",
        SERVE,
        &[("DULY__SERVER__LISTEN", "x")],
        "DULY__SERVER__LISTEN: server.listen is x",
    ),
    (
        "",
        &["serve", "--name", ""],
        &[],
        "--name: worker.name is \"\"",
    ),
    (
        "",
        &["serve", "--log-level", "loud"],
        &[],
        "--log-level: logs.level is loud",
    ),
    ("", &["serve", "--token", "x"], &[], "server.token_file"),
    (
        "",
        &["worker", "--server", "http://127.0.0.1:1"],
        &[],
        "--server is for commands",
    ),
];

/// Well written, but refused by those who are to obey.
const REFUSED: &[Case] = &[
    (
        "store: 'mongo:db'",
        SERVE,
        &[],
        "duly.yaml:1: \"mongo:db\" names no known store",
    ),
    (
        "server: {listen: '0.0.0.0:0'}",
        SERVE,
        &[],
        "a loopback address",
    ),
    (
        "server: {token_file: absent}",
        SERVE,
        &[],
        "duly.yaml:1: cannot read absent",
    ),
    ("server: {token_file: duly.yaml}", SERVE, &[], "token is of"),
    (
        "http: {deny: [10.0.0.1/8]}",
        &["config", "check"],
        &[],
        "duly.yaml:1: http.deny: the rule \"10.0.0.1/8\" names no network",
    ),
    (
        "http: {allow: ['a b']}",
        SERVE,
        &[],
        "duly.yaml:1:16: http.allow[0] is \"a b\"",
    ),
    (
        "shell: {commands: {zip: {program: no-such-program}}}",
        &["worker"],
        &[],
        "duly.yaml:1: command \"zip\": program no-such-program: not found",
    ),
];

/// Should it start all the same, it does so where it harms nothing.
const HARMLESS: &[(&str, &str)] = &[
    ("DULY__SERVER__LISTEN", "127.0.0.1:0"),
    ("DULY_STORE", "memory:"),
];

#[tokio::test]
async fn what_makes_no_sense_starts_nothing_and_ends_with_2() {
    for case in [FILES, LAYERS, REFUSED].concat() {
        starts_nothing(case).await;
    }
}

async fn starts_nothing((content, arguments, variables, said): Case) {
    let place = Place::new();
    place.file("duly.yaml", content);
    let is_said = |name: &str| {
        variables.iter().any(|(said, _)| *said == name)
            || content.contains("listen") && name == "DULY__SERVER__LISTEN"
            || content.contains("store") && name == "DULY_STORE"
    };
    let harmless = HARMLESS.iter().filter(|(name, _)| !is_said(name));
    let variables: Vec<_> = variables.iter().chain(harmless).copied().collect();
    let outcome = within(&place, &variables, arguments).await;
    let ended = (outcome.code, outcome.out.as_str());
    assert_eq!(ended, (2, ""), "{content}: {outcome:?}");
    assert!(
        outcome.err.contains(said),
        "{content}: {said}?\n{}",
        outcome.err
    );
}
