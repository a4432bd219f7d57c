use super::*;

mod group;
mod rules;

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
