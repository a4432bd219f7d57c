use super::planner::typed;
use super::*;
use duly::rules::PriorityRule;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A folder with files, and a file of tasks in it.
fn file(files: &[&str], text: &str) -> (tempfile::TempDir, TaskFile) {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        fs::write(folder.path().join(file), "").unwrap();
    }
    let path = folder.path().join("a.yaml");
    fs::write(&path, text).unwrap();
    let file = TaskFile::read(&path).unwrap_or_else(|error| panic!("{error}"));
    (folder, file)
}

fn refusal(files: &[&str], text: &str) -> String {
    let (_folder, file) = file(files, text);
    file.plan(&[]).unwrap_err().to_string()
}

fn payload(task: &PlannedTask) -> Value {
    serde_json::from_slice(&task.payload).unwrap()
}

#[test]
fn a_group_has_a_task_for_each_item_in_order() {
    let text = "\
tasks:
- name: hash
  command: [sha256sum, '{item}', '{stem}-{index}']
  each: '*.jpg'
- name: greet
  command: [echo, '{item}']
  each: [b, a, b]
- name: end
  command: [echo, '{{done}}']
";
    let (_folder, file) = file(&["b.jpg", "a.jpg", "c.png"], text);
    let plan = file.plan(&[]).unwrap();
    let actions: Vec<_> = plan
        .in_order()
        .iter()
        .map(|task| task.action.to_owned())
        .collect();
    assert_eq!(
        actions,
        [
            "sha256sum a.jpg a-1",
            "sha256sum b.jpg b-2",
            "echo b",
            "echo a",
            "echo b",
            "echo '{done}'"
        ]
    );
    let only = ["greet".to_owned()];
    assert_eq!(file.plan(&only).unwrap().len(), 3);
    assert!(file.choose(&only).unwrap().selection.is_some());
    assert!(file.choose(&[]).unwrap().selection.is_none());
    let error = file.plan(&["gret".to_owned()]).unwrap_err().to_string();
    assert!(
        error.contains("no group \"gret\"") && error.contains("hash, greet, end"),
        "{error}"
    );
}

#[test]
fn the_order_is_by_due_then_priority_then_file() {
    let text = "\
tasks:
- {name: low, command: [x], priority: low, each: [1, 2]}
- {name: later, command: [x], priority: critical, after: 1s}
- {name: high, command: [x], priority: high}
";
    let (_folder, file) = file(&[], text);
    let plan = file.plan(&[]).unwrap();
    let groups: Vec<_> = plan
        .in_order()
        .iter()
        .map(|task| task.group.to_owned())
        .collect();
    assert_eq!(groups, ["high", "low", "low", "later"]);
}

/// The names of the groups, in the order of their tasks.
fn order(text: &str) -> Vec<String> {
    let (_folder, file) = file(&[], text);
    let plan = file.plan(&[]).unwrap();
    let tasks = plan.in_order();
    tasks.iter().map(|task| task.group.to_owned()).collect()
}

#[test]
fn the_order_is_that_of_the_file() {
    let tasks = "\
tasks:
- {name: slack, command: [x]}
- {name: hour, command: [x], deadline: 1h}
- {name: minutes, command: [x], finish_within: 5s, deadline: 5m}
- {name: later, command: [x], after: 1s, deadline: 1s}
- {name: high, command: [x], priority: high, deadline: 2h}
";
    let names = order(&format!("order: deadline:10s\n{tasks}"));
    assert_eq!(names, ["high", "minutes", "slack", "hour", "later"]);
    for policy in ["strict", "aging:1h"] {
        let names = order(&format!("order: {policy}\n{tasks}"));
        assert_eq!(names, ["high", "slack", "hour", "minutes", "later"]);
    }
}

