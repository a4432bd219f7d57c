//! Priority rules against a model that is plain and slow.

use std::collections::BTreeMap;

use duly_core::Priority;
use duly_core::bounds::{RULE_PATTERNS_MAX, RULES_MAX};
use duly_core::rules::{Arguments, Facts, Pattern, PriorityRule, PriorityRules, count_arguments};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

/// A rule as the model knows it.
#[derive(Clone, Debug)]
struct Said {
    overrides: bool,
    kinds: Vec<String>,
    queues: Vec<String>,
    labels: BTreeMap<String, String>,
    payload: (Option<u64>, Option<u64>),
    arguments: (Option<u64>, Option<u64>),
}

/// A task as the model knows it.
#[derive(Clone, Debug)]
struct Task {
    given: bool,
    kind: String,
    queue: String,
    labels: BTreeMap<String, String>,
    payload: String,
    is_json: bool,
}

impl Said {
    fn rule(&self, name: &str) -> PriorityRule {
        let mut rule = PriorityRule::new(name, Priority::High);
        if self.overrides {
            rule = rule.overrides_given();
        }
        rule = self.kinds.iter().cloned().fold(rule, PriorityRule::kind);
        rule = self.queues.iter().cloned().fold(rule, PriorityRule::queue);
        for (name, value) in &self.labels {
            rule = rule.label(name.as_str(), value.as_str());
        }
        if let Some(least) = self.payload.0 {
            rule = rule.payload_bytes_at_least(least);
        }
        if let Some(most) = self.payload.1 {
            rule = rule.payload_bytes_at_most(most);
        }
        if let Some(least) = self.arguments.0 {
            rule = rule.arguments_at_least(least);
        }
        if let Some(most) = self.arguments.1 {
            rule = rule.arguments_at_most(most);
        }
        rule
    }

    fn holds(&self, task: &Task) -> bool {
        let any = |patterns: &[String], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| like(pattern, text))
        };
        let label = |(name, pattern): (&String, &String)| {
            task.labels
                .get(name)
                .is_some_and(|value| like(pattern, value))
        };
        (self.overrides || !task.given)
            && any(&self.kinds, &task.kind)
            && any(&self.queues, &task.queue)
            && self.labels.iter().all(label)
            && within(self.payload, Some(task.payload.len() as u64))
            && (self.arguments == (None, None) || within(self.arguments, task.arguments()))
    }
}

impl Task {
    fn arguments(&self) -> Option<u64> {
        let json: Value = serde_json::from_str(&self.payload).ok()?;
        match json {
            _ if !self.is_json => None,
            Value::Array(elements) => Some(elements.len() as u64),
            Value::Object(members) => Some(members.len() as u64),
            _ => None,
        }
    }

    fn facts(&self) -> Facts<'_> {
        let arguments = match self.is_json {
            true => Arguments::Json(self.payload.as_bytes()),
            false => Arguments::Unknown,
        };
        Facts::new(&self.kind, &self.queue)
            .labels(&self.labels)
            .payload_bytes(self.payload.len() as u64)
            .arguments(arguments)
            .priority_given(self.given)
    }
}

fn within((least, most): (Option<u64>, Option<u64>), number: Option<u64>) -> bool {
    let Some(number) = number else {
        return false;
    };
    least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most)
}

fn like(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| like(&pattern[1..], &text[at..]))
        }
        Some(first) => text
            .strip_prefix(first)
            .is_some_and(|rest| like(&pattern[first.len_utf8()..], rest)),
    }
}

fn range(most: u64) -> impl Strategy<Value = (Option<u64>, Option<u64>)> {
    (option::of(0..most), option::of(0..most)).prop_map(|pair| match pair {
        (Some(least), Some(most)) => (Some(least.min(most)), Some(least.max(most))),
        other => other,
    })
}

