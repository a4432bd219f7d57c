//! Limits, tenants and unique keys of a file.

use super::*;

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
        (
            "{key: a, on_conflict: replace, replace: 'payload, time'}",
            "\"payload, time\", expected payload, priority or time, or a list of them",
        ),
        (
            "{key: a, on_conflict: replace, replace: {payload: true}}",
            "map, expected payload, priority or time, or a list of them",
        ),
    ] {
        let refusal = refusal(&with(&format!("unique: {unique}")));
        assert!(refusal.contains(said), "{unique}\n{refusal}");
    }
}

#[test]
fn one_thing_that_is_replaced_needs_no_list() {
    use duly::{OnConflict, Replace};

    for replace in ["payload", "[payload]"] {
        let unique = format!("unique: {{key: a, on_conflict: replace, replace: {replace}}}");
        let file = read(&with(&unique));
        let unique = file.groups[0].unique.as_ref().unwrap();
        assert_eq!(unique.on_conflict, OnConflict::Replace(Replace::PAYLOAD));
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
fn a_store_in_memory_needs_no_quotes() {
    let file = read("store: memory\ntasks: [{name: a, command: [x]}]\n");
    assert_eq!(file.store(), Some("memory:"));
}
