//! What is wrong with a group: its action, items and variables.

use super::*;

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
fn one_status_needs_no_list() {
    for (one, listed) in [("404", "[404]"), ("2xx", "[2xx]")] {
        let definition = |status| {
            let text = format!(
                "tasks:\n- name: a\n  request: {{url: 'http://a/', success: {status}, retry: {status}}}\n"
            );
            let file = read(&text);
            let Action::Request(request) = &file.groups[0].action else {
                panic!("a request")
            };
            request.definition()
        };
        assert_eq!(definition(one), definition(listed));
    }
}