/// Few letters, so that things are often alike.
fn said() -> impl Strategy<Value = Said> {
    (
        any::<bool>(),
        vec("[ab*]{1,3}", 0..3),
        vec("[ab*]{1,2}", 0..2),
        btree_map("[xy]", "[ab*]{0,2}", 0..2),
        range(12),
        prop_oneof![3 => Just((None, None)), 2 => range(4)],
    )
        .prop_map(
            |(overrides, kinds, queues, labels, payload, arguments)| Said {
                overrides,
                kinds,
                queues,
                labels,
                payload,
                arguments,
            },
        )
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a,\"\\\\\\[\\]{}: ]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map("[a,\"{}\\\\]{0,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn task() -> impl Strategy<Value = Task> {
    let payload = prop_oneof![
        4 => json().prop_map(|json| json.to_string()),
        2 => vec(0..9, 0..4).prop_map(|list| format!(" {list:?}\n")),
    ];
    (
        any::<bool>(),
        "[ab]{1,3}",
        "[ab]{1,2}",
        btree_map("[xy]", "[ab]{0,2}", 0..3),
        payload,
        prop::bool::weighted(0.9),
    )
        .prop_map(|(given, kind, queue, labels, payload, is_json)| Task {
            given,
            kind,
            queue,
            labels,
            payload,
            is_json,
        })
}

fn rules(said: &[Said]) -> PriorityRules {
    let named = said.iter().enumerate();
    let rules = named.map(|(index, said)| said.rule(&index.to_string()));
    PriorityRules::new(rules).expect("they make sense")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_first_rule_that_holds_decides(said in vec(said(), 0..6), task in task()) {
        let rules = rules(&said);
        let expected = said.iter().position(|said| said.holds(&task)).map(|index| index.to_string());
        let decided = rules.decide(&task.facts());
        let name = decided.map(PriorityRule::name);
        prop_assert_eq!(name, expected.as_deref());
        // What is said of each rule agrees.
        for (said, rule) in said.iter().zip(rules.iter()) {
            let facts = task.facts();
            prop_assert_eq!(rule.mismatches(&facts).count() == 0, said.holds(&task));
        }
    }

    #[test]
    fn what_is_called_unreachable_never_decides(
        said in vec(said(), 2..6),
        tasks in vec(task(), 20),
    ) {
        let rules = rules(&said);
        let dead: Vec<_> = rules.unreachable().map(|(rule, _)| rule.name()).collect();
        for task in &tasks {
            let decided = rules.decide(&task.facts()).map(PriorityRule::name);
            prop_assert!(decided.is_none_or(|name| !dead.contains(&name)), "{:?}", task);
        }
    }

    #[test]
    fn patterns_are_as_the_model_says(pattern in "[aä*]{0,6}", text in "[aäb]{0,8}") {
        prop_assert_eq!(Pattern::new(pattern.as_str()).matches(&text), like(&pattern, &text));
    }

    #[test]
    fn arguments_are_counted_as_a_parser_would(json in json(), pretty in any::<bool>()) {
        let text = match pretty {
            true => format!("\n {json:#} "),
            false => json.to_string(),
        };
        let expected = json.as_array().map(Vec::len).or(json.as_object().map(serde_json::Map::len));
        prop_assert_eq!(count_arguments(text.as_bytes()), expected.map(|count| count as u64));
    }

    #[test]
    fn what_was_cut_off_has_no_arguments(json in json(), cut in 1..9_usize) {
        let text = json.to_string();
        let text = &text.as_bytes()[..text.len().saturating_sub(cut)];
        prop_assert_eq!(count_arguments(text), None);
    }
}

#[test]
fn counting_goes_by_the_outermost_brackets_alone() {
    for (text, count) in [
        ("[]", Some(0)),
        (" [ ] ", Some(0)),
        ("{}", Some(0)),
        ("[1]", Some(1)),
        ("[[1, 2], {\"a\": 1, \"b\": 2}]", Some(2)),
        (r#"{"a,b": "\"]},", "c": [","]}"#, Some(2)),
        ("[\"\\\\\", 1]", Some(2)),
        ("", None),
        ("null", None),
        ("\"[1, 2]\"", None),
        ("[1, 2", None),
        ("[\"a]", None),
        ("[\"a\\", None),
        ("[1] [2]", None),
        ("]", None),
    ] {
        assert_eq!(count_arguments(text.as_bytes()), count, "{text}");
    }
}

#[test]
fn a_deep_payload_is_counted_in_one_pass() {
    let deep = "[".repeat(500_000) + &"]".repeat(500_000);
    assert_eq!(count_arguments(deep.as_bytes()), Some(1));
}

#[test]
fn what_layers_keep_with_a_task_is_no_label_to_rules() {
    let labels = BTreeMap::from([("duly.submit".to_owned(), "x".to_owned())]);
    let facts = Facts::new("mail", "default").labels(&labels);
    let asks = PriorityRule::new("a", Priority::Low).label("duly.submit", "*");
    let refusal = PriorityRules::new([asks.clone()]).unwrap_err().to_string();
    assert_eq!(
        refusal,
        "priority rule \"a\": labels is \"duly.submit\": expected a name of 1 to 128 bytes without \
         control characters that does not begin with duly."
    );
    assert_eq!(asks.mismatches(&facts).count(), 1);
}

#[test]
fn rules_that_make_no_sense_are_refused_by_name_field_and_value() {
    let rule = || PriorityRule::new("big", Priority::Low);
    let long = "x".repeat(129);
    let many = |count| (0..count).fold(rule(), |rule, index| rule.kind(index.to_string()));
    for (rules, wanted) in [
        (
            vec![PriorityRule::new("", Priority::Low)],
            "name is \"\": expected a name of 1 to 128",
        ),
        (
            vec![PriorityRule::new("a\nb", Priority::Low)],
            "name is \"a\\nb\": expected",
        ),
        (
            vec![rule().kind("")],
            "kinds is \"\": expected a pattern of 1 to 128",
        ),
        (vec![rule().queue(long.as_str())], "queues is \"xxx"),
        (
            vec![rule().label("", "*")],
            "labels is \"\": expected a name",
        ),
        (
            vec![rule().label("a", long.as_str())],
            "labels is a: of 129 bytes: expected at most 128",
        ),
        (
            vec![rule().label("a", "1").label("a", "2")],
            "labels is a, twice: expected each label once",
        ),
        (
            vec![many(RULE_PATTERNS_MAX + 1)],
            "kinds is of 33: expected at most 32",
        ),
        (
            vec![rule().payload_bytes_at_least(9).payload_bytes_at_most(8)],
            "\"big\": payload_bytes_at_least is 9: expected at most 8, which is payload_bytes_at_most",
        ),
        (
            vec![rule().arguments_at_least(2).arguments_at_most(1)],
            "arguments_at_least is 2: expected at most 1, which is arguments_at_most",
        ),
        (
            vec![rule(), rule()],
            "\"big\": name is given twice: expected a name of its own",
        ),
        (
            (0..=RULES_MAX)
                .map(|n| PriorityRule::new(n.to_string(), Priority::Low))
                .collect(),
            "rules is more than 100: expected at most 100",
        ),
    ] {
        let refusal = PriorityRules::new(rules).unwrap_err().to_string();
        assert!(refusal.contains(wanted), "{refusal}");
    }
    assert!(PriorityRules::new([many(RULE_PATTERNS_MAX)]).is_ok());
}

#[test]
fn a_rule_behind_a_wider_one_is_named_with_it() {
    let rules = PriorityRules::new([
        PriorityRule::new("mails", Priority::Low).kind("mail.*"),
        PriorityRule::new("urgent mails", Priority::High)
            .kind("mail.urgent")
            .queue("a"),
        PriorityRule::new("forced", Priority::High)
            .kind("mail.urgent")
            .overrides_given(),
        PriorityRule::new("all", Priority::Low),
        PriorityRule::new("late", Priority::High).label("late", "*"),
    ])
    .unwrap();
    let dead: Vec<_> = rules
        .unreachable()
        .map(|(rule, by)| (rule.name(), by.name()))
        .collect();
    assert_eq!(dead, [("urgent mails", "mails"), ("late", "all")]);
}

#[test]
fn every_reason_is_told_in_words() {
    let labels = BTreeMap::from([("region".to_owned(), "us".to_owned())]);
    let facts = Facts::new("mail.send", "default")
        .labels(&labels)
        .payload_bytes(7)
        .arguments(Arguments::Json(b"[1, 2]"))
        .priority_given(true);
    let rule = PriorityRule::new("a", Priority::High)
        .kind("sms.*")
        .kind("fax")
        .kind("call")
        .queue("core")
        .label("hotfix", "*")
        .label("region", "eu*")
        .payload_bytes_at_least(8)
        .arguments_at_most(1);
    let said: Vec<_> = rule
        .mismatches(&facts)
        .map(|reason| reason.to_string())
        .collect();
    assert_eq!(
        said,
        [
            "the priority is given, and the rule does not override that",
            "kind mail.send is not sms.*, fax or call",
            "queue default is not core",
            "the payload has 7 bytes, fewer than 8",
            "it has no label hotfix",
            "label region is us, not eu*",
            "it has 2 arguments, more than 1",
        ]
    );
    let rule = PriorityRule::new("b", Priority::High)
        .payload_bytes_at_most(6)
        .arguments_at_least(3)
        .overrides_given();
    let said: Vec<_> = rule
        .mismatches(&facts)
        .map(|reason| reason.to_string())
        .collect();
    assert_eq!(
        said,
        [
            "the payload has 7 bytes, more than 6",
            "it has 2 arguments, fewer than 3"
        ]
    );
    let facts = facts.arguments(Arguments::Json(b"{\"a\":1}"));
    let said: Vec<_> = rule
        .mismatches(&facts.clone().payload_bytes(1))
        .map(|reason| reason.to_string())
        .collect();
    assert_eq!(said, ["it has 1 argument, fewer than 3"]);
    let facts = facts.arguments(Arguments::Unknown);
    let said: Vec<_> = rule
        .mismatches(&facts)
        .map(|reason| reason.to_string())
        .collect();
    assert_eq!(
        said[1],
        "the payload is no JSON array or object, so it has no arguments to count"
    );
}
