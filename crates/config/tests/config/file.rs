//! Files that make no sense: what is said, and where.

use std::fmt::Write;

use duly_config::{Config, ConfigError, Sources};

use crate::support::{Place, faults, load};

/// A file, the line and the column of what is wrong, and words of what is said.
type Case = (&'static str, (usize, usize), &'static [&'static str]);

const WRONG: &[Case] = &[
    // Values.
    (
        "worker:\n  concurrency: 0\n",
        (2, 16),
        &["worker.concurrency is 0", "1 to 100000"],
    ),
    ("worker:\n  concurrency: 100001\n", (2, 16), &["is 100001"]),
    (
        "worker:\n  concurrency: -1\n",
        (2, 16),
        &["is -1", "a whole number"],
    ),
    (
        "worker:\n  concurrency: 1.5\n",
        (2, 16),
        &["is 1.5", "a whole number"],
    ),
    ("worker:\n  concurrency: 1e3\n", (2, 16), &["is 1e3"]),
    ("worker:\n  concurrency: 0x10\n", (2, 16), &["is 0x10"]),
    ("worker:\n  concurrency: 010\n", (2, 16), &["is 010"]),
    ("worker:\n  concurrency: 1_000\n", (2, 16), &["is 1_000"]),
    (
        "worker:\n  concurrency: 99999999999999999999999999\n",
        (2, 16),
        &["is 9999"],
    ),
    ("worker:\n  concurrency: .nan\n", (2, 16), &["is .nan"]),
    ("worker:\n  concurrency: 1e999\n", (2, 16), &["is 1e999"]),
    ("worker:\n  concurrency: many\n", (2, 16), &["is many"]),
    ("worker:\n  concurrency: [8]\n", (2, 16), &["is a list"]),
    ("worker:\n  concurrency: {at: 8}\n", (2, 16), &["is a map"]),
    (
        "worker:\n  concurrency:\n",
        (2, 14),
        &["is empty", "a whole number"],
    ),
    (
        "worker:\n  enabled: yes\n",
        (2, 12),
        &["is yes", "true or false"],
    ),
    (
        "worker:\n  enabled: 1\n",
        (2, 12),
        &["is 1", "true or false"],
    ),
    (
        "worker:\n  cancel_grace: -5s\n",
        (2, 17),
        &["is -5s", "500ms, 30s"],
    ),
    (
        "worker:\n  cancel_grace: 30\n",
        (2, 17),
        &["is 30", "500ms, 30s"],
    ),
    (
        "worker:\n  cancel_grace: 2d\n",
        (2, 17),
        &["is 2d", "to 1d"],
    ),
    (
        "worker:\n  cancel_grace: 99999999999999999999d\n",
        (2, 17),
        &["a duration"],
    ),
    (
        "worker:\n  name: \"\"\n",
        (2, 9),
        &["worker.name is \"\"", "1 to 128 bytes"],
    ),
    ("worker:\n  name: \"a\\nb\"\n", (2, 9), &[r#"is "a\nb""#]),
    (
        "worker:\n  queues: mail\n",
        (2, 11),
        &["is mail", "a list such as [a, b]"],
    ),
    (
        "worker:\n  queues: [a, '', b]\n",
        (2, 15),
        &["worker.queues[1] is \"\""],
    ),
    (
        "worker:\n  queues: []\n",
        (2, 11),
        &["worker.queues is empty", "at least one"],
    ),
    (
        "worker:\n  labels: {zone: [a]}\n",
        (2, 18),
        &["worker.labels.zone is a list"],
    ),
    (
        "worker:\n  labels: {'': a}\n",
        (2, 12),
        &["worker.labels (a name) is \"\""],
    ),
    (
        "worker:\n  heartbeat: 4s\n",
        (2, 14),
        &["worker.heartbeat is 4s", "a third", "10s"],
    ),
    (
        "worker:\n  lease: 5s\n",
        (2, 10),
        &["worker.heartbeat is 3s", "which is 5s"],
    ),
    (
        "server:\n  listen: localhost:7788\n",
        (2, 11),
        &["is localhost:7788", "127.0.0.1:7788"],
    ),
    (
        "server:\n  listen: 127.0.0.1:99999\n",
        (2, 11),
        &["127.0.0.1:7788"],
    ),
    (
        "server:\n  listen: 0.0.0.0:80\n",
        (2, 11),
        &["a loopback address", "server.token_file"],
    ),
    (
        "server:\n  hosts: ['http://a/']\n",
        (2, 11),
        &["server.hosts[0]", "duly.example.org"],
    ),
    ("store: 7\n", (1, 8), &["store is 7", "sqlite:FILE"]),
    (
        "logs:\n  level: inof\n",
        (2, 10),
        &["logs.level is inof", "warn,duly_runtime=debug"],
    ),
    ("logs:\n  level: a=b=c\n", (2, 10), &["logs.level"]),
    (
        "logs:\n  format: xml\n",
        (2, 11),
        &["is xml", "text or json"],
    ),
    (
        "queues:\n  mail:\n    bound: -1\n",
        (3, 12),
        &["queues.mail.bound is -1"],
    ),
    (
        "queues:\n  mail:\n    keep_failed: -1d\n",
        (3, 18),
        &["queues.mail.keep_failed is -1d"],
    ),
    (
        "queues:\n  mail: 5\n",
        (2, 9),
        &["queues.mail is a single value", "a map"],
    ),
    ("queues: [mail]\n", (1, 9), &["queues is a list", "a map"]),
    (
        "queues:\n  '': {bound: 5}\n",
        (2, 3),
        &["queues has the name \"\""],
    ),
    (
        "health:\n  queue_pending_max: 0\n",
        (2, 22),
        &["health.queue_pending_max is 0"],
    ),
    (
        "shell:\n  commands:\n    zip: {args: [a]}\n",
        (3, 5),
        &["shell.commands.zip.program is missing"],
    ),
    (
        "shell:\n  commands:\n    zip: {program: a, success: []}\n",
        (3, 32),
        &["zip.success is empty"],
    ),
    (
        "shell:\n  commands:\n    zip: {program: a, retry: [256]}\n",
        (3, 31),
        &["zip.retry[0] is 256"],
    ),
    (
        "shell:\n  commands:\n    zip: {program: a, pass_env: [1A]}\n",
        (3, 34),
        &["pass_env[0] is 1A"],
    ),
    (
        "http:\n  allow: [public, '']\n",
        (2, 19),
        &["http.allow[1] is \"\"", "10.0.0.0/8"],
    ),
    (
        "http:\n  deny: \"*\"\n",
        (2, 9),
        &["http.deny is", "a list"],
    ),
    // Names.
    (
        "worker:\n  concurency: 8\n",
        (2, 3),
        &["no setting worker.concurency", "mean concurrency?"],
    ),
    (
        "sever: {}\n",
        (1, 1),
        &["no setting sever", "did you mean server?"],
    ),
    (
        "colour: red\n",
        (1, 1),
        &[
            "no setting colour",
            "expected name, store, server,",
            "or logs",
        ],
    ),
    (
        "server:\n  shutdown-timeout: 5s\n",
        (2, 3),
        &["did you mean shutdown_timeout?"],
    ),
    (
        "queues:\n  mail: {pause: true}\n",
        (2, 10),
        &["no setting queues.mail.pause", "mean paused?"],
    ),
    ("1: 2\n", (1, 1), &["no setting 1"]),
    // Structure.
    (
        "worker:\n  concurrency: 1\n  concurrency: 2\n",
        (3, 3),
        &["\"concurrency\" is there twice"],
    ),
    (
        "worker: {}\nworker: {}\n",
        (2, 1),
        &["\"worker\" is there twice"],
    ),
    (
        "worker: 5\n",
        (1, 9),
        &["worker is a single value", "a map"],
    ),
    ("hello\n", (1, 1), &["the configuration is a single value"]),
    (
        "- store: memory\n",
        (1, 1),
        &["the configuration is a list"],
    ),
    // YAML itself.
    ("worker:\n\tconcurrency: 8\n", (2, 2), &["YAML", "tab"]),
    ("worker: {concurrency: 8\n", (1, 9), &["YAML"]),
    ("worker:\n  name: 'a\n", (3, 1), &["YAML"]),
    ("worker:\n  name: *nobody\n", (2, 9), &["YAML", "unknown"]),
    (
        "worker: {}\n---\nworker: {}\n",
        (3, 1),
        &["more than one document"],
    ),
    ("worker:\n  name: !shell rm\n", (2, 16), &["YAML", "tag"]),
    ("? [a]\n: b\n", (1, 3), &["YAML"]),
];

#[test]
fn what_is_wrong_is_said_with_its_place_and_its_line() {
    let objections: Vec<_> = WRONG.iter().filter_map(objection).collect();
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}

/// What is not as a case says.
fn objection((file, (line, column), words): &Case) -> Option<String> {
    let faults = faults(file);
    let fault = &faults[0];
    let (spot, said) = (fault.spot().unwrap(), fault.to_string());
    let text = file.lines().nth(line - 1).unwrap_or_default();
    let start: String = text.chars().take(column - 1).collect();
    let is_right = faults.len() == 1
        && (spot.line(), spot.column()) == (*line, *column)
        && words.iter().all(|word| fault.message.contains(word))
        && said.contains(start.trim());
    (!is_right).then(|| format!("{file}expected {line}:{column} {words:?}\n{said}\n"))
}

#[test]
fn a_fault_shows_the_line_with_a_mark_under_what_is_wrong() {
    let place = Place::with("server: {}\nworker:\n  concurrency: 0 # none\n");
    let error = Config::load(&place.sources()).unwrap_err().to_string();
    let file = place.file();
    let expected = format!(
        "{}:3:16: worker.concurrency is 0: expected a whole number, 1 to 100000\n  |\n\
         3 |   concurrency: 0 # none\n  |                ^",
        file.display()
    );
    assert_eq!(error, expected);
}

#[test]
fn everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file() {
    let faults = faults(
        "worker:\n  concurrency: 0\n  nmae: a\n  queues: [a, '', '']\nlogs: 5\nserver: {listen: x}\n",
    );
    let lines: Vec<_> = faults
        .iter()
        .map(|fault| fault.spot().unwrap().line())
        .collect();
    assert_eq!(lines, [2, 3, 4, 4, 5, 6], "{faults:#?}");
    let settings: Vec<_> = faults
        .iter()
        .map(|fault| fault.setting.as_deref())
        .collect();
    assert_eq!(settings[0], Some("worker.concurrency"));
    assert_eq!(settings[5], Some("server.listen"));
}

#[test]
fn many_faults_are_counted() {
    let mut file = String::new();
    for n in 0..60 {
        writeln!(file, "a{n}: 1").unwrap();
    }
    let error = Config::load(&Place::with(file).sources())
        .unwrap_err()
        .to_string();
    assert_eq!(error.matches("there is no setting").count(), 50);
    assert!(error.ends_with("and 10 more"), "{error}");
}

#[test]
fn what_is_no_text_is_said_so() {
    let faults = faults(b"worker:\n  name: \xc3\xa4\xff\n");
    assert!(faults[0].message.contains("not UTF-8"), "{faults:?}");
    let spot = faults[0].spot().unwrap();
    assert_eq!((spot.line(), spot.column()), (2, 10));
}

#[test]
fn what_would_eat_memory_or_time_is_refused() {
    let deep = format!("worker: {}1{}\n", "[".repeat(10_000), "]".repeat(10_000));
    let nested = (0..200).fold(String::new(), |file, n| {
        format!("{file}{}a:\n", " ".repeat(n))
    });
    let mut bomb = "a0: &a0 [x, x]\n".to_owned();
    for n in 1..40 {
        writeln!(bomb, "a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}]", n - 1).unwrap();
    }
    let aliases = format!("a: &a x\nb: [{}]\n", "*a, ".repeat(2_000));
    for file in [deep, nested, bomb, aliases] {
        let faults = faults(&file);
        let head = &file[..20];
        assert!(
            faults[0].message.contains("YAML"),
            "{head}: {:?}",
            faults[0]
        );
        assert!(faults[0].to_string().len() < 1_000, "{head}");
    }
}

#[test]
fn a_file_that_cannot_be_one_is_refused() {
    let huge = "# a comment\n".repeat(100_000);
    let place = Place::with(huge);
    let folder = place.file().parent().unwrap().to_owned();
    for (path, words) in [
        (place.file(), "larger than 262144 bytes"),
        (folder.clone(), "it is a folder"),
        (folder.join("absent.yaml"), "No such file"),
    ] {
        let sources = Sources::default().file(Some(path.clone()));
        let error = Config::load(&sources).unwrap_err();
        assert!(matches!(error, ConfigError::Unreadable { .. }), "{error:?}");
        let error = error.to_string();
        assert!(error.contains(words), "{error}");
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn a_file_without_settings_changes_nothing() {
    for file in [
        "",
        "# nothing\n\n  # more\n",
        "---\n",
        "worker:\nserver: {}\n",
        "\u{feff}",
        "\r\n",
    ] {
        let config = load(file);
        assert_eq!(
            config.settings,
            duly_config::Settings::default(),
            "{file:?}"
        );
    }
}

#[test]
fn values_are_what_their_setting_takes_them_for() {
    let config = load(
        "worker:\n  name: no\n  queues: [1, 'on', 0x1F, 1e999, ~x]\n  labels: {a: true, b: 010}\n  \
         concurrency: '8'\n  prefetch: &many 5\nlogs: {level: \"warn,duly_runtime=debug\"}\n\
         queues: {7: {bound: *many}, Größe: {paused: true}}\n",
    );
    let worker = &config.settings.worker;
    assert_eq!(worker.name.as_deref(), Some("no"));
    assert_eq!(worker.queues, ["1", "on", "0x1F", "1e999", "~x"]);
    assert_eq!(
        (&*worker.labels["a"], &*worker.labels["b"]),
        ("true", "010")
    );
    assert_eq!((worker.concurrency, worker.prefetch), (8, 5));
    assert_eq!(config.settings.queues["7"].bound, Some(5));
    assert_eq!(config.settings.queues["Größe"].paused, Some(true));
}

/// Somebody may be about to write it: whoever loads it anew has to tell.
#[test]
fn an_empty_file_is_told_from_one_that_says_nothing() {
    assert!(load("").is_file_empty());
    assert!(!load("# nothing\n").is_file_empty());
    assert!(!load("\n").is_file_empty());
    let none = Config::load(&Sources::default()).unwrap();
    assert!(!none.is_file_empty());
}
