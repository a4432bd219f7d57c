//! Priority rules, as the configuration says them.

use duly_config::{Config, Sources};
use duly_core::Priority;
use duly_core::rules::{Arguments, Facts};

use crate::support::{Place, faults, load, refused};

const RULES: &str = "\
priority_rules:
  hotfix: {labels: {hotfix: '*'}, priority: critical}
  core: {queues: [core, core-*], priority: high}
  big: {payload_bytes_at_least: 1000, priority: low, overrides_given: true}
  area: {kinds: [geo.*], arguments_at_least: 2, arguments_at_most: 3, priority: low}
";

fn names(config: &Config) -> Vec<&str> {
    let rules = config.settings.priority_rules.iter();
    rules.map(|(name, _)| name).collect()
}

fn decides(config: &Config, facts: &Facts<'_>) -> Option<(String, Priority)> {
    let rules = config.settings.priority_rules.compile().unwrap();
    let rule = rules.decide(facts)?;
    Some((rule.name().to_owned(), rule.priority()))
}

#[test]
fn every_condition_arrives_and_the_order_is_that_of_the_file() {
    let config = load(RULES);
    assert_eq!(names(&config), ["hotfix", "core", "big", "area"]);
    let hotfix = [("hotfix".to_owned(), String::new())].into();
    let facts = |kind, queue| Facts::new(kind, queue);
    let by = |name: &str, priority| Some((name.to_owned(), priority));
    for (facts, decided) in [
        (
            facts("a", "core").labels(&hotfix),
            by("hotfix", Priority::Critical),
        ),
        (
            facts("a", "core-eu").payload_bytes(1000),
            by("core", Priority::High),
        ),
        (
            facts("a", "b").payload_bytes(1000).priority_given(true),
            by("big", Priority::Low),
        ),
        (facts("a", "core").priority_given(true), None),
        (facts("a", "b").payload_bytes(999), None),
        (
            facts("geo.a", "b").arguments(Arguments::Count(3)),
            by("area", Priority::Low),
        ),
        (facts("geo.a", "b").arguments(Arguments::Count(4)), None),
        (facts("geo.a", "b").arguments(Arguments::Count(1)), None),
    ] {
        assert_eq!(decides(&config, &facts), decided, "{facts:?}");
    }
    assert!(config.doubts().is_empty());
}

#[test]
fn the_environment_changes_a_rule_in_its_place_and_adds_at_the_end() {
    let place = Place::with(RULES);
    let mut sources = place.sources();
    sources.variable("DULY__PRIORITY_RULES__CORE__PRIORITY", "normal");
    sources.variable("DULY__PRIORITY_RULES__ALL__PRIORITY", "low");
    let config = Config::load(&sources).unwrap();
    assert_eq!(names(&config), ["hotfix", "core", "big", "area", "all"]);
    let core = decides(&config, &Facts::new("a", "core"));
    assert_eq!(core, Some(("core".to_owned(), Priority::Normal)));
    let mut sources = Sources::default();
    let whole = "{Z: {priority: low, labels: {a: b}}, A: {priority: high}}";
    sources.variable("DULY__PRIORITY_RULES", whole);
    assert_eq!(names(&Config::load(&sources).unwrap()), ["Z", "A"]);
}

#[test]
fn another_order_is_a_difference() {
    let [one, other] = ["a: {priority: low}", "b: {priority: high}"];
    let of = |first, second| load(&format!("priority_rules:\n  {first}\n  {second}\n"));
    let (before, after) = (of(one, other), of(other, one));
    let differences = before.differences(&after);
    let said: Vec<_> = differences.iter().map(ToString::to_string).collect();
    assert_eq!(said, [r#"priority_rules: ["a","b"] -> ["b","a"]"#]);
    assert!(before.differences(&of(one, other)).is_empty());
}

#[test]
fn what_is_wrong_with_a_rule_names_rule_field_and_value() {
    for (rule, wanted) in [
        (
            "{kinds: [a]}",
            "priority_rules.big.priority is missing: expected critical, high, normal or low",
        ),
        (
            "{priority: urgent}",
            "priority_rules.big.priority is urgent: expected critical, high, normal or low",
        ),
        (
            "{priority: low, kinds: ['']}",
            "priority_rules.big.kinds[0] is \"\": expected a pattern such as mail.*",
        ),
        (
            "{priority: low, labels: {duly.submit: a}}",
            "priority_rules.big.labels (a name) is duly.submit: expected a name",
        ),
        (
            "{priority: low, payload_bytes_at_least: 1048577}",
            "payload_bytes_at_least is 1048577: expected a whole number, 0 to 1048576",
        ),
        (
            "{priority: low, payload_bytes_at_least: 9, payload_bytes_at_most: 8}",
            "priority_rules.big.payload_bytes_at_least is 9: expected at most 8, which is \
             payload_bytes_at_most: nothing is both",
        ),
        (
            "{priority: low, arguments_at_least: 2, arguments_at_most: 1}",
            "priority_rules.big.arguments_at_least is 2: expected at most 1",
        ),
        (
            "{priority: low, kind: a}",
            "there is no setting priority_rules.big.kind: did you mean kinds?",
        ),
    ] {
        let said = faults(format!("priority_rules: {{big: {rule}}}\n"));
        assert_eq!(said.len(), 1, "{rule}");
        assert!(said[0].to_string().contains(wanted), "{}", said[0]);
    }
}

#[test]
fn all_rules_that_are_wrong_are_told_at_once_and_too_many_are_too() {
    let said = faults(
        "priority_rules:\n  a: {}\n  b: {priority: low, arguments_at_least: 2, arguments_at_most: 1}\n",
    );
    assert_eq!(said.len(), 2);
    assert!(
        said[0]
            .to_string()
            .contains("duly.yaml:2:3: priority_rules.a.priority is missing")
    );
    let many: String = (0..101)
        .map(|n| format!("  r{n}: {{priority: low, queues: [q{n}]}}\n"))
        .collect();
    let said = faults(format!("priority_rules:\n{many}"));
    assert_eq!(
        said[0].message,
        "priority_rules has more than 100 rules: expected at most 100"
    );
    let mut sources = Sources::default();
    sources.variable("DULY__PRIORITY_RULES__A__KINDS", "b");
    let said = refused(&sources)[0].to_string();
    assert_eq!(
        said,
        "DULY__PRIORITY_RULES__A__KINDS: priority_rules.a.priority is missing: expected critical, \
         high, normal or low"
    );
}

#[test]
fn a_rule_that_can_never_decide_is_doubted_where_it_stands() {
    let config = load(
        "priority_rules:\n  all: {priority: low, kinds: [mail.*]}\n  late: {kinds: [mail.a], priority: high}\n",
    );
    let doubts = config.doubts();
    assert_eq!(doubts.len(), 1);
    let said = doubts[0].to_string();
    assert!(
        said.contains("duly.yaml:3:3: priority_rules.late never decides"),
        "{said}"
    );
    assert!(
        said.contains("by priority_rules.all, which comes before"),
        "{said}"
    );
}