#[test]
fn rules_decide_what_the_file_leaves_open() {
    let text = "\
tasks:
- {name: open, command: [x], each: [cat.jpg, dog.png]}
- {name: given, command: [x], priority: normal}
- {name: forced, command: [x], priority: low}
";
    let (_folder, file) = file(&[], text);
    let mut plan = file.plan(&[]).unwrap();
    let rules = PriorityRules::new([
        PriorityRule::new("elsewhere", Priority::Low).queue("other"),
        PriorityRule::new("pictures", Priority::High)
            .queue("run.a")
            .kind("shell")
            .label("item", "*.jpg")
            .arguments_at_least(2),
        PriorityRule::new("forced", Priority::Critical)
            .label("group", "forced")
            .overrides_given(),
    ]);
    plan.prioritise(&rules.unwrap(), &file.queue(false));
    let decided = plan
        .tasks
        .iter()
        .map(|task| (task.priority, task.rule.as_deref()));
    assert_eq!(
        decided.collect::<Vec<_>>(),
        [
            (Priority::High, Some("pictures")),
            (Priority::Normal, None),
            (Priority::Normal, None),
            (Priority::Critical, Some("forced")),
        ]
    );
    assert_eq!(plan.in_order()[0].group, "forced");
}

#[test]
fn commands_run_in_the_folder_of_the_file_or_below_it() {
    let text = "\
tasks:
- {name: a, command: [x]}
- {name: b, command: [./bin/x], dir: './out/{item}', each: [one], env: {A: '{index}', B: b}}
";
    let (folder, file) = file(&[], text);
    let plan = file.plan(&[]).unwrap();
    let at = folder.path().to_str().unwrap();
    assert_eq!(payload(&plan.tasks[0])["dir"], at);
    let second = payload(&plan.tasks[1]);
    assert_eq!(second["dir"], format!("{at}/out/one"));
    assert_eq!(second["program"], format!("{at}/bin/x"));
    assert_eq!(payload(&plan.tasks[0])["program"], "x");
    assert_eq!(second["env"], json!({"A": "1", "B": "b"}));
}

#[test]
fn requests_are_payloads_of_the_kind_http() {
    let text = "\
tasks:
- name: tell
  each: [ada]
  timeout: 5s
  request:
    method: put
    url: https://me:secret@example.org/{item}?token=secret
    headers: {X-Item: '{item}'}
    body: {who: '{item}', tags: ['{index}', 2, true]}
    success: [2xx, 304]
    retry: [connection]
    response_bytes_max: 10
";
    let (_folder, file) = file(&[], text);
    let plan = file.plan(&[]).unwrap();
    let expected = json!({
        "method": "put",
        "url": "https://me:secret@example.org/ada?token=secret",
        "headers": {"X-Item": "ada"},
        "body": {"who": "ada", "tags": ["1", 2, true]},
        "success": ["2xx", 304],
        "retry": ["connection"],
        "response_bytes_max": 10,
        "timeout_ms": 5000,
    });
    assert_eq!(payload(&plan.tasks[0]), expected);
    assert_eq!(plan.in_order()[0].action, "put https://example.org/ada");
}

#[test]
fn what_makes_no_sense_once_filled_in_is_told_with_its_place() {
    for (files, text, said) in [
        (
            &["a.png"][..],
            "tasks:\n- name: a\n  command: [x]\n  each: '*.jpg'",
            "a.yaml:4:9: group \"a\": no file matches *.jpg: expected at least one, or",
        ),
        (
            &[],
            "tasks:\n- name: a\n  request: {url: '{item}'}\n  each: ['http://a/', b]",
            "a.yaml:2:3: group \"a\", b: payload.url: expected an absolute http or https URL",
        ),
        (
            &[],
            "tasks:\n- name: a\n  request: {url: 'http://a/', success: [fine]}",
            "a.yaml:2:3: group \"a\": payload.success[0]",
        ),
        (
            &[],
            "tasks:\n- {name: a, command: [x], each: [b, '']}\n- {name: b, command: [x], each: ['', b], tenant: '{item}'}",
            "a.yaml:3:3: group \"b\", : its tenant is \"\": expected 1 to 128 bytes",
        ),
        (
            &[],
            "tasks:\n- name: a\n  command: [x]\n  each: [b, c, b]\n  unique: '{item}'",
            "a.yaml:5:11: group \"a\", b: another task before it has the unique key \"b\": \
             expected a key each, or `on_conflict: keep`",
        ),
        (
            &[],
            "tasks:\n- name: a\n  command: [x]\n  each: ['']\n  unique: '{item}'",
            "its unique key is \"\": expected 1 to 256 bytes",
        ),
    ] {
        let refusal = refusal(files, text);
        assert!(refusal.contains(said), "{refusal}");
    }
}

