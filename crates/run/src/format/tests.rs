use super::*;

fn read(text: &str) -> TaskFile {
    TaskFile::parse(Path::new("a.yaml"), text).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(text: &str) -> String {
    let read = TaskFile::parse(Path::new("a.yaml"), text);
    read.err()
        .unwrap_or_else(|| panic!("accepted: {text}"))
        .to_string()
}

/// A group with a line more.
fn with(line: &str) -> String {
    format!("tasks:\n- name: a\n  command: [x]\n  {line}\n")
}

#[test]
fn what_is_wrong_with_the_file_is_told_by_its_place() {
    for (text, said) in [
        ("", "a.yaml: has no tasks: expected `tasks:`"),
        ("tasks:", "a.yaml: has no tasks"),
        (
            "tasks: []",
            "a.yaml:1:8: tasks is empty: expected at least one group",
        ),
        (
            "tasks: {a: b}",
            "a.yaml:1:8: invalid type: map, expected a list of groups",
        ),
        ("tasks: [a]", "a.yaml:1:9: expected a mapping"),
        ("- a", "a.yaml:1:1: expected a mapping"),
        (
            "tasks:\n- name: a",
            "a.yaml:2:3: group \"a\" does nothing: expected command or request",
        ),
        (
            "tasks:\n- command: [a]",
            "a.yaml:2:3: a group without a name",
        ),
        (
            "tasks:\n- {name: '', command: [a]}",
            "a.yaml:2:10: name is \"\": expected 1 to 64",
        ),
        (
            "task: []",
            "a.yaml:1:1: unknown field `task`, expected one of name, concurrency",
        ),
        (
            "concurrency: 0",
            "a.yaml:1:1: invalid value: integer `0`, expected a whole number from 1",
        ),
        (
            "concurrency: many",
            "a.yaml:1:1: invalid value: string \"many\"",
        ),
        (
            "name: a/b\ntasks: [{name: a, command: [x]}]",
            "a.yaml:1:7: name is \"a/b\": expected 1",
        ),
        (
            "name: .a\ntasks: [{name: a, command: [x]}]",
            "a.yaml:1:7: name is \".a\"",
        ),
        ("name: [a]", "a.yaml:1:7: expected text"),
        (
            "tasks:\n- {name: a, command: [x]}\n- {name: a, command: [y]}",
            "a.yaml:3:3: two groups are named \"a\"",
        ),
        (
            "tasks:\n- name: a\n  command: [x]\n  request: {url: 'http://a'}",
            "a.yaml:4:12: a group has a command or a request, not both",
        ),
    ] {
        let refusal = refusal(text);
        assert!(refusal.starts_with(said), "{text}\n{refusal}");
    }
}

#[test]
fn what_is_no_yaml_is_told_by_its_place() {
    for (text, said) in [
        (
            "name: a\nname: b",
            "a.yaml:2:1: duplicate mapping key `name`",
        ),
        ("name: \"a", "a.yaml:1:7: unclosed quote"),
        ("tasks:\n\t- name: a", "a.yaml:2:2: tabs disallowed"),
        (
            "name: a\n---\nname: b",
            "a.yaml:3:1: only single YAML document",
        ),
        ("tasks: *nothing", "a.yaml:1:8: reference to unknown value"),
        ("name: \u{7}", "a.yaml:1:7: unexpected character"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.starts_with(said), "{text}\n{refusal}");
    }
}

#[test]
fn what_is_wrong_with_a_command_is_told_by_its_place() {
    for (command, said) in [
        (
            "gzip -9 x",
            "3:12: a command is a list, so that no shell takes it apart",
        ),
        (
            "gzip -9 x",
            "expected [\"gzip\", \"-9\", \"x\"], or [\"sh\", \"-c\", \"gzip -9 x\"]",
        ),
        ("[]", "3:12: command has no program"),
        ("['']", "3:12: command has no program"),
        (
            "{run: x}",
            "3:12: invalid type: map, expected a list: the program and its arguments",
        ),
        ("7", "invalid type: integer `7`, expected a list"),
        ("[x, [y]]", "3:16: expected text"),
        ("[x, ~]", "3:16: expected text"),
        (
            "[x, {item}]",
            "3:16: expected text (where braces are part of it, in quotes, as in \"{item}\")",
        ),
        ("[x, '{item}']", "3:16: \"{item}\": {item} needs `each:`"),
        (
            "[x, '{itme}']",
            "3:16: \"{itme}\": {itme} is not known: expected {item}",
        ),
        ("[awk, '{print $1}']", "a brace as such is written {{"),
        (
            "[x, \"a\\0b\"]",
            "3:16: \"a\\0b\": expected text without NUL",
        ),
        ("&x [a, *x]", "3:19: Recursive reference"),
    ] {
        let refusal = refusal(&format!("tasks:\n- name: a\n  command: {command}\n"));
        assert!(refusal.contains(said), "{command}\n{refusal}");
    }
}

#[test]
fn what_is_wrong_with_a_group_is_told_by_its_place() {
    for (line, said) in [
        (
            "retires: 3",
            "4:3: unknown field `retires`, expected one of name, command",
        ),
        (
            "retries: -1",
            "4:3: invalid type: integer `-1`, expected a whole number from 0 to 1000",
        ),
        ("retries: 1.5", "4:3: invalid type: floating point `1.5`"),
        ("retries: 1001", "4:3: invalid value: integer `1001`"),
        ("retries: lots", "4:3: invalid value: string \"lots\""),
        (
            "priority: urgent",
            "string \"urgent\", expected critical, high, normal or low",
        ),
        (
            "priority: [low]",
            "4:3: invalid type: sequence, expected critical",
        ),
        (
            "timeout: 5",
            "integer `5`, expected a duration with its unit, such as 500ms",
        ),
        ("timeout: -5s", "4:3: invalid value: string \"-5s\""),
        ("timeout: 0s", "4:12: timeout is zero"),
        ("timeout: 400d", "of at most 366 days"),
        (
            "after: soon",
            "4:3: invalid value: string \"soon\", expected a duration",
        ),
        (
            "backoff: 7",
            "4:3: invalid type: integer `7`, expected a duration such as 2s, or",
        ),
        ("backoff: {max: 1s}", "4:13: missing field `first`"),
        (
            "backoff: {first: 5s, max: 1s}",
            "4:12: backoff has a max shorter than first",
        ),
        (
            "backoff: {first: 5s, grow: fast}",
            "expected fixed, linear or exponential",
        ),
    ] {
        let refusal = refusal(&with(line));
        assert!(refusal.contains(said), "{line}\n{refusal}");
    }
}

/// A group with limits, below what defines them.
fn limited(limits: &str, line: &str) -> String {
    format!("limits: {limits}\n{}", with(line))
}

#[test]
fn what_is_wrong_with_limits_and_tenants_is_told_by_its_place() {
    for (top, said) in [
        (
            "order: fifo",
            "1:1: invalid value: string \"fifo\", expected strict, aging:30s or",
        ),
        ("order: aging:0s", "1:1: invalid value: string \"aging:0s\""),
        ("fair: maybe", "1:7: invalid boolean"),
        ("limits: [api]", "1:9: expected a mapping"),
        ("limits: {api: 5}", "1:15: expected a mapping"),
        (
            "limits: {api: {}}",
            "1:15: a limit that bounds nothing: expected concurrency, rate",
        ),
        (
            "limits: {api: {concurrency: 0}}",
            "integer `0`, expected a whole number from 1 to",
        ),
        (
            "limits: {api: {rate: 50}}",
            "integer `50`, expected so many per period, such as 50/1s",
        ),
        (
            "limits: {api: {rate: 50/1}}",
            "expected so many per period, such as 50/1s",
        ),
        (
            "limits: {api: {concurrency: 1, burst: 2}}",
            "1:39: burst is for a rate",
        ),
        (
            "limits: {api: {rates: 1/1s}}",
            "1:16: unknown field `rates`",
        ),
        (
            "limits: {\"\": {concurrency: 1}}",
            "1:14: limits has \"\": expected 1 to 128 bytes",
        ),
        (
            "limits: {a: {concurrency: 1}, a: {concurrency: 2}}",
            "1:31: duplicate mapping key `a`",
        ),
        (
            "tenants: {a: {weight: 2}}",
            "1:10: tenants have shares only where they take turns",
        ),
        (
            "fair: true\ntenants: {a: {weight: 1001}}",
            "expected a whole number from 1 to 1000",
        ),
        ("fair: true\ntenants: {a: 2}", "2:14: expected a mapping"),
    ] {
        let refusal = refusal(&format!("{top}\n{}", with("retries: 0")));
        assert!(refusal.contains(said), "{top}\n{refusal}");
    }
    let limits: String = (0..101)
        .map(|n| format!("  l{n}: {{concurrency: 1}}\n"))
        .collect();
    let refusal = refusal(&format!("limits:\n{limits}{}", with("retries: 0")));
    assert!(
        refusal.contains("a.yaml:2:3: limits has 101 entries: expected at most 100"),
        "{refusal}"
    );
}

#[test]
fn what_is_wrong_with_a_groups_limits_is_told_by_its_place() {
    let known = "{api: {rate: 5/1s, burst: 2}, gpu: {concurrency: 3}}";
    for (line, said) in [
        (
            "limits: apis",
            "5:11: there is no limit \"apis\": expected one of api, gpu",
        ),
        ("limits: [api, apis]", "5:17: there is no limit \"apis\""),
        ("limits: []", "5:11: limits has 0 names: expected 1 to 8"),
        (
            "limits: {gpu: 4}",
            "5:17: weighs 4 in the limit \"gpu\", whose concurrency is 3: it could never start",
        ),
        (
            "limits: {api: 3}",
            "5:17: weighs 3 in the limit \"api\", whose burst is 2",
        ),
        (
            "limits: {gpu: 0}",
            "integer `0`, expected a whole number from 1 to 1000000",
        ),
        (
            "limits: [gpu, gpu]",
            "5:17: the limit \"gpu\" is named twice",
        ),
        (
            "limits: 7",
            "5:3: invalid type: integer `7`, expected the name of a limit, a list",
        ),
        ("tenant: '{item}'", "5:11: \"{item}\": {item} needs `each:`"),
        ("deadline: 0s", "5:13: deadline is zero"),
        ("alert_unstarted: 0s", "5:20: alert_unstarted is zero"),
        (
            "alert_unfinished: 5",
            "integer `5`, expected a duration with its unit",
        ),
        (
            "finish_within: 0s",
            "5:18: finish_within is zero: expected more than that",
        ),
        (
            "finish_within: 2 h",
            "string \"2 h\", expected a duration with its unit",
        ),
    ] {
        let refusal = refusal(&limited(known, line));
        assert!(refusal.contains(said), "{line}\n{refusal}");
    }
    let none = refusal(&with("limits: api"));
    assert!(
        none.contains("expected it under `limits:` at the top of the file"),
        "{none}"
    );
}

#[test]
fn what_is_wrong_with_a_unique_key_is_told_by_its_place() {
    for (unique, said) in [
        ("''", "4:11: unique is empty: expected a key"),
        ("{while: waiting}", "4:12: missing field `key`"),
        ("'{item}'", "4:11: \"{item}\": {item} needs `each:`"),
        (
            "{key: a, while: running}",
            "string \"running\", expected unfinished or waiting",
        ),
        (
            "{key: a, while: waiting, for: 1d}",
            "4:41: a key is held `while:` something or `for:`",
        ),
        ("{key: a, for: 0s}", "4:25: for is zero"),
        (
            "{key: a, on_conflict: drop}",
            "string \"drop\", expected reject, keep or replace",
        ),
        (
            "{key: a, replace: [payload]}",
            "4:29: replace says what is replaced: expected `on_conflict",
        ),
        (
            "{key: a, on_conflict: replace, replace: []}",
            "4:51: replace is empty",
        ),
        (
            "{key: a, on_conflict: replace, replace: [all]}",
            "expected payload, priority or time",
        ),
    ] {
        let refusal = refusal(&with(&format!("unique: {unique}")));
        assert!(refusal.contains(said), "{unique}\n{refusal}");
    }
}

#[test]
fn what_a_file_says_of_limits_tenants_and_keys_arrives() {
    use duly::{Limit, LimitUse, OnConflict, OrderPolicy, Rate, Replace, UniqueScope};
    use std::time::Duration;

    let second = Duration::from_secs(1);
    let file = read(
        "order: deadline:10s\nfair: true\ntenants: {a: {weight: 3}}\n\
         limits: {api: {rate: 5/1s, burst: 2, concurrency: 4}, gpu: {concurrency: 3}}\n\
         tasks:\n\
         - name: a\n  command: [x]\n  limits: {gpu: 2, api: 1}\n  deadline: 1s\n  finish_within: 2s\n  \
         alert_unstarted: 3s\n  alert_unfinished: 4s\n  \
         unique: {key: k, for: 5s, on_conflict: replace, replace: [payload, time]}\n\
         - {name: b, command: [x], limits: gpu, unique: k2}\n",
    );
    let order = OrderPolicy::Deadline {
        default_slack: 10 * second,
    };
    assert_eq!((file.settings.order, file.settings.fair), (order, true));
    assert_eq!(file.settings.tenants, [("a".to_owned(), 3)].into());
    let api = Limit::concurrency(4).and_rate(Rate::new(5, second).burst(2));
    assert_eq!(file.settings.limits["api"], api);
    let [a, b] = &file.groups[..] else {
        panic!("two groups")
    };
    assert_eq!(a.limits, [LimitUse::one("api"), LimitUse::heavy("gpu", 2)]);
    let ages = [
        a.deadline,
        a.finish_within,
        a.alert_unstarted,
        a.alert_unfinished,
    ];
    assert_eq!(ages, [1, 2, 3, 4].map(|n| Some(n * second)));
    let unique = a.unique.as_ref().unwrap();
    assert_eq!(unique.scope, UniqueScope::Period(5 * second));
    assert_eq!(
        unique.on_conflict,
        OnConflict::Replace(Replace::PAYLOAD_AND_DUE)
    );
    assert_eq!(b.limits, [LimitUse::one("gpu")]);
    let unique = b.unique.as_ref().unwrap();
    assert_eq!(
        (unique.scope, unique.on_conflict),
        (UniqueScope::Unfinished, OnConflict::Reject)
    );
    assert!(!read(&with("tenant: a")).settings.fair);
}

#[test]
fn limits_of_a_store_that_is_named_need_no_definition() {
    let text = format!("store: 'sqlite:a.db'\n{}", with("limits: {api: 3}"));
    assert_eq!(
        read(&text).groups[0].limits,
        [duly::LimitUse::heavy("api", 3)]
    );
    let nameless = refusal(&format!("store: 'sqlite:a.db'\n{}", with("limits: ''")));
    assert!(
        nameless.contains("5:11: limits has \"\": expected 1 to 128"),
        "{nameless}"
    );
}

#[test]
fn what_is_wrong_with_items_and_variables_is_told_by_its_place() {
    for (line, said) in [
        ("each: []", "4:9: each is an empty list"),
        (
            "each: 7",
            "4:3: invalid type: integer `7`, expected a glob, a list of items",
        ),
        ("each: ''", "4:9: a glob is empty"),
        (
            "each: '[a'",
            "4:9: the glob \"[a\" cannot be read: invalid range pattern",
        ),
        ("each: [a, ~]", "4:13: expected text"),
        ("each: {optional: true}", "4:10: missing field `glob`"),
        ("each: {glob: x, optional: maybe}", "4:29: invalid boolean"),
        (
            "each: {glob: x, recurse: true}",
            "4:19: unknown field `recurse`",
        ),
        ("env: {A: 1, A: 2}", "4:15: duplicate mapping key `A`"),
        ("env: {A: ~}", "4:12: expected text"),
        (
            "env: {A=B: 1}",
            "4:14: env has \"A=B\": expected letters, digits and `_`",
        ),
        ("env: [A=1]", "4:8: expected a mapping"),
        ("dir: '{item}'", "4:8: \"{item}\": {item} needs `each:`"),
    ] {
        let refusal = refusal(&with(line));
        assert!(refusal.contains(said), "{line}\n{refusal}");
    }
}

#[test]
fn what_is_wrong_with_a_request_is_told_by_its_place() {
    for (request, said) in [
        ("{}", "3:12: missing field `url`"),
        ("http://a/", "3:12: expected a mapping"),
        (
            "{url: 'http://a/', methd: GET}",
            "3:31: unknown field `methd`",
        ),
        ("{url: 'http://a/', method: [1]}", "3:39: expected text"),
        (
            "{url: 'http://a/{item}'}",
            "3:18: \"http://a/{item}\": {item} needs `each:`",
        ),
        (
            "{url: 'http://a/', body: {x: ['{y}']}}",
            "3:37: \"{y}\": {y} is not known",
        ),
        (
            "{url: 'http://a/', body: {x: .nan}}",
            "value `.nan` is not a finite number",
        ),
        (
            "{url: 'http://a/', success: [-1]}",
            "expected a status such as 404",
        ),
        ("{url: 'http://a/'}\n  dir: x", "4:8: dir is for commands"),
        (
            "{url: 'http://a/'}\n  env: {A: b}",
            "4:8: env is for commands",
        ),
        (
            "{url: 'http://a/'}\n  timeout: 16m",
            "4:12: timeout is too long for a request",
        ),
    ] {
        let refusal = refusal(&format!("tasks:\n- name: a\n  request: {request}\n"));
        assert!(refusal.contains(said), "{request}\n{refusal}");
    }
}

#[test]
fn what_is_too_much_is_refused_before_it_costs_anything() {
    let deep = format!("name: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let blocks: String = (0..50)
        .map(|depth| format!("{}-\n", " ".repeat(depth)))
        .collect();
    let many: String = (0..GROUPS)
        .map(|n| format!("- {{name: g{n}, command: [x]}}\n"))
        .collect();
    let laughs: String = (1..9)
        .map(|n| format!("- &l{n} [{}]\n", vec![format!("*l{}", n - 1); 9].join(", ")))
        .collect();
    for text in [
        deep,
        blocks,
        format!("tasks:\n{many}"),
        format!("tasks:\n- &l0 [x]\n{laughs}"),
    ] {
        let refusal = refusal(&text);
        assert!(refusal.len() < 1_000, "{refusal}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.yaml");
    let size = usize::try_from(FILE_BYTES_MAX).unwrap();
    std::fs::write(&path, " ".repeat(size + 1)).unwrap();
    let refusal = TaskFile::read(&path).unwrap_err().to_string();
    assert!(
        refusal.ends_with("is too large: expected at most 1048576 bytes"),
        "{refusal}"
    );
    std::fs::write(&path, b"name: \xff").unwrap();
    let refusal = TaskFile::read(&path).unwrap_err().to_string();
    assert!(refusal.contains("expected UTF-8, but byte 6"), "{refusal}");
    let refusal = TaskFile::read(folder.path()).unwrap_err().to_string();
    assert!(refusal.contains("cannot be read"), "{refusal}");
}

const GROUPS: usize = crate::bounds::GROUPS_MAX + 1;

#[test]
fn words_are_taken_as_they_are_written() {
    let file = read("tasks: [{name: a, command: [x, -9, 1.10, yes, 010, 'a b', \"\"]}]");
    let Action::Command(command) = &file.groups[0].action else {
        panic!("a command")
    };
    let words: Vec<_> = command.words.iter().map(Template::source).collect();
    assert_eq!(words, ["x", "-9", "1.10", "yes", "010", "a b", ""]);
}

#[test]
fn a_group_can_begin_as_another_does() {
    let file =
        read("tasks:\n- &base {name: a, command: [x], priority: low}\n- <<: *base\n  name: b\n");
    assert_eq!(file.group_names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(file.groups[1].priority, Some(duly_core::Priority::Low));
}

#[test]
fn a_run_is_named_after_its_file_unless_told_otherwise() {
    let name = |path: &str, head: &str| {
        let text = format!("{head}tasks: [{{name: a, command: [x]}}]");
        TaskFile::parse(Path::new(path), &text)
            .unwrap()
            .name()
            .to_owned()
    };
    assert_eq!(name("x/photos.yaml", ""), "photos");
    assert_eq!(name("my tasks.v2.yaml", ""), "my-tasks.v2");
    assert_eq!(name(".yaml", ""), "yaml");
    assert_eq!(name("ü.yaml", ""), "-");
    assert_eq!(name("a.yaml", "name: b\n"), "b");
}
