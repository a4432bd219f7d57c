//! Priority rules of a configuration: where they hold, and what is said of them.

use serde_json::{Value, json};

use crate::config::within;
use crate::support::{Place, text};

const RULES: &str = "\
priority_rules:
  hotfix:
    labels: {hotfix: '*'}
    priority: critical
  core:
    queues: [core, core-*]
    priority: high
  big:
    arguments_at_least: 3
    priority: low
    overrides_given: true
";

/// The priority of a task, and the rule that decided it.
async fn decided(place: &Place, id: &Value) -> (Value, Value) {
    let store = place.store();
    let id = id.as_str().unwrap();
    let shown = within(place, &[], &["--store", &store, "show", id, "--json"]).await;
    let task: Value = serde_json::from_str(&shown.out).unwrap();
    (task["priority"].clone(), task["priority_rule"].clone())
}

/// What `rules test` answers.
async fn tested(place: &Place, arguments: &[&str]) -> Value {
    let arguments = [&["rules", "test", "--json"], arguments].concat();
    let outcome = within(place, &[], &arguments).await;
    assert_eq!(outcome.code, 0, "{outcome:?}");
    serde_json::from_str(&outcome.out).unwrap()
}

#[tokio::test]
async fn a_server_has_the_rules_of_its_file_and_of_its_file_as_it_is_changed() {
    let place = Place::new();
    let file = place.file("duly.yaml", RULES);
    let mut server = place
        .serve_logged(&["--config", text(&file), "--no-worker"])
        .await;
    let id = server.json(&["submit", "a", "--queue", "core"]).await["id"].clone();
    let show = ["show", id.as_str().unwrap()];
    let task = server.json(&show).await;
    assert_eq!(
        (&task["priority"], &task["priority_rule"]),
        (&json!("high"), &json!("core"))
    );
    let shown = server.run(&show).await.out;
    assert!(
        shown.contains("decided by    priority rule core"),
        "{shown}"
    );
    let changed =
        RULES.replace("high", "low") + "  all: {priority: high}\n  never: {priority: low}\n";
    let next = place.file("duly.yaml.new", &changed);
    std::fs::rename(next, &file).unwrap();
    for line in [
        r#"priority_rules: ["hotfix","core","big"] -> ["hotfix","core","big","all","never"]"#,
        "priority_rules.core.priority: high -> low",
        "priority_rules.never never decides: whatever it holds for is decided by priority_rules.all",
        "the configuration was loaded anew",
    ] {
        server.log(line).await;
    }
    for (queue, priority, rule) in [("core", "low", "core"), ("else", "high", "all")] {
        let id = server.json(&["submit", "a", "--queue", queue]).await["id"].clone();
        let task = server.json(&["show", id.as_str().unwrap()]).await;
        assert_eq!(
            (&task["priority"], &task["priority_rule"]),
            (&json!(priority), &json!(rule))
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn a_command_that_opens_a_store_has_the_rules_that_it_finds() {
    let place = Place::new();
    let store = place.store();
    place.file("duly.yaml", RULES);
    let file = place.file(
        "tasks.ndjson",
        "{\"queue\": \"core\"}\n{\"payload\": [1, 2, 3], \"priority\": \"high\"}\n{}\n",
    );
    let submit = ["--store", &store, "submit", "a", "--json"];
    let one = within(
        &place,
        &[],
        &[&submit[..], &["--label", "hotfix=1"]].concat(),
    )
    .await;
    assert_eq!(one.code, 0, "{one:?}");
    let id = one.values()[0]["id"].clone();
    assert_eq!(
        decided(&place, &id).await,
        (json!("critical"), json!("hotfix"))
    );
    let given = [&submit[..], &["--queue", "core", "--priority", "low"]].concat();
    let given = within(&place, &[], &given).await.values()[0]["id"].clone();
    assert_eq!(decided(&place, &given).await, (json!("low"), json!(null)));
    let many = [&submit[..], &["--file", text(&file)]].concat();
    assert_eq!(within(&place, &[], &many).await.code, 0);
    let listed = within(&place, &[], &["--store", &store, "list", "--json"])
        .await
        .values();
    let rules: Vec<_> = listed[..3]
        .iter()
        .map(|task| &task["priority_rule"])
        .collect();
    assert_eq!(rules, [&json!(null), &json!("big"), &json!("core")]);
    // Where it is elsewhere, it is named; where it makes no sense, nothing is submitted.
    let elsewhere = place.file("other.yaml", "priority_rules: {all: {priority: low}}\n");
    let named = [("DULY_CONFIG", text(&elsewhere))];
    let id = within(&place, &named, &submit).await.values()[0]["id"].clone();
    assert_eq!(decided(&place, &id).await, (json!("low"), json!("all")));
    place.file("other.yaml", "priority_rules: {all: {}}\n");
    let refused = within(&place, &named, &submit).await;
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        refused
            .err
            .contains("priority_rules.all.priority is missing"),
        "{refused:?}"
    );
    let listed = within(&place, &named, &["--store", &store, "list", "--json"]).await;
    assert_eq!(
        (listed.code, listed.values().len()),
        (0, 6),
        "it submits nothing: {listed:?}"
    );
}

#[tokio::test]
async fn a_run_has_them_too_and_its_dry_run_shows_them() {
    let place = Place::new();
    place.file(
        "duly.yaml",
        "priority_rules: {pictures: {labels: {item: '*.jpg'}, priority: high}}\n",
    );
    let file = place.file(
        "a.yaml",
        "tasks: [{name: a, command: ['true'], each: [x.png, y.jpg]}]\n",
    );
    let file = text(&file);
    let planned = within(&place, &[], &["run", file, "--dry-run", "--json"])
        .await
        .values();
    let planned: Vec<_> = planned
        .iter()
        .map(|line| (&line["item"], &line["priority"]))
        .collect();
    let expected = [
        (json!("y.jpg"), json!("high")),
        (json!("x.png"), json!("normal")),
    ];
    assert_eq!(
        planned,
        [
            (&expected[0].0, &expected[0].1),
            (&expected[1].0, &expected[1].1)
        ]
    );
    let store = place.store();
    let ran = within(&place, &[], &["run", file, "--store", &store, "--quiet"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let listed = within(&place, &[], &["--store", &store, "list", "--json"])
        .await
        .values();
    let rules: Vec<_> = listed.iter().map(|task| &task["priority_rule"]).collect();
    assert_eq!(rules, [&json!("pictures"), &json!(null)]);
}

#[tokio::test]
async fn test_tells_which_rule_decides_and_why_the_others_do_not() {
    let place = Place::new();
    place.file("duly.yaml", RULES);
    let payload = ["--payload", "[1, 2, 3]"];
    let core = ["--kind", "a", "--queue", "core-eu"];
    let answer = tested(&place, &[&core[..], &payload].concat()).await;
    assert_eq!(
        answer,
        json!({
            "rule": "core",
            "priority": "high",
            "rules": [
                {"rule": "hotfix", "priority": "critical", "decides": false, "why_not": ["it has no label hotfix"]},
                {"rule": "core", "priority": "high", "decides": true, "why_not": []},
                {"rule": "big", "priority": "low", "decides": false, "why_not": ["rule core comes before"]},
            ],
        })
    );
    let given = tested(
        &place,
        &[&core[..], &["--priority", "critical", "--arguments", "3"]].concat(),
    )
    .await;
    assert_eq!(
        (&given["rule"], &given["priority"]),
        (&json!("big"), &json!("low"))
    );
    let none = tested(&place, &["--kind", "a", "--priority", "high"]).await;
    assert_eq!(
        (&none["rule"], &none["priority"]),
        (&json!(null), &json!("high"))
    );
    let said = within(&place, &[], &["rules", "test", "--kind", "a"]).await;
    let expected = "\
hotfix\tcritical\tno\tit has no label hotfix
core\thigh\tno\tqueue default is not core or core-*
big\tlow\tno\tthe payload is no JSON array or object, so it has no arguments to count

no rule decides: priority normal
";
    assert_eq!(said.out, expected);
    let said = within(
        &place,
        &[],
        &["rules", "test", "--kind", "a", "--label", "hotfix="],
    )
    .await;
    assert!(
        said.out
            .ends_with("\nrule hotfix decides: priority critical\n"),
        "{said:?}"
    );
    let bare = Place::new();
    let said = within(&bare, &[], &["rules", "test", "--kind", "a"]).await;
    assert_eq!(said.out, "there is no file with rules: priority normal\n");
    let wrong = within(
        &place,
        &[],
        &["rules", "test", "--kind", "a", "--payload", "["],
    )
    .await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
}

/// The text of a page between its first fence of a language and the end of that.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[tokio::test]
async fn the_guide_shows_what_is_answered() {
    let page = include_str!("../../../../docs/priority-rules.md");
    let place = Place::new();
    place.file("duly.yaml", block(page, "yaml"));
    let shown = block(page, "console");
    let (command, answer) = shown.split_once('\n').unwrap();
    let command: Vec<_> = command
        .strip_prefix("$ duly ")
        .unwrap()
        .split(' ')
        .collect();
    let said = within(&place, &[], &command).await;
    // A table for people has a head, and blanks where others have tabs.
    let cells = |line: &str, between: &str| -> Vec<String> {
        let cells = line.split(between).map(str::trim);
        cells
            .filter(|cell| !cell.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let expected: Vec<_> = answer
        .lines()
        .skip(1)
        .map(|line| cells(line, "  "))
        .collect();
    let answered: Vec<_> = said.out.lines().map(|line| cells(line, "\t")).collect();
    assert_eq!(answered, expected);
    assert_eq!(said.code, 0);
}

#[tokio::test]
async fn check_warns_of_what_can_never_decide_and_refuses_what_is_impossible() {
    let place = Place::new();
    place.file(
        "duly.yaml",
        "priority_rules:\n  all: {priority: low}\n  late: {priority: high}\n",
    );
    let checked = within(&place, &[], &["config", "check"]).await;
    assert_eq!(
        (checked.code, checked.out.as_str()),
        (0, "duly.yaml is fine\n")
    );
    let expected = "\
warning: duly.yaml:3:3: priority_rules.late never decides: whatever it holds for is decided by \
priority_rules.all, which comes before: expected it earlier, or other conditions
  |
3 |   late: {priority: high}
  |   ^
";
    assert_eq!(checked.err, expected);
    let checked = within(&place, &[], &["config", "check", "--json"])
        .await
        .values();
    assert_eq!(checked[0]["doubts"][0]["setting"], "priority_rules.late");
    assert_eq!(checked[0]["fine"], true);
    place.file(
        "duly.yaml",
        "priority_rules:\n  big: {priority: low, payload_bytes_at_least: 9, payload_bytes_at_most: 8}\n",
    );
    let checked = within(&place, &[], &["config", "check"]).await;
    assert_eq!(checked.code, 2);
    let wanted = "priority_rules.big.payload_bytes_at_least is 9: expected at most 8, which is payload_bytes_at_most";
    assert!(checked.err.contains(wanted), "{checked:?}");
}