#[test]
fn tenants_and_keys_are_filled_in() {
    let text = "\
tasks:
- {name: a, command: [x], each: [ada, bob], tenant: '{item}', unique: 'mail-{item}'}
- {name: b, command: [x], each: [ada, ada], unique: {key: '{item}', on_conflict: keep}}
- {name: c, request: {url: 'http://a/'}, unique: mail-ada}
";
    let (_folder, file) = file(&[], text);
    let plan = file.plan(&[]).unwrap();
    let tasks = plan.tasks.iter();
    let said = tasks.map(|task| (task.tenant.as_deref(), task.unique_key.as_deref()));
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            (Some("ada"), Some("mail-ada")),
            (Some("bob"), Some("mail-bob")),
            (None, Some("ada")),
            (None, Some("ada")),
            (None, Some("mail-ada")),
        ]
    );
}

#[test]
fn an_optional_glob_may_find_nothing() {
    let text = "tasks:\n- {name: a, command: [x], each: {glob: '*.jpg', optional: true}}";
    let (_folder, file) = file(&[], text);
    assert!(file.plan(&[]).unwrap().is_empty());
}

#[test]
fn the_digest_follows_what_is_to_be_done_and_nothing_else() {
    let digest = |text: &str| {
        let file = TaskFile::parse(Path::new("a.yaml"), text).unwrap();
        identity::of_definition(&file.groups)
    };
    let base = "tasks:\n- name: a\n  command: [x, y]\n";
    let same = "# a comment\nconcurrency: 3\ntasks: [{command: [\"x\", 'y'], name: a, retries: 0}]";
    assert_eq!(digest(base), digest(same));
    for line in [
        "priority: low",
        "retries: 1",
        "timeout: 1s",
        "after: 1s",
        "backoff: 2s",
        "dir: b",
        "env: {A: b}",
        "each: [1]",
        "each: '1'",
        "each: {glob: '1', exclude: b}",
        "tenant: b",
        "deadline: 1s",
        "finish_within: 1s",
        "alert_unstarted: 1s",
        "alert_unfinished: 1s",
        "unique: k",
        "unique: {key: k, while: waiting}",
        "unique: {key: k, for: 1s}",
        "unique: {key: k, on_conflict: keep}",
        "unique: {key: k, on_conflict: replace}",
        "unique: {key: k, on_conflict: replace, replace: [time]}",
    ] {
        assert_ne!(digest(base), digest(&format!("{base}  {line}\n")), "{line}");
    }
    let limited = |uses: &str| {
        digest(&format!(
            "limits: {{l: {{concurrency: 9}}, m: {{concurrency: 9}}}}\n{base}  limits: {uses}\n"
        ))
    };
    assert_ne!(digest(base), limited("l"));
    assert_eq!(limited("l"), limited("{l: 1}"));
    assert_eq!(limited("[l, m]"), limited("[m, l]"));
    assert_ne!(limited("l"), limited("{l: 2}"));
    // How fast it goes, and in which turns, may change from one start to the next.
    let paced =
        "order: aging:1m\nfair: true\ntenants: {a: {weight: 2}}\nlimits: {l: {rate: 1/1s}}\n";
    assert_eq!(digest(base), digest(&format!("{paced}{base}")));
    assert_ne!(
        digest(base),
        digest("tasks:\n- name: a\n  command: [x, y, z]\n")
    );
}

#[test]
fn commands_are_shown_as_they_could_be_typed() {
    let words = ["sh", "-c", "echo 'a' $X", ""].map(str::to_owned).to_vec();
    assert_eq!(typed(&words), r"sh -c 'echo '\''a'\'' $X' ''");
}
